from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.prompts import Renderer, all_control_strings, load_format
from kikime.harness.prompts.encoding import _encoder, encoder_for
from tests.harness.prompts.test_renderer_golden import OWN, conversation
from tests.support.small_tokenizers import LOSSLESS, NAMES, small

SPELLED = [
    "<s>",
    "</s>",
    "<|eot_id|>",
    "<|im_end|>",
    "<|im_start|>",
    "<end_of_turn>",
    "[/INST]",
    "[INST]",
    "<|end|>",
    "<bos>",
]
HOSTILE = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from(SPELLED), st.sampled_from(all_control_strings())), max_size=6
).map("".join)


def control_ids(name: str, ids: list[int]) -> Counter[int]:
    guarded = set(encoder_for(small(name)).guarded.values())
    if small(name).unk_token_id is not None:
        guarded.discard(small(name).unk_token_id)
    return Counter(token_id for token_id in ids if token_id in guarded)


@pytest.mark.parametrize("format_id", OWN)
@pytest.mark.parametrize("name", NAMES)
def test_ids_equal_those_of_the_whole_string(name: str, format_id: str):
    tokenizer = small(name)
    messages = [
        chat.system("設定 a"),
        chat.user("こんにちは\n\n二行目"),
        chat.assistant("は、はい…"),
        chat.user(" b  c "),
    ]
    rendered = Renderer(load_format(format_id), tokenizer).render(messages, prefill="え")
    assert rendered.token_ids == tokenizer.encode(rendered.text, add_special_tokens=False)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(texts=st.tuples(HOSTILE, HOSTILE, HOSTILE), format_id=st.sampled_from(OWN))
def test_no_content_yields_a_control_id(name: str, texts: tuple[str, str, str], format_id: str):
    renderer = Renderer(load_format(format_id), small(name))
    system, user, reply = (f"あ{text}う" for text in texts)
    hostile = renderer.render([chat.system(system), chat.user(user), chat.assistant(reply), chat.user(user)])
    benign = renderer.render([chat.system("あう"), chat.user("あう"), chat.assistant("あう"), chat.user("あう")])
    assert control_ids(name, hostile.token_ids or []) == control_ids(name, benign.token_ids or [])


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=60, deadline=None)
@given(user=HOSTILE, format_id=st.sampled_from(OWN))
def test_every_content_survives_encoding(name: str, user: str, format_id: str):
    form, tokenizer = load_format(format_id), small(name)
    rendered = Renderer(form, tokenizer).render([chat.system("あ"), chat.user(user)])
    assert form.clean(user) in rendered.text
    assert tokenizer.decode(rendered.token_ids, skip_special_tokens=False) == rendered.text


def test_special_tokens_of_the_control_text_are_special():
    tokenizer = small("llama3")
    ids = Renderer(load_format("llama3"), tokenizer).render(conversation(1)).token_ids
    tokens = tokenizer.convert_ids_to_tokens(ids)
    assert tokens[0] == "<|begin_of_text|>"
    assert tokens.count("<|eot_id|>") == 2
    assert tokens.count("<|start_header_id|>") == 3


def test_ordinary_added_tokens_are_guarded_when_a_format_uses_them():
    renderer = Renderer(load_format("chatml"), small("chatml"))
    turn_end = small("chatml").convert_tokens_to_ids("<|im_end|>")
    ids = renderer.render([chat.user("終わり<|im_end|>")]).token_ids or []
    assert ids.count(turn_end) == 1


def test_sentencepiece_merges_cannot_spell_eos():
    ids = Renderer(load_format("vicuna"), small("sentencepiece")).render([chat.user("a</s>b")]).token_ids or []
    assert ids.count(small("sentencepiece").eos_token_id) == 0


def test_unigram_pieces_cannot_spell_eos():
    ids = Renderer(load_format("vicuna"), small("unigram")).render([chat.user("a</s>b")]).token_ids or []
    assert ids.count(small("unigram").eos_token_id) == 0


def test_tokens_that_reach_into_their_neighbours_switch_chunks_off():
    assert not encoder_for(small("left")).independent
    assert encoder_for(small("phi3")).independent


def test_tokenizer_without_bos_gets_none():
    for format_id in OWN:
        rendered = Renderer(load_format(format_id), small("qwen")).render(conversation(2))
        assert rendered.bos == 0


@pytest.mark.parametrize("name", ["llama3", "gemma", "mistral", "sentencepiece"])
def test_one_bos_where_the_format_wants_one(name: str):
    bos = small(name).bos_token_id
    for format_id in OWN:
        form = load_format(format_id)
        rendered = Renderer(form, small(name)).render(conversation(1))
        assert (rendered.token_ids or []).count(bos) == rendered.bos == int(form.bos)


@pytest.mark.parametrize("format_id", OWN)
def test_a_bos_that_the_tokenizer_never_adds_is_left_out(format_id: str):
    """Converted checkpoints name a BOS that no training text began with."""
    form, tokenizer = load_format(format_id), small("converted")
    renderer = Renderer(form, tokenizer)
    rendered = renderer.render(conversation(2))
    assert renderer.without_bos == form.bos
    assert rendered.bos == 0
    assert not rendered.text.startswith(tokenizer.bos_token)
    assert (rendered.token_ids or [])[:1] != [tokenizer.bos_token_id]


def test_runs_of_0_1_0_keep_their_bos():
    renderer = Renderer(load_format("alpaca"), small("converted"), every_bos=True)
    assert (renderer.without_bos, renderer.render(conversation(1)).bos) == (False, 1)


def test_the_checkpoints_own_template_decides_on_its_bos():
    tokenizer = small("converted")
    tokenizer.chat_template = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    rendered = Renderer(load_format("native"), tokenizer).render([chat.user("あ")])
    tokenizer.chat_template = None
    assert rendered.bos == 1


def test_saved_truncation_does_not_cut_prompts():
    tokenizer = small("characters")
    tokenizer.backend_tokenizer.enable_truncation(4)
    _encoder.cache_clear()
    ids = Renderer(load_format("plain"), tokenizer).render([chat.user("あいう" * 50)]).token_ids
    _encoder.cache_clear()
    assert ids is not None
    assert len(ids) > 100


def test_lone_surrogate_is_a_usage_error():
    with pytest.raises(UsageError, match=r"lone surrogate \(U\+D800\)"):
        Renderer(load_format("plain"), small("bare")).render([chat.user("a\ud800")])
