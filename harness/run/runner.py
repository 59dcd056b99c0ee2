"""The loop between plan and engine: keeps the queue full and hands every finished reply to the sinks at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec

from kikime.harness.core.request import Reply, Request, too_long
from kikime.harness.engines.base import CountsTokens, Engine

Sink = Callable[[Request, Reply], None]
"""Takes each finished reply; what a sink raises ends the run, resumable."""

NextTurn = Callable[[Request, str], Request | None]
Lookup = Callable[[str], Reply | None]
Spoken = Callable[[Request, Reply], Reply]
"""Takes the thinking off a reply."""
OnStep = Callable[[int], None]
"""Hears about once per second how many tokens the engine has generated of the replies that have not finished."""
_STEP_SECONDS = 1.0


class Runner:
    """Generates what is missing of a plan.

    ``stored(key)`` answers with the reply of an earlier process, or None; ``next_turn(request, text)`` gives the
    following request of a scripted dialogue, or None; ``spoken`` takes a reply's thinking off what it says.
    ``max_model_len`` and ``max_user_len`` are the contexts of the models that speak for the character and for the user.
    """

    def __init__(
        self,
        engine: Engine,
        sinks: Sequence[Sink],
        *,
        stored: Lookup,
        next_turn: NextTurn,
        max_model_len: int | None,
        max_user_len: int | None = None,
        spoken: Spoken = lambda _, reply: reply,
        on_step: OnStep = lambda _: None,
    ) -> None:
        self._engine = engine
        self._sinks = sinks
        self._stored = stored
        self._next_turn = next_turn
        self._context = {"character": max_model_len, "user": max_user_len}
        self._spoken = spoken
        self._on_step = on_step
        self._last_step = 0.0
        self._in_flight: dict[str, Request] = {}
        self._ready: deque[Request] = deque()

    def run(self, requests: Iterable[Request]) -> None:
        """Generate until nothing is left.

        Raises:
            EngineFault: the engine died; every reply that finished before has reached the sinks.
        """
        waiting = iter(requests)
        exhausted = False
        while not exhausted or self._ready or self._in_flight:
            while not exhausted and len(self._in_flight) + len(self._ready) < self._engine.window:
                request = next(waiting, None)
                exhausted = request is None
                if request is not None:
                    self._enqueue(request)
            self._submit_ready()
            if self._in_flight:
                for reply in self._engine.poll():
                    self._finish(self._in_flight.pop(reply.key), reply)
                self._tell_step()

    def _tell_step(self) -> None:
        now = time.monotonic()
        if now - self._last_step >= _STEP_SECONDS:
            self._last_step = now
            self._on_step(self._engine.tokens_in_flight() if isinstance(self._engine, CountsTokens) else 0)

    def _enqueue(self, request: Request | None) -> None:
        """Queue the first turn of the dialogue that has no stored reply."""
        while request is not None:
            reply = self._stored(request.key)
            if reply is None:
                self._ready.append(request)
                return
            request = self._next_turn(request, reply.text) if reply.error is None else None

    def _submit_ready(self) -> None:
        while self._ready:
            request = self._ready.popleft()
            error = too_long(request, self._context[request.speaker])
            if error:
                self._finish(request, Reply(key=request.key, text="", finish_reason="error", error=error))
            else:
                self._in_flight[request.key] = request
                self._engine.submit(request)

    def _finish(self, request: Request, reply: Reply) -> None:
        if reply.finish_reason == "abort" and reply.error is None:
            reply = msgspec.structs.replace(reply, error="the engine aborted this request")
        reply = self._spoken(request, reply)
        for sink in self._sinks:
            sink(request, reply)
        if reply.error is None:
            self._enqueue(self._next_turn(request, reply.text))
