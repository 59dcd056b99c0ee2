"""A hard limit on what a session may spend."""

from __future__ import annotations

import asyncio

from kikime.harness.core.errors import UsageError
from kikime.judges.verdicts.models import Price


class Budget:
    """Reserves money before a call and books what it really cost afterwards.

    A call is reserved with its worst case: the estimated prompt and a full-length answer, or the dearest call so far
    if that was dearer. The first call goes alone: the server's token counts are known before many are in flight.
    """

    def __init__(self, max_usd: float | None, price: Price | None, *, model: str = "") -> None:
        if max_usd is not None and price is None:
            raise UsageError(
                f"--max-usd needs a price, and the price of '{model}' is unknown", hint="leave out --max-usd"
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
