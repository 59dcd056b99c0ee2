"""Rows of people's files that cannot be read, told with file and line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kikime.cli.language import words
from kikime.cli.output import note

SHOWN = 5


class Unreadable(Protocol):
    """A row that cannot be read."""

    @property
    def where(self) -> str:
        """File and line."""

    @property
    def problem(self) -> str | None:
        """Why."""


def tell_unreadable(rows: Sequence[Unreadable]) -> None:
    """Name the first rows that cannot be read, and why; nothing where there are none."""
    say = words()
    for row in rows[:SHOWN]:
        note(say("cli.unreadable.row", where=row.where, problem=say.message(row.problem or "")))
    if len(rows) > SHOWN:
        note(say("cli.unreadable.more", n=len(rows) - SHOWN))
