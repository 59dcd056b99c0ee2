"""What a report is: a question to a run, its answer as a typed record, and how a terminal shows it.

A module that brings one is a record and two functions::

    def compute(run: RunDirectory, base: RunDirectory | None) -> Lengths: ...
    def tables(report: Lengths, t: Translator) -> Iterator[Block]: ...
    REPORT = Report("lengths", {"ja": "…", "en": "…"}, Lengths, compute, tables)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator


class Table(NamedTuple):
    """A table; the first ``left`` columns are text, the others are numbers; ``spare`` ones go first where there is no room."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    left: int = 1
    spare: Sequence[int] = ()


class Line(NamedTuple):
    """A sentence that belongs to the data."""

    text: str


class Footnote(NamedTuple):
    """How to read the tables."""

    text: str


Block = Table | Line | Footnote
Base = Literal["none", "needed"]


@dataclass(frozen=True)
class Report:
    """One question to a run."""

    id: str
    about: Mapping[str, str]
    """What it tells, in a few words, by language (``ja``, ``en``)."""
    result: type[msgspec.Struct]
    """What it answers with; its schema is what ``--json`` prints."""
    compute: Callable[[RunDirectory, RunDirectory | None], msgspec.Struct]
    """The answer for a run; the second one is the base, where ``base`` is ``needed``."""
    tables: Callable[[Any, Translator], Iterable[Block]]
    """The answer for people."""
    base: Base = "none"
    """Whether the run is held against a base."""
