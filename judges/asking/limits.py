"""What holds calls back: the server's rates, the user's budget, and fairness between answers that arrive together."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from kikime.harness.core.errors import UsageError
from kikime.judges.verdicts.models import Price

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass
class _Allowance:
    """What is left of one resource until it is refilled."""

    limit: float = float("inf")
    left: float = float("inf")
    reset_at: float = 0.0

    def wait(self, amount: float, now: float) -> float:
        if now >= self.reset_at:
            self.left = max(self.left, self.limit)
        return 0.0 if self.left >= min(amount, self.limit) else self.reset_at - now


class RateGate:
    """Lets calls through as fast as the server's ``x-ratelimit-*`` headers allow; ``Retry-After`` pauses everybody."""

    def __init__(self) -> None:
        self._requests, self._tokens = _Allowance(), _Allowance()
        self._resume_at = 0.0
        self._in_flight: dict[object, int] = {}

    async def enter(self, tokens: int, stopped: asyncio.Event) -> object:
        """Wait for room for a call of about ``tokens`` tokens, or until ``stopped``; returns a ticket for ``leave``."""
        while not stopped.is_set():
            now = time.monotonic()
            wait = max(self._resume_at - now, self._requests.wait(1, now), self._tokens.wait(tokens, now))
            if wait <= 0:
                break
            await pause(wait, stopped)
        self._requests.left -= 1
        self._tokens.left -= tokens
        ticket = object()
        self._in_flight[ticket] = tokens
        return ticket

    def leave(self, ticket: object, headers: Mapping[str, str] | None) -> None:
        """Take note of what the server said about its limits."""
        self._in_flight.pop(ticket, None)
        if headers:
            self._read(self._requests, headers, "requests", len(self._in_flight))
            self._read(self._tokens, headers, "tokens", sum(self._in_flight.values()))

    def hold(self, seconds: float) -> None:
        """Let nobody through for ``seconds``."""
        self._resume_at = max(self._resume_at, time.monotonic() + seconds)

    @staticmethod
    def _read(allowance: _Allowance, headers: Mapping[str, str], name: str, in_flight: int) -> None:
        try:
            limit = float(headers[f"x-ratelimit-limit-{name}"])
            left = float(headers[f"x-ratelimit-remaining-{name}"])
        except (KeyError, ValueError):
            return
        allowance.limit, allowance.left = limit, left - in_flight
        allowance.reset_at = time.monotonic() + duration(headers.get(f"x-ratelimit-reset-{name}", ""))


async def pause(seconds: float, stopped: asyncio.Event) -> None:
    """Sleep, but wake up at once when the job stops."""
    try:
        async with asyncio.timeout(seconds):
            await stopped.wait()
    except TimeoutError:
        return


def duration(text: str) -> float:
    """Seconds of a duration such as ``6m0s``, ``120ms`` or ``1.5``.

    >>> duration("1m30s"), duration("120ms"), duration("2")
    (90.0, 0.12, 2.0)
    """
    parts = _PART.findall(text)
    if parts:
        return sum(float(number) * _UNIT[unit] for number, unit in parts)
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0


class Budget:
    """Reserves money before a call and books what it really cost afterwards.

    A call is reserved with its worst case: the estimated prompt and a full-length answer, or the dearest call so far
    if that was dearer. The first call goes alone: the server's token counts are known before many are in flight.
    """

    def __init__(self, max_usd: float | None, price: Price | None, *, model: str = "") -> None:
        if max_usd is not None and price is None:
            raise UsageError(
                "--max-usd needs a price, and the price of '{model}' is unknown",
                hint="leave out --max-usd",
                model=model,
            )
        self.spent = 0.0
        self._max = max_usd
        self._price = price
        self._reserved = 0.0
        self._dearest = 0.0
        self._known = asyncio.Event()
        self._first = asyncio.Lock()

    async def reserve(self, n_in: int, n_out: int) -> float | None:
        """Set money aside for one call; None when it could exceed the limit."""
        if self._max is None or self._price is None:
            return 0.0
        if not self._known.is_set():
            await self._first.acquire()
            if self._known.is_set():
                self._first.release()
        amount = max(self._price.cost(n_in, n_out), self._dearest)
        if self.spent + self._reserved + amount > self._max:
            self._let_others_go()
            return None
        self._reserved += amount
        return amount

    def book(self, reserved: float, cost: float | None) -> None:
        """Replace a reservation by the real cost (None: the call was not answered)."""
        self._reserved -= reserved
        self.spent += cost or 0.0
        self._dearest = max(self._dearest, cost or 0.0)
        if cost is not None:
            self._known.set()
        self._let_others_go()

    def _let_others_go(self) -> None:
        if self._first.locked():
            self._first.release()


class FairScheduler:
    """Lets answers that arrive together go on one after the other.

    Who passes has a head start of a turn of the event loop, enough to send the next request.

    Without it, answers that arrive in the same turn are worked on in step, and the requests that follow leave together
    when the last one is ready. They come back together and the clusters only grow; the server waits meanwhile.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._busy = False

    async def take_turn(self) -> None:
        """Wait for one's turn."""
        loop = asyncio.get_running_loop()
        if self._busy:
            place = loop.create_future()
            self._waiting.append(place)
            await place
        self._busy = True
        loop.call_soon(self._let_next)

    def _let_next(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._busy = False
