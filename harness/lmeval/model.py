"""A loaded engine as an lm-eval model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.models.utils import (
    handle_stop_sequences,
    maybe_truncate,
    normalize_gen_kwargs,
    postprocess_generated_text,
)
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.request import Candidate, Reply, Request, Sampling
from kikime.harness.engines import Engine
from kikime.harness.lmeval.scoring import Finished
from kikime.harness.prompts.tokenizers import TransformersTokenizer
from kikime.harness.run.runner import Runner

_DEFAULT_LENGTH = 2048
_SAMPLING = ("temperature", "top_p", "top_k", "repetition_penalty", "seed")
_OTHER = {"until", "max_gen_toks", "do_sample"}

Scored = tuple[tuple[str, str] | None, list[int], list[int]]
"""(context, continuation) as text, then as token ids."""


Asked = TypeVar("Asked")


class EngineLM(TemplateLM):  # type: ignore[misc]  # lm-eval has no types
    """Answers lm-eval's requests with an engine that is loaded already; replies know how they ended.

    Raises (while answering):
        EngineFault: the engine died, or refused a request: lm-eval cannot leave a document out.
        UsageError: a task asks for a sampling parameter that engines do not share.
    """

    max_gen_toks = 256

    def __init__(self, engine: Engine, tokenizer: TransformersTokenizer, *, max_model_len: int | None) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.max_length = max_model_len or _DEFAULT_LENGTH
        self._engine = engine

    @property
    def eot_token_id(self) -> int:
        """The tokenizer's EOS."""
        eos = self.tokenizer.eos_token_id
        if eos is None:
            raise UsageError(
                "the tokenizer has no end-of-sequence token, which lm-eval needs", hint="leave --lm-eval-tasks out"
            )
        return int(eos)

    @property
    def prefix_token_id(self) -> int:
        """What an empty context becomes: the BOS, or the EOS where there is none."""
        bos = self.tokenizer.bos_token_id
        return self.eot_token_id if bos is None else int(bos)

    @property
    def tokenizer_name(self) -> str:
        """For lm-eval's caches."""
        return str(self.tokenizer.name_or_path).replace("/", "__")

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: object) -> list[int]:
        """Encode as lm-eval's own vLLM model does: no second BOS."""
        if add_special_tokens is None:
            add_special_tokens = not string.startswith(self.tokenizer.decode(self.prefix_token_id))
        return list(self.tokenizer(string, add_special_tokens=add_special_tokens).input_ids)

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        """Render with the checkpoint's own template.

        Raises:
            UsageError: the template refuses the conversation; lm-eval would drop the system text, the persona.
        """
        from jinja2 import TemplateError

        try:
            rendered = self.tokenizer.apply_chat_template(
                chat_history,
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
                continue_final_message=not add_generation_prompt,
            )
        except TemplateError as error:
            raise UsageError(
                "the checkpoint's chat template refuses the conversation: {reason}",
                hint="leave --lm-eval-tasks out for this checkpoint",
                reason=error,
            ) from None
        return str(rendered)

    def generate_until(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[str]:  # noqa: ARG002
        """One reply per request, cut at its stop strings."""
        asked = [self._generation(*request.args) for request in requests]
        replies = self._replies(lambda key, one: _request(key, *one), asked)
        return [
            Finished(postprocess_generated_text(reply.text, stop, None), reply.finish_reason or "")
            for reply, (_, stop, _) in zip(replies, asked, strict=True)
        ]

    def loglikelihood_rolling(self, requests: Sequence[Instance], disable_tqdm: bool = False) -> list[float]:  # noqa: ARG002
        """Log-likelihood of whole texts, in windows of the context's length."""
        windows: list[Scored] = []
        owners: list[int] = []
        for number, request in enumerate(requests):
            pairs = get_rolling_token_windows(
                token_list=self.tok_encode(request.args[0]),
                prefix_token=self.prefix_token_id,
                max_seq_len=self.max_length - 2,
                context_len=1,
            )
            for context, continuation in map(make_disjoint_window, pairs):
                windows.append((None, context, continuation))
                owners.append(number)
        sums = [0.0] * len(requests)
        for owner, value in zip(owners, self._logprobs(windows), strict=True):
            sums[owner] += value
        return sums

    def _loglikelihood_tokens(self, requests: Sequence[Scored], **_: object) -> list[tuple[float, bool]]:
        """Log-likelihood of each continuation, and whether greedy decoding writes it."""
        greedy = self._replies(
            lambda key, one: _request(
                key, one[1][-self.max_length + len(one[2]) :], [], Sampling(max_tokens=len(one[2]))
            ),
            requests,
        )
        return [
            (value, _continues(pair, reply.text))
            for value, reply, (pair, _, _) in zip(self._logprobs(requests), greedy, requests, strict=True)
        ]

    def _logprobs(self, requests: Sequence[Scored]) -> list[float]:
        return [value for reply in self._replies(self._scoring, requests) for value in reply.logprobs or ()]

    def _scoring(self, key: str, one: Scored) -> Request:
        ids = [*one[1], *one[2]][-self.max_length + 1 :]
        candidate = Candidate("label.0", "", ids, len(ids) - len(one[2]))
        return _request(key, ids, [], Sampling(max_tokens=1), [candidate])

    def _generation(self, context: str, options: Mapping[str, object]) -> tuple[list[int], list[str], Sampling]:
        normal = dict(normalize_gen_kwargs(options, default_max_gen_toks=self.max_gen_toks))
        unknown = sorted(normal.keys() - _OTHER - set(_SAMPLING))
        if unknown:
            raise UsageError(
                "an lm-eval task samples with '{unknown}', which kikime's engines do not take", unknown=unknown[0]
            )
        stop = handle_stop_sequences(list(normal["until"]), eos=self.tokenizer.decode(self.eot_token_id))
        ids, new = maybe_truncate(
            self.tok_encode(context), max_gen_toks=normal["max_gen_toks"], max_model_len=self.max_length, side="left"
        )
        return ids, stop, Sampling(max_tokens=new, **{name: normal[name] for name in _SAMPLING if name in normal})

    def _replies(self, make: Callable[[str, Asked], Request], asked: Iterable[Asked]) -> list[Reply]:
        """Answer all requests in one queue; in their order."""
        found: dict[str, Reply] = {}
        runner = Runner(
            self._engine,
            [lambda _, reply: found.__setitem__(reply.key, reply)],
            stored=lambda _: None,
            next_turn=lambda *_: None,
            max_model_len=None,
        )
        runner.run(make(f"lm-eval-{number}", one) for number, one in enumerate(asked))
        failed = next((reply for reply in found.values() if reply.error is not None), None)
        if failed is not None:
            raise EngineFault("the engine refused a document of an lm-eval task: {error}", error=failed.error)
        return [found[f"lm-eval-{number}"] for number in range(len(found))]


def _continues(pair: tuple[str, str] | None, text: str) -> bool:
    """Whether ``text``, generated after the context without its trailing space, is the continuation."""
    return pair is not None and pair[0].rstrip() + text == pair[0] + pair[1]


def _request(
    key: str, ids: list[int], stop: list[str], sampling: Sampling, candidates: Sequence[Candidate] = ()
) -> Request:
    return Request(
        key=key,
        pair_key=key,
        position=0,
        task="lm-eval",
        item_id=key,
        persona="none",
        format="lm-eval",
        shots=0,
        shot_style="turns",
        example_set=0,
        technique="plain",
        context="none",
        turn=0,
        repeat=0,
        seed=sampling.seed,
        prompt="",
        token_ids=ids,
        messages=[],
        system="",
        user="",
        history=[],
        examples=[],
        expect={},
        stop=stop,
        stop_token_ids=[],
        sampling=sampling,
        candidates=list(candidates),
    )
