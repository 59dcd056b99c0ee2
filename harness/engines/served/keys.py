"""The API key: read from the environment, and kept out of whatever is printed or stored."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase

PLACEHOLDER_KEY = "-"
"""What servers without keys get: the client wants some."""
_SHAPED = re.compile(r"\b(?:sk|sess|rk)-[A-Za-z0-9_*.\-]{6,}|(?i:\bBearer\s+)[^\s\"',]{6,}")
_MASK = "[redacted]"
_KEY_CHARACTER = r"[A-Za-z0-9_\-]"
_DISTINCT = 8


def read_key() -> str | None:
    """``OPENAI_API_KEY`` without white space around it; None where it is not set.

    Raises:
        UsageError: it holds characters that no key has, such as curly quotes.
    """
    api_key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not (api_key.isascii() and api_key.isprintable()):
        raise UsageError("OPENAI_API_KEY holds characters that no key has", hint="copy the key again")
    return api_key or None


def redactor(*secrets: str) -> Callable[[str], str]:
    """A function that replaces ``secrets`` and whatever looks like an API key.

    A secret of 8 characters or more is replaced wherever it stands. A shorter one may be part of an ordinary word
    ("x", "EMPTY"), and is replaced where it stands alone: with no letter, digit, ``-`` or ``_`` beside it.

    >>> redactor("hunter2hunter2")("bad key hunter2hunter2 (sk-abcdefghij)")
    'bad key [redacted] ([redacted])'
    >>> redactor("key")("Incorrect API key provided: key. The monkey said")
    'Incorrect API [redacted] provided: [redacted]. The monkey said'
    """
    known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    patterns = [re.compile(_pattern(secret)) for secret in known]

    def clean(text: str) -> str:
        if isinstance(text, Phrase):
            return Phrase(
                text.template,
                **{name: clean(value) if isinstance(value, str) else value for name, value in text.values.items()},
            )
        for pattern in patterns:
            text = pattern.sub(_MASK, text)
        return _SHAPED.sub(_MASK, text)

    return clean


def _pattern(secret: str) -> str:
    exact = re.escape(secret)
    return exact if len(secret) >= _DISTINCT else f"(?<!{_KEY_CHARACTER}){exact}(?!{_KEY_CHARACTER})"
