"""One model at several servers: each request goes to the one with the least in flight, and from one that goes away to the others."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

import openai

from kikime.harness.core.errors import EngineFault, KikimeError
from kikime.harness.core.reasons import Reason
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.openai import OpenAIEngine, Outcome
from kikime.harness.engines.options import EngineOptions
from kikime.harness.engines.served.faults import MAX_CALLS
from kikime.harness.engines.served.probe import Server, ServerAway

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_PATIENCE = 60.0
"""Seconds without any server after which the run is given up."""
_POLL_SECONDS = 1.0


class _Asked(NamedTuple):
    request: Request
    calls: int
    """How often it was lost before."""


class _Place:
    """One address: the engine there while it answers, and what is in flight at it."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions, arrived: threading.Event) -> None:
        self.url = str(checkpoint.base_url)
        self.engine: OpenAIEngine | None = None
        self.server: Server | None = None
        """What it said of itself when it was last reached."""
        self.fault: KikimeError | None = None
        """Why it is not used."""
        self.asked: dict[str, _Asked] = {}
        self.losses = 0
        self._arguments = (checkpoint, options)
        self._arrived = arrived
        self._pause, self._next = _FIRST_PAUSE, 0.0
        self._connecting: threading.Thread | None = None

    def connect(self) -> None:
        """Begin to connect, in a thread of its own, unless that is under way or too early."""
        if self._connecting is None and time.monotonic() >= self._next:
            self._connecting = threading.Thread(target=self._connect, name=f"kikime-{self.url}", daemon=True)
            self._connecting.start()

    def wait(self) -> None:
        """Wait until the attempt to connect has ended."""
        if self._connecting is not None:
            self._connecting.join()

    def _connect(self) -> None:
        try:
            engine = OpenAIEngine(*self._arguments, arrived=self._arrived)
        except KikimeError as fault:
            self.fault = fault
            self._next = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        else:
            self.server, self.fault, self.engine = engine.server, None, engine
        self._connecting = None
        self._arrived.set()

    def answered(self) -> None:
        """It works: the next time that it goes away it is soon tried again."""
        self._pause = _FIRST_PAUSE

    def lose(self, fault: EngineFault) -> list[_Asked]:
        """Close the engine after ``fault``; returns what it has left unanswered."""
        if self.engine is not None:
            self.engine.close()
        self.engine, self.fault, self.losses = None, fault, self.losses + 1
        self._next = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        unanswered, self.asked = list(self.asked.values()), {}
        return unanswered


class BalancedEngine:
    """A model behind several addresses.

    A server that goes away costs time only: what it has not answered goes to the others, and it is used again when it is back.
    """

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions) -> None:
        """Connect to all of them.

        Raises:
            EngineFault: none can be reached, or one refuses the key or does not serve the model.
            UsageError: the key in the environment cannot be one, or a proxy cannot be used.
        """
        self._concurrency = options.concurrency
        self._arrived = threading.Event()
        self._places = [_Place(checkpoint.at(url), options, self._arrived) for url in checkpoint.addresses]
        self._waiting: deque[_Asked] = deque()
        self._answered = False
        self._last_server = time.monotonic()
        for place in self._places:
            place.connect()
        for place in self._places:
            place.wait()
        faults = [place.fault for place in self._places if place.fault is not None]
        wrong = [fault for fault in faults if not isinstance(fault, ServerAway)]
        if wrong or len(faults) == len(self._places):
            self.close()
            raise (wrong or faults)[0]

    @property
    def window(self) -> int:
        """Twice the concurrency of each server, so that a slot never waits for the runner."""
        return 2 * self._concurrency * len(self._places)

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._waiting.append(_Asked(request, 0))
        self._hand_out()

    def poll(self) -> list[Reply]:
        """Wait up to a second for the next reply, then take all that are there.

        Raises:
            EngineFault: no server is left.
        """
        self._arrived.clear()
        replies = self._gathered()
        if not replies:
            self._arrived.wait(_POLL_SECONDS)
            replies = self._gathered()
        return replies

    def finished(self) -> list[Reply]:
        """The replies that are there now; errors as of :meth:`poll`."""
        return self._gathered()

    def _gathered(self) -> list[Reply]:
        replies: list[Reply] = []
        for place in self._places:
            if place.engine is None:
                place.connect()
                continue
            try:
                outcomes = place.engine.outcomes(0)
            except EngineFault as fault:
                self._give_up(place, fault)
                continue
            replies += [outcome.reply for outcome in outcomes if self._settles(place, outcome)]
        self._hand_out()
        if not replies:
            self._check_left()
        return replies

    def _settles(self, place: _Place, outcome: Outcome) -> bool:
        """Whether the outcome is handed over, not asked for again elsewhere."""
        asked = place.asked.pop(outcome.reply.key)
        fault = outcome.fault
        if fault is None:
            self._answered = True
            place.answered()
        elif fault.calls > 1 and not fault.refuses and asked.calls + 1 < MAX_CALLS:
            self._waiting.appendleft(asked._replace(calls=asked.calls + 1))
            return False
        return True

    def _give_up(self, place: _Place, fault: EngineFault) -> None:
        """Ask the others for what this server leaves unanswered.

        Raises:
            EngineFault: it refuses all that it is asked, and no server has answered anything.
        """
        self._waiting.extendleft(reversed(place.lose(fault)))
        if not (self._answered or isinstance(fault, ServerAway)):
            raise fault

    def _hand_out(self) -> None:
        while self._waiting:
            free = [p for p in self._places if p.engine is not None and len(p.asked) < self._room]
            if not free:
                return
            place = min(free, key=lambda p: len(p.asked))
            asked = self._waiting.popleft()
            place.asked[asked.request.key] = asked
            if place.engine is not None:
                place.engine.submit(asked.request)

    @property
    def _room(self) -> int:
        """What one server is given at a time: a little more than it is asked at once, so that it never waits."""
        return self._concurrency + max(1, self._concurrency // 4)

    def _check_left(self) -> None:
        now = time.monotonic()
        if any(place.engine is not None for place in self._places):
            self._last_server = now
        elif now - self._last_server > _PATIENCE:
            raise next(place.fault for place in self._places if place.fault is not None)

    def describe(self) -> dict[str, object]:
        """What the servers said of themselves; None for one that was away."""
        servers = {place.url: place.server for place in self._places}
        return {"engine": "openai", "servers": servers, "openai": openai.__version__, "dtype": "served"}

    @property
    def notes(self) -> list[Reason]:
        """What the servers would not take, and which of them went away."""
        found: list[Reason] = []
        for place in self._places:
            notes = place.engine.notes if place.engine is not None else []
            found += [note for note in notes if note not in found]
            if place.losses:
                found.append(Reason("server_went_away", {"url": place.url, "n": place.losses}))
            elif place.server is None:
                found.append(Reason("server_never_there", {"url": place.url}))
        return found

    def close(self) -> None:
        """Drop what is in flight and close the connections."""
        for place in self._places:
            if place.engine is not None:
                with suppress(EngineFault):
                    place.engine.close()
