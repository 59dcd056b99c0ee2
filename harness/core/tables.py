"""Tables and lines that people bring."""

from __future__ import annotations

import json
import re

import orjson

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(text: bytes | str) -> object:
    r"""One JSON value, as other programs write it too.

    ``\udXXX`` escapes that are not pairs (Python's own ``json`` writes them) become U+FFFD, ``NaN`` and ``Infinity``
    are the floats (pandas writes them).

    Raises:
        ValueError: anything else; the message says where it stops being JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return _repaired(json.loads(text))
        except (ValueError, RecursionError):
            raise ValueError(f"not valid JSON: {error.msg}, character {error.pos + 1}") from None


def _repaired(value: object) -> object:
    """``value`` with every lone surrogate replaced by U+FFFD."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {_repaired(key): _repaired(item) for key, item in value.items()}
    return value
