"""JSON bodies as servers really send them."""

from __future__ import annotations

from kikime.harness.core.tables.jsontext import parse_json


def read_body(content: bytes) -> object:
    r"""The JSON value of a body; bytes that are no UTF-8 become U+FFFD, ``NaN`` and ``Infinity`` are the floats.

    >>> read_body(b'{"text": "a\xe3\x81", "score": NaN}')
    {'text': 'a\ufffd', 'score': nan}

    Raises:
        ValueError: it is no JSON.
    """
    return parse_json(content.decode("utf-8", "replace"))
