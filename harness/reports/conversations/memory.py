"""What the character still knows of the talk: answers to what was said some turns before, by turns between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import msgspec

from kikime.harness.core.errors import EmptyReport
from kikime.harness.core.manifest import Manifest
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import Level, share
from kikime.harness.reports.conversations.asked import level_of, stored_items
from kikime.harness.reports.report import Block, Footnote, Report, Table
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator

if TYPE_CHECKING:
    import pandas as pd

ANSWERS = ("fact_correct", "fact_wrong", "abstained")


class Recall(msgspec.Struct, frozen=True):
    """Answers to what was said ``lag`` turns before the question."""

    lag: int
    """Turns of other talk between."""
    n: int
    """Replies."""
    fact_correct: Level | None
    fact_wrong: Level | None
    """Something else was said instead."""
    abstained: Level | None
    """The character said that it does not know or remember."""


class PersonaRecall(msgspec.Struct, frozen=True):
    """Right answers of one persona after ``lag`` turns."""

    persona: str
    lag: int
    right: int
    n: int


class MemoryReport(Printed, msgspec.Struct, kw_only=True):
    """Memory of what the user said."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["memory"] = "memory"
    run: str
    name: str
    tasks: list[str]
    """That ask back what was said."""
    lags: list[Recall]
    personas: list[PersonaRecall]

    def frame_rows(self) -> list[Recall]:
        """What ``to_frame`` shows, one record per row."""
        return self.lags


def memory_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> MemoryReport:
    """Look at every reply to a question about what was said before.

    Raises:
        UsageError: no tables yet.
        EmptyReport: no item of the run asks back, or none that does has a reply.
    """
    manifest = run.manifest()
    lags = _lags(manifest)
    if not lags:
        raise EmptyReport(
            "{path}: no task of this run asks back what was said",
            hint="kikime run MODEL --suite conversation",
            path=run.path,
        )
    replies = read_cells(run, manifest)
    asked = [lags.get(place) for place in _places(replies)]
    replies = replies.assign(lag=asked).dropna(subset=["lag", "fact_correct"]).astype({"lag": int})
    if replies.empty:
        raise EmptyReport(
            "{path}: no question about what was said has a reply that was checked",
            hint="kikime resume {path}",
            path=run.path,
        )
    bands, options = Bands(manifest), {"seed": seed, "n_resamples": n_resamples}
    return MemoryReport(
        run=run.id,
        name=manifest["name"],
        tasks=sorted(replies["task"].unique()),
        lags=[_recall(int(str(lag)), own, bands, **options) for lag, own in replies.groupby("lag")],
        personas=[
            PersonaRecall(str(persona), int(str(lag)), int(own["fact_correct"].sum()), len(own))
            for (persona, lag), own in replies.groupby(["persona", "lag"])
        ],
    )


def _lags(manifest: Manifest) -> dict[tuple[str, str, int], int]:
    """Turns between telling and asking, by task, item and the turn of the question (from 0)."""
    return {
        (task, item["id"], int(asked) - 1): int(asked) - int(told) - 1
        for task, item, recalls in stored_items(manifest, "recalls")
        for asked, told in recalls.items()
    }


def _places(replies: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Task, item and turn (from 0) of each reply."""
    columns = zip(replies["task"], replies["item"], replies["turn"], strict=True)
    return [(task, item.removeprefix(f"{task}/"), int(turn)) for task, item, turn in columns]


def _recall(lag: int, own: pd.DataFrame, bands: Bands, **options: int) -> Recall:
    return Recall(lag, len(own), **{metric: level_of(own, metric, bands, **options) for metric in ANSWERS})


def tables(report: MemoryReport, t: Translator) -> Iterator[Block]:
    """Answers by turns between, then right answers of each persona."""
    columns = [t("reports.memory.lag"), "n", *(t(f"reports.memory.{metric}") for metric in ANSWERS)]
    rows = [[row.lag, row.n, *(share(getattr(row, metric)) for metric in ANSWERS)] for row in report.lags]
    title = t("reports.memory.title", name=report.name, tasks=t("cli.listed").join(report.tasks))
    yield Table(title, columns, rows)
    found = {(row.persona, row.lag): f"{row.right}/{row.n}" for row in report.personas}
    lags = [row.lag for row in report.lags]
    personas = dict.fromkeys(row.persona for row in report.personas)
    yield Table(
        t("reports.memory.by_persona"),
        [t("reports.memory.persona"), *(t("reports.memory.after", n=lag) for lag in lags)],
        [[persona, *(found.get((persona, lag), "—") for lag in lags)] for persona in personas],
    )
    yield Footnote(t("reports.intervals") + t("reports.memory.footnote"))


REPORT = Report(
    "memory",
    {
        "ja": "会話での記憶：話したことを、何往復あとまで覚えているか（タスク long_memory）",
        "en": "memory of the talk: what was said, asked back some turns later (task long_memory)",
    },
    MemoryReport,
    lambda run, _: memory_report(run),
    tables,
)
