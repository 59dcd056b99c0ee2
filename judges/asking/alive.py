"""A sign of life while a judge takes its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from kikime.harness.words.catalogue import Translator

if TYPE_CHECKING:
    from kikime.judges.asking.client import JudgeClient

FIRST_SIGN = 15.0
"""Seconds; each further sign comes after twice as long."""


@asynccontextmanager
async def signs_of_life(client: JudgeClient, calls: int, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Say from time to time how many of about ``calls`` calls are answered, also where none is yet."""
    task = asyncio.create_task(_signs(client, calls, say))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _signs(client: JudgeClient, calls: int, say: Callable[[str], None]) -> None:
    started, pause = time.monotonic(), FIRST_SIGN
    while True:
        await asyncio.sleep(pause)
        pause *= 2
        seconds = round(time.monotonic() - started)
        say(Translator.of(None)("judging.alive", answered=client.answered, calls=calls, seconds=seconds))
