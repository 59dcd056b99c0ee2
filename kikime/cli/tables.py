"""Tables and sentences that fit the terminal: texts and headings wrap, numbers never break."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.table import Table
from rich.text import Text

from kikime.cli.click_words import CLOSING, OPENING, WIDE

_WORD, _VALUE, _TEXT, _PROSE = 13, 30, 24, 16
"""Columns of the terminal beyond which a word of a heading, a value, a word of a text and a whole text may be broken."""
_PAGE = 240
"""Columns of what is no terminal; more where headings and values need them, and texts of so many columns."""
_PARAGRAPH = 80
_BORDER = 3
_LEAST = 4
_UNIT = re.compile(rf"[{OPENING}]*(?:(?:(?!{WIDE})\S)+(?: %)?|{WIDE})[{CLOSING}),.:;?!\]]*\s*")
"""What stays on one line: a word or number, or one Japanese character, with what opens before it and closes after it."""


@dataclass(frozen=True)
class _Column:
    name: str
    cells: Sequence[str]
    is_text: bool

    @property
    def natural(self) -> int:
        return max(map(cell_len, [self.name, *self.cells]))

    @property
    def least(self) -> int:
        """The narrowest width at which neither a value nor a word breaks."""
        if self.is_text:
            return max(min(self.natural, _PROSE), _longest([self.name, *self.cells], _TEXT))
        values = [min(cell_len(cell), _VALUE) for cell in self.cells if re.search(r"\d", cell)]
        others = [cell for cell in self.cells if not re.search(r"\d", cell)]
        short = [min(cell_len(cell), _WORD) for cell in others]
        return max([1, *values, *short, _longest(others, _WORD), _longest(self.name.split(), _WORD)])

    @property
    def wanted(self) -> int:
        """The width at which no cell wraps."""
        return max([self.least, *map(cell_len, self.cells)])


def fitting(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int, room: int
) -> Iterator[Table | Text]:
    """The rows as one table, or as several where ``room`` is too narrow for all columns; each has the ``left`` text columns."""
    every = _columns(columns, rows, left)
    if _width([column.natural for column in every]) <= room:
        yield _table(title, every, None)
        return
    if title:
        yield Text(wrapped(title, room), style="table.title")
    texts, values = every[:left], every[left:]
    used = sum(column.least + _BORDER for column in texts)
    for start, end in _parts([column.least for column in values], room + 1 - used):
        part = [*texts, *values[start:end]]
        yield _table("", part, _widths(part, room))


def whole(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> int:
    """The width of what is no terminal, such as a file: no heading and no value breaks there, only long texts do."""
    every = _columns(columns, rows, left)
    return max(_PAGE, _width([min(each.natural, _PARAGRAPH) if each.is_text else each.natural for each in every]))


def roomy(
    columns: Sequence[str], rows: Sequence[Sequence[str]], left: int, room: int, spare: Sequence[int]
) -> list[int]:
    """Numbers of the columns that a terminal of ``room`` columns shows.

    All where they fit. Otherwise the ``spare`` texts go, then the other spare ones, in their order, until one table holds the rest.
    """
    every = _columns(columns, rows, left)
    kept = list(range(len(every)))
    if _width([column.natural for column in every]) <= room:
        return kept
    kept = [number for number in kept if number not in spare or number >= left]
    for number in spare:
        if _width([every[each].least for each in kept]) <= room:
            break
        if number in kept:
            kept.remove(number)
    return kept


def wrapped(text: str, room: int) -> str:
    """Break each line that is longer than ``room`` columns, between words or Japanese characters and never within a number."""
    return "\n".join(line if cell_len(line) <= room else _broken(line, room) for line in text.split("\n"))


def _broken(line: str, room: int) -> str:
    indent = line[: len(line) - len(line.lstrip())][: room // 2]
    lines, now = [], indent
    for unit in _UNIT.findall(line.lstrip()):
        if cell_len((now + unit).rstrip()) > room and now.strip():
            lines.append(now.rstrip())
            now = indent
        whole = [unit] if cell_len((now + unit).rstrip()) <= room else chop_cells(unit, room - len(indent))
        lines += [indent + piece for piece in whole[:-1]]
        now += whole[-1]
    return "\n".join([*lines, now.rstrip()])


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[_Column]:
    return [_Column(name, [row[number] for row in rows], number < left) for number, name in enumerate(names)]


def _width(widths: Sequence[int]) -> int:
    """Of a table of columns that are so wide."""
    return sum(width + _BORDER for width in widths) - 1


def _longest(texts: Sequence[str], most: int) -> int:
    units = [unit.rstrip() for text in texts for unit in _UNIT.findall(text)]
    return max([1, *(min(cell_len(unit), most) for unit in units)])


def _parts(least: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """From where to where columns of these widths stand together in ``room``; at least one each."""
    start, used = 0, 0
    for number, width in enumerate(least):
        if used and used + width + _BORDER > room:
            yield start, number
            start, used = number, 0
        used += width + _BORDER
    yield start, len(least)


def _widths(columns: Sequence[_Column], room: int) -> list[int]:
    """What each column gets of ``room``: its least, then what is left over, texts first; too wide texts give way."""
    widths = [column.least for column in columns]
    texts = [number for number, column in enumerate(columns) if column.is_text]
    while _width(widths) > room and (widest := max(texts, key=widths.__getitem__)) and widths[widest] > _LEAST:
        widths[widest] -= 1
    for number, column in enumerate(columns):
        widths[number] += max(0, min(room - _width(widths), column.wanted - widths[number]))
    return widths


def _table(title: str, columns: Sequence[_Column], widths: Sequence[int] | None) -> Table:
    table = Table(title=Text(title) if title else None, title_justify="left", header_style="bold", pad_edge=False)
    shown = widths or [column.natural for column in columns]
    for column, width in zip(columns, shown, strict=True):
        table.add_column(
            Text(wrapped(column.name, width)),
            justify="left" if column.is_text else "right",
            overflow="fold",
            width=width if widths else None,
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(Text(wrapped(cell, width)) for cell, width in zip(row, shown, strict=True)))
    return table
