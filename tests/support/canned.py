"""An engine whose replies are made by a function, for tests of what is done with replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kikime.harness.core.request import Reply, Request, chosen_reply

Answer = Callable[[Request], str | list[float]]


class Canned:
    """Answers each request from a function: a text, or the log-probability of each candidate."""

    window = 64

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.waiting: list[Request] = []

    @property
    def pending(self) -> int:
        return len(self.waiting)

    def submit(self, request: Request) -> None:
        self.waiting.append(request)

    def poll(self) -> list[Reply]:
        done, self.waiting = self.waiting, []
        return [self._reply(request, self.answer(request)) for request in done]

    def _reply(self, request: Request, found: str | list[float]) -> Reply:
        if isinstance(found, str):
            return Reply(key=request.key, text=found, finish_reason="stop")
        return chosen_reply(request, found, 0.0)

    def describe(self) -> dict[str, Any]:
        return {"engine": "canned"}

    def close(self) -> None:
        self.waiting.clear()
