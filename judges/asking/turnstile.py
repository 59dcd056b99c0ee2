"""Lets answers that arrive together go on one after the other."""

from __future__ import annotations

import asyncio
from collections import deque


class Turnstile:
    """One at a time: who passes has a head start of a turn of the event loop, enough to send the next request.

    Without it, answers that arrive in the same turn are worked on in step, and the requests that follow leave together
    when the last one is ready. They come back together and the clusters only grow; the server waits meanwhile.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._busy = False

    async def enter(self) -> None:
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
