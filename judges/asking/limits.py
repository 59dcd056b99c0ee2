"""Requests and tokens per minute, as the server's own headers state them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` (or ``retry-after-ms``) asks to wait; None without such a header."""
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            return max(0.0, float(milliseconds) / 1000)
        return max(0.0, float(value)) if value is not None else None
    except ValueError:
        return _seconds_until(value or "")


def _seconds_until(date: str) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
