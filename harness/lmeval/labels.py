"""Tasks that compare log-probabilities, for lm-eval: one request per candidate, as ``kikime run`` scores them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask

from kikime.harness.core.errors import UsageError
from kikime.harness.core.request import Candidate
from kikime.harness.prompts.tokenizers import TransformersTokenizer

Pair = tuple[str, str]
"""Context and continuation, as lm-eval takes them."""


class CandidateTask(ConfigurableTask):  # type: ignore[misc]  # lm-eval has no types
    """Asks for the log-likelihood of every candidate of a document: labels, their priors, old and new facts."""

    def __init__(self, config: dict[str, object]) -> None:
        super().__init__(config={key: value for key, value in config.items() if key != "class"})

    def construct_requests(self, doc: dict[str, str], ctx: str, **kwargs: object) -> list[Instance]:  # noqa: ARG002
        """One request per candidate, in their order."""
        options = {key: value for key, value in kwargs.items() if key not in {"apply_chat_template", "chat_template"}}
        return [
            Instance(request_type="loglikelihood", doc=doc, arguments=tuple(pair), idx=number, **options)
            for number, pair in enumerate(orjson.loads(doc["candidates"]))
        ]


def candidate_pairs(
    candidates: Sequence[Candidate], tokenizer: TransformersTokenizer, *, add_special_tokens: bool
) -> list[Pair]:
    """The text before each candidate, and its own; lm-eval will make of them the token ids that ``kikime run`` scores.

    Raises:
        UsageError: it would score others.
    """
    pairs = []
    for candidate in candidates:
        whole = tokenizer.decode(candidate.token_ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
        bos = tokenizer.bos_token
        if add_special_tokens and bos:
            whole = whole.removeprefix(bos)
        ids = tokenizer(whole, add_special_tokens=add_special_tokens).input_ids
        if list(ids) != list(candidate.token_ids) or not whole.endswith(candidate.text):
            raise UsageError(
                "lm-eval would score other token ids than kikime run for '{text}'",
                hint="choose the tasks of another format",
                text=candidate.text,
            )
        pairs.append((whole.removesuffix(candidate.text), candidate.text))
    return pairs
