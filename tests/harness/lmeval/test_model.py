"""A loaded engine as lm-eval's model: what it is asked, and what it answers."""

from __future__ import annotations

import pytest
from lm_eval.api.instance import Instance

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.request import Reply
from kikime.harness.lmeval.model import EngineLM, _continues
from kikime.harness.prompts import load_tokenizer
from tests.support.canned import Canned
from tests.support.small_tokenizers import small


class Asked(Canned):
    """Keeps every request; answers texts with ``text`` and scores with minus the number of scored tokens."""

    def __init__(self, text="はい。"):
        super().__init__(lambda q: [-float(len(c.token_ids) - c.start) for c in q.candidates] if q.candidates else text)
        self.requests = []

    def submit(self, request):
        self.requests.append(request)
        super().submit(request)


@pytest.fixture(scope="module")
def tokenizer(august):
    return load_tokenizer(str(august))


@pytest.fixture
def engine():
    return Asked()


@pytest.fixture
def model(engine, tokenizer):
    return EngineLM(engine, tokenizer, max_model_len=64)


def generation(context, **options):
    return Instance(request_type="generate_until", doc={}, arguments=(context, {"until": ["終"], **options}), idx=0)


def scored(context, continuation):
    return Instance(request_type="loglikelihood", doc={}, arguments=(context, continuation), idx=0)


def test_a_reply_is_cut_at_the_first_stop_and_knows_its_end(tokenizer):
    model = EngineLM(Asked("はい。それから終"), tokenizer, max_model_len=64)
    [found] = model.generate_until([generation("やあ", until=["終", "それ"])])
    assert found == "はい。"
    assert found.finish_reason == "stop"


def test_the_end_of_the_sequence_is_a_stop_of_every_task(tokenizer):
    model = EngineLM(Asked(f"はい。{tokenizer.eos_token}それから"), tokenizer, max_model_len=64)
    [found] = model.generate_until([generation("やあ")])
    assert found == "はい。"


def test_replies_come_back_in_the_order_of_the_requests(tokenizer):
    engine = Asked()
    engine.answer = lambda q: tokenizer.decode(q.token_ids, skip_special_tokens=True)
    model = EngineLM(engine, tokenizer, max_model_len=64)
    found = model.generate_until([generation(text, max_gen_toks=8) for text in ("甲", "乙", "丙")])
    assert [text.strip() for text in found] == ["甲", "乙", "丙"]


def test_sampling_of_the_task_reaches_the_engine(model, engine):
    model.generate_until([generation("やあ", max_gen_toks=7, do_sample=True, temperature=0.5, top_p=0.9)])
    sampling = engine.requests[0].sampling
    assert (sampling.max_tokens, sampling.temperature, sampling.top_p) == (7, 0.5, 0.9)


def test_a_parameter_that_engines_do_not_share_is_refused(model):
    with pytest.raises(UsageError, match="typical_p"):
        model.generate_until([generation("やあ", typical_p=0.5)])


def test_a_prompt_that_is_too_long_loses_its_beginning(model, engine, tokenizer):
    text = "今日はよい天気です。" * 40
    model.generate_until([generation(text, max_gen_toks=8)])
    ids = engine.requests[0].token_ids
    assert len(ids) + engine.requests[0].sampling.max_tokens <= 64
    assert ids == model.tok_encode(text)[-len(ids) :]


def test_a_continuation_is_scored_without_its_context(model, engine):
    ((value, _),) = model.loglikelihood([scored("やあ。", "はい")])
    (request,) = (request for request in engine.requests if request.candidates)
    (candidate,) = request.candidates
    assert value == -float(len(candidate.token_ids) - candidate.start)
    assert 0 < candidate.start < len(candidate.token_ids)


def test_a_continuation_is_greedy_where_the_model_would_write_it(tokenizer):
    engine = Asked("はい")
    model = EngineLM(engine, tokenizer, max_model_len=64)
    found = model.loglikelihood([scored("やあ。", "はい"), scored("やあ。", "いいえ")])
    assert [greedy for _, greedy in found] == [True, False]


def test_whole_texts_are_scored_in_windows(model, engine):
    text = "今日はよい天気です。" * 30
    request = Instance(request_type="loglikelihood_rolling", doc={}, arguments=(text,), idx=0)
    (value,) = model.loglikelihood_rolling([request])
    windows = [request for request in engine.requests if request.candidates]
    assert len(windows) > 1
    assert all(len(window.token_ids) < 64 for window in windows)
    assert value == -float(len(model.tok_encode(text)))


def test_no_second_bos_is_added(model, tokenizer):
    bos = tokenizer.bos_token
    assert model.tok_encode(f"{bos}やあ").count(tokenizer.bos_token_id) == 1
    assert model.tok_encode("やあ").count(tokenizer.bos_token_id) == 1
    assert model.tok_encode("やあ", add_special_tokens=False).count(tokenizer.bos_token_id) == 0


def test_a_document_that_the_engine_refuses_is_a_fault(tokenizer):
    class Refusing(Asked):
        def _reply(self, request, found):
            return Reply(key=request.key, text="", finish_reason="error", error="out of memory")

    model = EngineLM(Refusing(), tokenizer, max_model_len=64)
    with pytest.raises(EngineFault, match="out of memory"):
        model.generate_until([generation("やあ")])


def test_a_tokenizer_without_an_end_is_refused(engine):
    with pytest.raises(UsageError) as caught:
        _ = EngineLM(engine, small("bare"), max_model_len=None).eot_token_id
    assert "--lm-eval-tasks" in caught.value.hint


def test_where_there_is_no_bos_the_eos_begins_a_text(engine):
    tokenizer = small("qwen")
    model = EngineLM(engine, tokenizer, max_model_len=None)
    assert model.prefix_token_id == model.eot_token_id == tokenizer.eos_token_id
    assert model.max_length == 2048


def test_a_template_that_refuses_the_conversation_is_told(engine):
    tokenizer = small("llama3")
    tokenizer.chat_template = "{{ raise_exception('no system here') }}"
    model = EngineLM(engine, tokenizer, max_model_len=None)
    try:
        with pytest.raises(UsageError, match="no system here"):
            model.apply_chat_template([{"role": "system", "content": "x"}])
    finally:
        tokenizer.chat_template = None


@pytest.mark.parametrize(
    ("pair", "text", "greedy"),
    [
        (("Q: A:", " yes"), " yes", True),
        (("Q: A: ", "yes"), " yes", True),
        (("Q: A: ", "yes"), "yes", False),
        (("Q:", " yes"), " no", False),
        (None, "yes", False),
    ],
)
def test_a_space_between_context_and_continuation_belongs_to_either(pair, text, greedy):
    assert _continues(pair, text) is greedy
