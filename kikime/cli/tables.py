"""Tables that fit the terminal: headings wrap, numbers never break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

_WORD, _VALUE, _TEXT = 12, 30, 24
"""Columns of the terminal beyond which a word of a heading, a value and a text may be broken."""
_BORDER = 3


def fitting(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int, room: int) -> Iterator[Table]:
    """The rows as one table, or as several where ``room`` is too narrow for all columns; each has the ``left`` text columns."""
    values = [[row[number] for row in rows] for number in range(len(columns))]
    natural = [max(map(cell_len, [name, *cells])) + _BORDER for name, cells in zip(columns, values, strict=True)]
    if sum(natural) <= room:
        yield _table(title, columns, rows, left, None)
        return
    texts = sum(min(width, _TEXT + _BORDER) for width in natural[:left])
    least = [_least(name, cells) for name, cells in zip(columns[left:], values[left:], strict=True)]
    for start, end in _parts(least, room - texts):
        part = [*range(left), *range(left + start, left + end)]
        names, chosen = [columns[number] for number in part], [[row[number] for number in part] for row in rows]
        yield _table("" if start else title, names, chosen, left, least[start:end])


def _least(name: str, cells: Sequence[str]) -> int:
    """The narrowest width at which neither a value nor a word of the heading breaks."""
    words = [min(cell_len(word), _WORD) for word in name.split()]
    return max([1, *words, *(min(cell_len(cell), _VALUE) for cell in cells)])


def _parts(least: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """From where to where columns of these widths stand together in ``room``; at least one each."""
    start, used = 0, 0
    for number, width in enumerate(least):
        if used and used + width + _BORDER > room:
            yield start, number
            start, used = number, 0
        used += width + _BORDER
    yield start, len(least)


def _table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int, widths: Sequence[int] | None
) -> Table:
    table = Table(title=Text(title) if title else None, title_justify="left", header_style="bold", pad_edge=False)
    for number, name in enumerate(columns):
        width = None if widths is None or number < left else widths[number - left]
        table.add_column(Text(name), justify="left" if number < left else "right", overflow="fold", width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
