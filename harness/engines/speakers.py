"""Two engines as one: each request goes to the one of its speaker, and neither waits for the other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from kikime.harness.core.reasons import Reason
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines.base import CountsTokens, Engine, TellsNotes

_PAUSE = 0.005
"""Seconds to wait where nobody has finished and nobody computes in this process."""


@runtime_checkable
class AnswersElsewhere(Protocol):
    """An engine whose work is done in another process, so that asking for what has finished need not wait."""

    def finished(self) -> list[Reply]:
        """The replies that are there now."""


class Speakers:
    """The character's engine, and the user's beside it."""

    def __init__(self, character: Engine, partner: Engine) -> None:
        self._engines = {"character": character, "user": partner}
        self._waiting: Counter[str] = Counter()

    @property
    def character(self) -> Engine:
        """The engine that adapters of the character are for."""
        return self._engines["character"]

    @property
    def window(self) -> int:
        """That of the character's engine."""
        return self._engines["character"].window

    def submit(self, request: Request) -> None:
        """Queue a request with the engine of its speaker."""
        self._waiting[request.speaker] += 1
        self._engines[request.speaker].submit(request)

    def poll(self) -> list[Reply]:
        """The replies that have finished; waits only where all that is asked for is computed elsewhere.

        Raises:
            EngineFault: one of the two can answer nothing any more.
        """
        busy = [name for name in self._engines if self._waiting[name]]
        if len(busy) == 1:
            return self._counted(busy[0], self._engines[busy[0]].poll())
        replies, computed = [], False
        for name in busy:
            engine = self._engines[name]
            elsewhere = isinstance(engine, AnswersElsewhere)
            computed = computed or not elsewhere
            found = engine.finished() if isinstance(engine, AnswersElsewhere) else engine.poll()
            replies += self._counted(name, found)
        if not replies and not computed:
            time.sleep(_PAUSE)
        return replies

    def _counted(self, name: str, replies: list[Reply]) -> list[Reply]:
        self._waiting[name] -= len(replies)
        return replies

    def tokens_in_flight(self) -> int:
        """Of the character's engine."""
        character = self._engines["character"]
        return character.tokens_in_flight() if isinstance(character, CountsTokens) else 0

    @property
    def notes(self) -> Sequence[Reason]:
        """What either changed of its requests."""
        return [note for engine in self._engines.values() if isinstance(engine, TellsNotes) for note in engine.notes]

    def describe(self) -> dict[str, object]:
        """The character's engine, with the user's under ``user``."""
        return self._engines["character"].describe() | {"user": self._engines["user"].describe()}

    def close(self) -> None:
        """Close both."""
        for engine in self._engines.values():
            engine.close()
