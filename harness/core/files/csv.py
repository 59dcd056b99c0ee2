"""CSV that opens safely in a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
_FORMULA = "=+-@|%"
_LEADING = ("\t", "\r", "\n")
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that show nothing."""


def guarded(value: T) -> T | str:
    """Text that a spreadsheet may run as a formula gets an apostrophe in front; numbers stay numbers.

    What counts is the first character that shows, whatever its width: blanks, control, combining and zero-width characters
    before it do not hide it.

    >>> guarded("=1+1"), guarded(" =1+1"), guarded("ごきげんよう"), guarded(-1.5), guarded(None)
    ("'=1+1", "' =1+1", 'ごきげんよう', -1.5, None)
    """
    return f"'{value}" if isinstance(value, str) and _may_run(value) else value


def _may_run(text: str) -> bool:
    first = next((char for char in text if unicodedata.category(char)[0] not in "CZM" and char not in _FILLERS), "")
    return text.startswith(_LEADING) or unicodedata.normalize("NFKC", first)[:1] in tuple(_FORMULA)


def csv_bytes(columns: Sequence[object], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file (RFC 4180), guarded, as UTF-8 with BOM; what is not valid Unicode becomes ``?``."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([guarded(name) for name in columns])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig", "replace")
