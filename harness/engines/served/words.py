"""The server's own words of what went wrong, from whatever shape it says them in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kikime.harness.engines.served.bodies import read_body

_LONGEST = 300
_SAYING = ("message", "error", "errors", "detail", "msg", "title", "error_description")
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def server_words(content: bytes) -> str:
    """What a body says of an error, in one line of at most 300 characters; empty where it says nothing.

    Read are ``{"error": {"message"}}``, ``{"error": "text"}``, ``{"detail": …}``, lists of these, plain text and HTML.

    >>> server_words(b'{"error": "no such model"}'), server_words(b"<h1>502</h1> Bad Gateway")
    ('no such model', '502 Bad Gateway')
    """
    try:
        value = read_body(content)
    except ValueError:
        return one_line(_TAG.sub(" ", content.decode("utf-8", "replace")))
    return one_line("; ".join(dict.fromkeys(_told(value))))


def _told(value: object, *, of_error: bool = False) -> Iterator[str]:
    """The texts below the keys that errors are told by, and the place that a list of problems names."""
    if isinstance(value, str):
        if of_error:
            yield value
    elif isinstance(value, Mapping):
        place = value.get("loc")
        if isinstance(place, list):
            yield ".".join(map(str, place))
        for name in _SAYING:
            if name in value:
                yield from _told(value[name], of_error=True)
    elif isinstance(value, list):
        for part in value:
            yield from _told(part, of_error=of_error)


def one_line(text: str) -> str:
    """The text on one line, at most 300 characters."""
    return " ".join(text.split())[:_LONGEST]
