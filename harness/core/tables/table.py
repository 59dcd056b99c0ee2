"""Rows of a data file with their places, and how the chosen ones are written back."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables.text import Text

Row = Mapping[str, object]
Write = Callable[[Path, Sequence[int]], None]
_MISSING = frozenset({"", "nan", "none", "null", "<na>", "n/a", "#n/a", "<noinput>"})


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file."""

    place: int
    """The line where it begins (of files without lines: its number), from 1."""
    row: Row = field(default_factory=dict)
    """Its values by column; empty where it cannot be read."""
    problem: Phrase | None = None
    """Why it cannot be read."""
    path: Path | None = None
    """The file it is in, where that is not the table's."""


@dataclass(frozen=True)
class Table:
    """Records of one data file, in its order."""

    path: Path
    records: Sequence[Record]
    write: Write
    """Writes the records with these indices to a path, in the shape of the input."""
    headed: bool = True
    """Whether the columns have names of their own; else they are numbered ``1``, ``2`` …"""

    @property
    def rows(self) -> list[Row]:
        """The values of every record."""
        return [record.row for record in self.records]

    @property
    def places(self) -> list[int]:
        """The place of every record."""
        return [record.place for record in self.records]

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(dict.fromkeys(name for record in self.records for name in record.row))

    def where(self, index: int) -> str:
        """The file and place of a record, for messages."""
        record = self.records[index]
        return f"{record.path or self.path}:{record.place}"

    def with_any_row(self) -> Table:
        """The table itself, where at least one record could be read.

        Raises:
            FileFormatError: every record is broken, so the file is not what it seems.
        """
        if self.records and all(record.problem for record in self.records):
            first = self.records[0]
            raise FileFormatError(first.path or self.path, first.place, "{problem}", problem=first.problem)
        return self


def filled(row: Row, always: Collection[str] = ()) -> dict[str, object]:
    """A row without its empty cells, which tables have where a line of JSON lacks the key; those of ``always`` stay.

    >>> filled({"user": "", "id": 1, "response": ""}, ["response"])
    {'id': 1, 'response': ''}
    """
    return {key: value for key, value in row.items() if key in always or not is_missing(value)}


def is_missing(value: object) -> bool:
    """Whether a cell is empty, or holds what programs write where it was."""
    if isinstance(value, str):
        return value.strip().casefold() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def line_writer(text: Text, head: bytes, records: Sequence[bytes]) -> Write:
    """Writes chosen records byte for byte, each on a line of its own."""
    ends = [end.encode(text.encoding) for end in ("\r\n", "\n", "\r")]
    first = head if head.endswith(tuple(ends)) else b"".join(records[:1])
    newline = next((end for end in ends if first.endswith(end)), ends[1])

    def write(path: Path, kept: Sequence[int]) -> None:
        body = [records[index] for index in kept]
        body = [record if record.endswith(tuple(ends)) else record + newline for record in body[:-1]] + body[-1:]
        path.write_bytes(head + b"".join(body))

    return write
