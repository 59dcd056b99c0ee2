"""JSON as other programs write it, and the elements of arrays with their places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from kikime.harness.core.reasons import Phrase, parser_reason

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BETWEEN = re.compile(r"[\s,]*")
_NEXT = re.compile(r"[}\]]\s*,\s*(?=[{\[])")


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
            return repaired(json.loads(text))
        except (ValueError, RecursionError):
            raise ValueError(_not_json(error)) from None


def _not_json(error: json.JSONDecodeError) -> Phrase:
    return Phrase("not valid JSON: {reason}, character {position}", reason=parser_reason(error), position=error.pos + 1)


def repaired(value: object) -> object:
    """``value`` with every lone surrogate replaced by U+FFFD."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [repaired(item) for item in value]
    if isinstance(value, dict):
        return {repaired(key): repaired(item) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a JSON array, or what stands in its place."""

    begin: int
    end: int
    value: object = None
    problem: Phrase | None = None
    """Why it is no JSON value; None where it is one."""


def elements(content: str) -> Iterator[Element]:
    """The elements of an array from its ``[`` on; after one that is no JSON, reading goes on at the next that looks whole."""
    decoder = json.JSONDecoder()
    begin = _after(_BETWEEN, content, content.index("[") + 1)
    while begin < len(content) and content[begin] != "]":
        try:
            value, end = decoder.raw_decode(content, begin)
            yield Element(begin, end, repaired(value))
        except json.JSONDecodeError as error:
            following = _NEXT.search(content, max(begin, error.pos - 1))
            end = following.start() + 1 if following else len(content.rstrip().removesuffix("]").rstrip())
            yield Element(begin, end, problem=Phrase("not valid JSON: {reason}", reason=error))
        begin = _after(_BETWEEN, content, end)


def _after(pattern: re.Pattern[str], content: str, start: int) -> int:
    match = pattern.match(content, start)
    return match.end() if match else start
