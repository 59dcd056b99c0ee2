"""What goes to an engine and what comes back."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kikime.harness.core.messages import Message

Expect = dict[str, Any]
"""What a reply is checked against, by kind of check; :func:`kikime.harness.metrics.check_expect` knows their shapes."""


class Sampling(msgspec.Struct, frozen=True, omit_defaults=False):
    """Sampling parameters; all of them enter the request's key."""

    max_tokens: int = 128
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0
    reasoning_tokens: int = 0
    """What a reply may think beside ``max_tokens``; 0: thinking is of the reply's own."""

    @property
    def most_tokens(self) -> int:
        """All that may be generated."""
        return self.max_tokens + self.reasoning_tokens

    @property
    def identity(self) -> dict[str, int | float]:
        """The parameters as they enter the request's key, where a budget of none says nothing."""
        values: dict[str, int | float] = msgspec.structs.asdict(self)
        if not self.reasoning_tokens:
            del values["reasoning_tokens"]
        return values


class Candidate(msgspec.Struct, frozen=True):
    """A continuation whose log-probability is asked for instead of a reply."""

    name: str
    """What it stands for: ``label.N``, ``free.N`` (the same label after a content-free input), ``old`` or ``new``."""
    text: str
    token_ids: list[int]
    """Prompt and continuation."""
    start: int
    """Position of the continuation's first token."""


class Request(msgspec.Struct, frozen=True):
    """One prompt of the grid, rendered and tokenised."""

    key: str
    """Content address: model fingerprint, token ids, sampling, stops, seed and ``pair_key``."""
    pair_key: str
    """The same request across models: no model in it."""
    position: int
    """Rank of the cell in the plan; orders the tables."""
    task: str
    item_id: str
    persona: str
    format: str
    shots: int
    shot_style: str
    example_set: int
    technique: str
    context: str
    turn: int
    repeat: int
    seed: int
    prompt: str
    token_ids: list[int]
    """Empty where the server tokenises itself (chat completions)."""
    messages: list[Message]
    """The conversation, shots included, for a server that renders; empty where ``token_ids`` stand for it."""
    system: str
    user: str
    history: list[Message]
    """The dialogue before ``user``, without the shots."""
    examples: list[str]
    """Replies of the shots, for the copy metric."""
    expect: Expect
    stop: list[str]
    stop_token_ids: list[int]
    sampling: Sampling
    candidates: list[Candidate] = []
    """Not empty: nothing is generated, each candidate is scored."""
    speaker: Literal["character", "user"] = "character"
    """``user``: the reply is the user's line that opens ``turn``, and no reply of the character's."""

    @property
    def n_scored_tokens(self) -> int:
        """What the engine reads to score all candidates, each of them with its prompt."""
        return sum(len(candidate.token_ids) for candidate in self.candidates)


class Reply(msgspec.Struct, frozen=True):
    """What the engine gave back for one request."""

    key: str
    text: str
    """What the model says, without its thinking once the runner has it."""
    finish_reason: str | None
    """``stop``, ``length``, ``abort``, ``error``, or another word of a server's; None where it gives none."""
    stop_reason: str | None = None
    """The stop string or token id that ended the reply; None for the end-of-sequence token."""
    n_prompt_tokens: int = 0
    n_cached_tokens: int = 0
    """Of the prompt's, those that the engine had read for another request."""
    n_output_tokens: int = 0
    latency_ms: float = 0.0
    error: str | None = None
    reasoning: str | None = None
    """What it thought before it spoke; None where it did not, or nobody tells."""
    n_reasoning_tokens: int | None = None
    logprobs: list[float] | None = None
    """Summed log-probability (natural) of each candidate's continuation."""


def chosen_reply(request: Request, logprobs: list[float], latency_ms: float) -> Reply:
    """The reply of a scored request: the continuation of highest log-probability, labels less their content-free one."""
    names = [candidate.name for candidate in request.candidates]
    prior = {name: p for name, p in zip(names, logprobs, strict=True) if name.startswith("free.")}
    asked = [
        (p - prior.get(c.name.replace("label.", "free."), 0.0), c.text)
        for p, c in zip(logprobs, request.candidates, strict=True)
        if c.name not in prior
    ]
    return Reply(
        key=request.key,
        text=max(asked)[1],
        finish_reason="stop",
        n_prompt_tokens=len(request.token_ids),
        latency_ms=latency_ms,
        logprobs=logprobs,
    )


def too_long(request: Request, max_model_len: int | None) -> str | None:
    """Why the request does not fit into the model's context, or None."""
    if max_model_len is None or not request.token_ids:
        return None
    prompt, new = len(request.token_ids), request.sampling.most_tokens
    if request.candidates:  # an engine generates one token to score a prompt
        prompt, new = max(len(candidate.token_ids) for candidate in request.candidates), 1
    if prompt + new <= max_model_len:
        return None
    return f"prompt of {prompt} tokens and reply of up to {new} exceed the context of {max_model_len}"
