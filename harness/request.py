"""What goes to an engine and what comes back."""

from __future__ import annotations

from typing import Any

import msgspec

from harness.messages import Message


class Sampling(msgspec.Struct, frozen=True, omit_defaults=False):
    """Sampling parameters; all of them enter the request's key."""

    max_tokens: int = 128
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0


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
    """The conversation that was rendered, shots included."""
    system: str
    user: str
    history: list[Message]
    """The dialogue before ``user``, without the shots."""
    examples: list[str]
    """Replies of the shots, for the copy metric."""
    expect: dict[str, Any]
    stop: list[str]
    stop_token_ids: list[int]
    sampling: Sampling


class Reply(msgspec.Struct, frozen=True):
    """What the engine gave back for one request."""

    key: str
    text: str
    finish_reason: str
    """``stop``, ``length``, ``abort`` or ``error``."""
    stop_reason: str | None = None
    """The stop string or token id that ended the reply; None for the end-of-sequence token."""
    n_prompt_tokens: int = 0
    n_output_tokens: int = 0
    latency_ms: float = 0.0
    error: str | None = None
