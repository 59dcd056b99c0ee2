"""In-context learning of one run: are labels learnt from the examples, or known before?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from kikime.harness.core.errors import UsageError
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels as words
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.data.cached import kept
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, draw_chart, frame_of, small
from kikime.leaderboard.page.state import choose

if TYPE_CHECKING:
    from kikime.harness.reports.claims.icl import IclReport


class Answered(NamedTuple):
    """How one kind of label is answered after so many examples."""

    task: str
    format: str
    shots: int
    n_items: int
    chance: float
    labels: str
    accuracy: float
    ci_low: float | None
    ci_high: float | None
    uncalibrated: float | None
    minus_natural: float | None
    follows: str | None


def learnt_labels(t: Translator, run: RunDirectory) -> None:
    """Accuracy by the number of examples, one curve per kind of label; nothing for a run without labelled tasks."""
    report = _report(run)
    if report is None:
        return
    places = list(dict.fromkeys((row.task, row.format) for row in report.rows))
    names = {f"{task}.{form}": (task, form) for task, form in places}
    st.header(t("icl.title"), anchor=False)
    small(t("icl.about"))
    chosen = choose("icl", t("icl.where"), list(names), show=lambda name: " · ".join(names[name]))
    rows = _rows(t, report, *names[chosen])
    data = [
        charts.Point(row.shots, row.labels, row.accuracy, row.n_items, lead)
        for row in rows
        for lead in [address(t, "samples", run=run.id, task=row.task, format=row.format, shots=str(row.shots))]
    ]
    order = list(dict.fromkeys(point.series for point in data))
    draw_chart(charts.lines(data, t("facet.shots"), t("icl.accuracy"), order), alt=t("icl.alt"))
    shown = [
        {
            **row._asdict(),
            "accuracy": percent(row.accuracy),
            "interval": "—" if row.ci_low is None else f"{percent(row.ci_low)}–{percent(row.ci_high)}",
            "uncalibrated": percent(row.uncalibrated),
            "minus_natural": words.change("label_correct", row.minus_natural),
            "follows": t(f"icl.follows_{row.follows.replace(' ', '_')}") if row.follows else "",
        }
        for row in rows
    ]
    names_shown = ("labels", "shots", "accuracy", "interval", "minus_natural", "uncalibrated", "follows")
    safe.table(frame_of(shown, {name: t(f"icl.{name}") for name in names_shown}), alt=t("icl.alt"))
    small(t("icl.chance", chance=percent(rows[0].chance, 0), n=rows[0].n_items))
    download.buttons(t, f"labels-{run.id[-6:]}", [row._asdict() for row in rows], key="icl")


@kept(16)
def _report(run: RunDirectory) -> IclReport | None:
    from kikime.harness.reports.claims.icl import icl_report

    try:
        report = icl_report(run)
    except UsageError:
        return None
    return report if report.rows else None


def _rows(t: Translator, report: IclReport, task: str, form: str) -> list[Answered]:
    """One row per kind of label and number of examples; how the model answers, at the most examples."""
    readings = {entry.kind: entry for entry in report.reading if (entry.task, entry.format) == (task, form)}
    return [
        Answered(
            row.task,
            row.format,
            row.shots,
            row.n_items,
            row.chance,
            t("icl.kind", kind=t.get(f"icl.kind_{kind}", kind), labels=" / ".join(readings[kind].labels)),
            *(found.accuracy.value, found.accuracy.ci_low, found.accuracy.ci_high),
            found.uncalibrated,
            found.minus_natural.value if found.minus_natural else None,
            readings[kind].follows if row.shots == readings[kind].shots else None,
        )
        for row in report.rows
        if (row.task, row.format) == (task, form)
        for kind, found in row.kinds.items()
    ]
