"""Secrets never reach a file, a log line or an error."""

from __future__ import annotations

import re
from collections.abc import Callable

_SHAPED = re.compile(r"\b(?:sk|sess|rk)-[A-Za-z0-9_*.\-]{6,}|(?i:\bBearer\s+)[^\s\"',]{6,}")
_MASK = "[redacted]"
_SHORTEST = 6


def redactor(*secrets: str) -> Callable[[str], str]:
    """A function that replaces ``secrets`` (of 6 characters or more) and whatever looks like an API key.

    >>> redactor("hunter2hunter2")("bad key hunter2hunter2 (sk-abcdefghij)")
    'bad key [redacted] ([redacted])'
    """
    known = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in known:
            text = text.replace(secret, _MASK)
        return _SHAPED.sub(_MASK, text)

    return clean
