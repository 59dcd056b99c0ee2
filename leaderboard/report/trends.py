"""The curves of training runs in the report: a chart per metric, one row per step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kikime.harness.reports.trends.records import StepCurve, StepsReport
from kikime.harness.reports.trends.steps import level, steps_report
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts.svg import Interval, IntervalChart, interval_chart


class Trend(NamedTuple):
    """One training run."""

    title: str
    charts: list[IntervalChart]


def trends_of(runs: Sequence[RunDirectory], t: Translator) -> list[Trend]:
    """The training runs that ``runs`` are steps of, each once, where they have two steps or more."""
    found: dict[str, RunDirectory] = {}
    for run in runs:
        series = run.manifest().get("series")
        if series and series["step"] is not None:
            found[series["name"]] = run
    reports = [steps_report(run) for run in found.values()]
    return [Trend(_title(report, t), list(_charts(report, t))) for report in reports if len(report.steps) > 1]


def _title(report: StepsReport, t: Translator) -> str:
    return t("reports.steps.title", name=report.training, suite=report.suite, n=len(report.steps))


def _charts(report: StepsReport, t: Translator) -> Iterator[IntervalChart]:
    for curve in report.curves:
        chart = interval_chart(t.metric(curve.metric), list(_rows(curve, t)), low=0)
        if chart is not None:
            yield chart


def _rows(curve: StepCurve, t: Translator) -> Iterator[Interval]:
    scale = 100 if labels.is_share(curve.metric) else 1
    for value in curve.values:
        half = value.half_width or 0.0
        verdict = value.since_first.verdict if value.since_first else ""
        label = t("report.trends.step", step=value.step, mark=t.get(f"reports.steps.marks.{verdict}", "")).rstrip()
        text = t("report.labelled", name=label, text=level(curve.metric, value))
        yield Interval(
            label=label,
            text=text,
            value=scale * value.mean,
            low=scale * max(0.0, value.mean - half),
            high=scale * (min(1.0, value.mean + half) if scale == 100 else value.mean + half),
        )
