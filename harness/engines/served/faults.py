"""What a failed call to a model under test means: ask again, give this reply up, or stop the run."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from kikime.harness.core.reasons import Phrase, system_reason
from kikime.harness.engines.served.words import one_line, server_words

MAX_CALLS = 6
"""Most calls for one reply."""
FEW_CALLS = 3
"""Where the server answers, but nothing that can be read."""
LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more is given up."""
NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_PASSING_STATUS = frozenset({408, 409, 425, 429})
_GONE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})
_PASSING_WORDS = re.compile(
    r"rate.?limit|overload|too many requests|temporar|try again|time.?out|unavailable|busy|upstream|capacity",
    re.IGNORECASE,
)
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_OF_ONE_PROMPT = re.compile(
    r"content.?(?:filter|policy|management)|moderation|flagged|safety|context.{0,12}(?:length|window|size)|too long|too large",
    re.IGNORECASE,
)


@dataclass(eq=False)
class Fault(Exception):
    """A call without a reply, in the server's own words."""

    words: str
    calls: int = 1
    """How many in all are worth trying; 1 for none after this one."""
    wait: float | None = None
    """Seconds that the server asks for."""
    stops: bool = False
    """No other call can succeed either."""
    refuses: bool = False
    """The server does not take the request; perhaps it takes none of this kind."""
    status: int | None = None
    """What the server answered with; None where it did not, or told its error within an answer."""

    lost: bool = False
    """The connection is: the server was not there, hung up or kept silent."""

    @property
    def message(self) -> str:
        """What is stored with the reply; a sentence of ours is its own name in the catalogue."""
        return str(self.words)


def classify(error: openai.APIError) -> Fault:
    """The meaning of what the client raised."""
    if isinstance(error, openai.APIStatusError):
        return _classify_status(error)
    *_, first = causes_of(error)
    gone = isinstance(first, socket.gaierror) or (isinstance(first, OSError) and first.errno in _GONE)
    if isinstance(error, openai.APITimeoutError) and not gone and not isinstance(first, OSError):
        return Fault(Phrase("the server did not answer in time"), calls=FEW_CALLS, lost=True)
    return Fault(reason_of(error), calls=MAX_CALLS, stops=gone, lost=True)


def told_within(words: str, code: object) -> Fault:
    """The fault that an answer with status 200 tells instead of a reply; ``code`` as it gives it."""
    passing = _is_passing(code) or _PASSING_WORDS.search(words) is not None
    return Fault(words, calls=MAX_CALLS if passing else 1)


def _is_passing(code: object) -> bool:
    try:
        status = int(str(code))
    except ValueError:
        return False
    return status in _PASSING_STATUS or 500 <= status < 600


def _classify_status(error: openai.APIStatusError) -> Fault:
    status = error.status_code
    words = f"{status}: {server_words(error.response.content) or one_line(str(error.message))}"
    if status == 402 or NO_MONEY & {str(error.code), str(error.type)}:
        return Fault(words, stops=True, status=status)
    if _is_passing(status):
        wait = retry_after(error.response.headers)
        calls = 1 if wait is not None and wait > LONGEST_WAIT else MAX_CALLS
        return Fault(words, calls=calls, wait=wait, status=status)
    if _OF_ONE_PROMPT.search(words):
        return Fault(words, status=status)
    return Fault(words, refuses=True, stops=status in {401, 404, 405}, status=status)


def reason_of(error: BaseException) -> str:
    """Why a call failed, by its first cause."""
    *_, first = causes_of(error)
    if isinstance(first, OSError) and first.strerror:
        return system_reason(first)
    told = one_line(str(first)) or type(first).__name__
    number = _ERRNO.match(told)
    return system_reason(OSError(int(number[1]), told)) if number else told


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it: the client calls a refused connection a timeout, its first cause knows better."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


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
