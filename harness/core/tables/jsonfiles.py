"""Files of JSON: one array, one object, or an object per line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables.jsontext import Element, elements, parse_json, repaired
from kikime.harness.core.tables.table import Record, Row, Table, line_writer
from kikime.harness.core.tables.text import NOT_UTF8, Text, is_undecoded

WRAPPERS = ("data", "rows", "train", "examples", "items", "samples")
"""Keys under which one object holds the rows of a file."""


def read_json(path: Path, text: Text) -> Table:
    """Rows of JSON, whatever the suffix promised: the content tells an array from lines.

    Raises:
        FileFormatError: not one record can be read.
    """
    content = text.content
    first = next((line.strip() for line in text.lines if line.strip()), "")
    if not first:
        return Table(path, [], line_writer(text, text.mark, []))
    try:
        whole = repaired(json.loads(content))
    except (ValueError, RecursionError):
        return _array(path, text, content) if first.startswith("[") and not _is_value(first) else _lines(path, text)
    if isinstance(whole, list):
        return _array(path, text, content)
    if not isinstance(whole, dict):
        raise FileFormatError(path, None, "neither a JSON array of objects nor an object")
    inner = next((key for key in WRAPPERS if isinstance(whole.get(key), list) and len(whole) == 1), None)
    return _array(path, text, content) if inner else _one(path, text, whole)


def _is_value(line: str) -> bool:
    try:
        parse_json(line)
    except ValueError:
        return False
    return True


def _lines(path: Path, text: Text) -> Table:
    numbered = [(number, line) for number, line in enumerate(text.lines, 1) if line.strip()]
    records = [_record(number, line) for number, line in numbered]
    raw = [text.raw[number - 1] for number, _ in numbered]
    return Table(path, records, line_writer(text, text.mark, raw)).with_any_row()


def _record(line: int, text: str) -> Record:
    if is_undecoded(text):
        return Record(line, problem=NOT_UTF8)
    try:
        return row_of(line, parse_json(text))
    except ValueError as error:
        return Record(line, problem=Phrase("{problem}", problem=error.args[0]))


def row_of(place: int, value: object) -> Record:
    """One element as a row: an object as it is, a list as a dialogue, a text as a reply."""
    if isinstance(value, dict):
        return Record(place, value)
    if isinstance(value, list) and value:
        return Record(place, {"messages": value})
    if isinstance(value, str) and value.strip():
        return Record(place, {"text": value})
    return Record(place, problem=Phrase("not a JSON object"))


def _array(path: Path, text: Text, content: str) -> Table:
    found = list(elements(content))
    records = [_element(place, each, content) for place, each in zip(_places(content, found), found, strict=True)]
    return Table(path, records, _array_writer(text, content, found)).with_any_row()


def _places(content: str, found: Sequence[Element]) -> list[int]:
    """The line where each element begins."""
    places, line, reached = [], 1, 0
    for element in found:
        line += content.count("\n", reached, element.begin)
        reached = element.begin
        places.append(line)
    return places


def _element(place: int, element: Element, content: str) -> Record:
    if is_undecoded(content[element.begin : element.end]):
        return Record(place, problem=NOT_UTF8)
    return Record(place, problem=element.problem) if element.problem else row_of(place, element.value)


def _array_writer(text: Text, content: str, found: Sequence[Element]) -> Callable[[Path, Sequence[int]], None]:
    def write(target: Path, kept: Sequence[int]) -> None:
        first, last = (found[0].begin, found[-1].end) if found else (len(content), len(content))
        usual = content[found[0].end : found[1].begin] if len(found) > 1 else ",\n"
        body, before = "", None
        for index in kept:
            if before is not None:
                body += content[found[before].end : found[index].begin] if index == before + 1 else usual
            body, before = body + content[found[index].begin : found[index].end], index
        target.write_bytes(text.mark + text.encode(content[:first] + body + content[last:]))

    return write


def _one(path: Path, text: Text, value: Row) -> Table:
    """A file that is one object: written whole, or as an empty array."""

    def write(target: Path, kept: Sequence[int]) -> None:
        target.write_bytes(text.mark + (text.encode(text.content) if kept else text.encode("[]")))

    return Table(path, [Record(1, value)], write)
