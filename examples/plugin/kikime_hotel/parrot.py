"""An engine: a toy that loads no model and repeats the question politely, to try the rest of the pipeline in seconds."""

from __future__ import annotations

from typing import Any

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import Engine, EngineKind, EngineOptions
from kikime.harness.engines.checkpoint import Checkpoint


class Parrot:
    """Answers each request at once; the checkpoint gives only its tokenizer."""

    window = 64

    def __init__(self) -> None:
        self._waiting: list[Request] = []

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._waiting.append(request)

    def poll(self) -> list[Reply]:
        """Answer all that wait."""
        done, self._waiting = self._waiting, []
        return [Reply(request.key, f"「{request.user}」でございますわね!", "stop") for request in done]

    def describe(self) -> dict[str, Any]:
        """What the run's status says: that no model spoke."""
        return {"engine": "parrot", "toy": "repeats the question; no model was asked"}

    def close(self) -> None:
        """There is nothing to free."""


def load(checkpoint: Checkpoint, options: EngineOptions) -> Engine:  # noqa: ARG001  (what every engine is given)
    """Make the toy."""
    return Parrot()


ENGINE = EngineKind(load=load)
