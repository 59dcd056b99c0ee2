"""An engine for ``--engine tools/fast_engine.py`` whose replies follow from the request alone: for tests of what survives a crash."""

from __future__ import annotations

import time
from collections import deque

from kikime.harness.core.hashing import digest
from kikime.harness.core.request import Reply, Request, chosen_reply
from kikime.harness.engines.base import EngineKind
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions

_LINES = (
    "ごきげんよう、今日も良い一日にいたしますわ。",
    "紅茶が好きですの。",
    "それは存じませんわ。",
    "よい天気ですね。",
)
_BATCH, _SECONDS = 4, 0.004


class FastEngine:
    """Answers a few requests at a time, each by a line that its key chooses."""

    window = 32

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._waiting.append(request)

    def poll(self) -> list[Reply]:
        """Answer the next few."""
        time.sleep(_SECONDS)
        return [self._answer(self._waiting.popleft()) for _ in range(min(_BATCH, len(self._waiting)))]

    def _answer(self, request: Request) -> Reply:
        number = int(digest("fast", request.key)[:4], 16)
        if request.candidates:
            return chosen_reply(request, [-((number + i) % 7) / 2 for i in range(len(request.candidates))], 0.0)
        return Reply(key=request.key, text=_LINES[number % len(_LINES)], finish_reason="stop", n_output_tokens=9)

    def describe(self) -> dict[str, object]:
        """Its name."""
        return {"engine": "fast"}

    def close(self) -> None:
        """Forget what is waiting."""
        self._waiting.clear()


def _load(checkpoint: Checkpoint, options: EngineOptions) -> FastEngine:
    del checkpoint, options
    return FastEngine()


ENGINE = EngineKind(_load)
