"""CSV and TSV, with a header or without."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables.names import is_known
from kikime.harness.core.tables.table import Record, Table, line_writer
from kikime.harness.core.tables.text import NOT_UTF8, Text, is_undecoded

_SAID = re.compile(r"[。、！？!?…♪「」]|[ぁ-ん][ぁ-んー〜～]\s*\Z|\A\s*\Z|\A\s*[-\d.]+\s*\Z")
"""What a cell of data has and a column's name has not."""
_LONG = 24


def read_delimited(path: Path, text: Text, delimiter: str, wanted: Sequence[str] = ()) -> Table:
    """Records of CSV (``,``) or TSV; short ones are filled up, stray quotation marks are text.

    Args:
        path: for messages.
        text: the file's content.
        delimiter: what stands between cells.
        wanted: names of columns that are asked for: with one of them in it, the first record is a header.

    Raises:
        FileFormatError: empty, or not one record can be read.
    """
    cut = [(begin, cells, raw) for begin, cells, raw in _records(text, delimiter) if cells]
    if not cut:
        raise FileFormatError(path, None, "the file is empty")
    headed = _is_header(cut[0][1], wanted)
    head = text.mark + cut[0][2] if headed else text.mark
    names = [*cut[0][1]] if headed else [str(n) for n in range(1, len(cut[0][1]) + 1)]
    body = cut[1:] if headed else cut
    records = [_record(begin, cells, names) for begin, cells, _ in body]
    return Table(path, records, line_writer(text, head, [raw for *_, raw in body]), headed).with_any_row()


def _record(line: int, cells: Sequence[str], names: Sequence[str]) -> Record:
    if any(map(is_undecoded, cells)):
        return Record(line, problem=NOT_UTF8)
    if len(cells) > len(names):
        return Record(
            line,
            problem=Phrase(
                "{n} {n:value|values} for {columns} {columns:column|columns}", n=len(cells), columns=len(names)
            ),
        )
    return Record(line, dict(zip(names, [*cells, *[None] * (len(names) - len(cells))], strict=True)))


def _records(text: Text, delimiter: str) -> Iterator[tuple[int, list[str], bytes]]:
    """Line, cells and bytes of every record.

    A record of several lines whose last quotation mark is missing, or that has more cells than the first record, is one
    broken line: reading goes on after it.
    """
    csv.field_size_limit(sys.maxsize)
    begin, width = 0, 0
    while begin < len(text.lines):
        for end, cells in _ends(text.lines, begin, delimiter):
            width = width or len(cells)
            if end - begin > 1 and (len(cells) > width or _is_open(text.lines[begin:end], delimiter)):
                break
            yield begin + 1, cells, b"".join(text.raw[begin:end])
            begin = end
        if begin < len(text.lines):
            pieces = text.lines[begin].split(delimiter)
            yield begin + 1, [*pieces, *[""] * (width + 1 - len(pieces))], text.raw[begin]
            begin += 1


def _ends(lines: Sequence[str], begin: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line after each record from ``begin`` on, and its cells, as far as they can be read."""
    reader = csv.reader(lines[begin:] if begin else lines, delimiter=delimiter)
    with suppress(csv.Error):
        for cells in reader:
            yield begin + reader.line_num, cells


def _is_open(lines: Sequence[str], delimiter: str) -> bool:
    """Whether a record of several lines has a quotation mark too many."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False


def _is_header(cells: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a file's first record names its columns, rather than being data."""
    if any(cell in wanted or is_known(cell) for cell in cells):
        return True
    return not any(_SAID.search(cell) or len(cell) > _LONG for cell in cells)
