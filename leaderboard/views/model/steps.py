"""The training run that a run is a step of: curves over its steps, and when each was benchmarked."""

from __future__ import annotations

from collections import Counter

from kikime.harness.reports.trends.records import StepRun, StepsReport
from kikime.harness.reports.trends.runs import runs_of_training
from kikime.harness.reports.trends.steps import level, steps_report
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.data.cached import kept, manifest_of
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.notes import STAR, read_notes
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, draw_chart, frame_of, small
from kikime.leaderboard.page.state import choose

_AXES = ("step", "date")
_MINUTES, _SECONDS = 16, 19
"""Characters of a time up to its minutes and seconds."""


def steps(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """How the checkpoints of the training run do, one metric at a time."""
    del entry
    manifest = manifest_of(run)
    found = runs_of_training(run.path.parent, manifest) if manifest.get("series") else {}
    if len(found) < 2:
        small(t("model.no_steps"))
        return
    report = _report(run, tuple(one.id for one in found.values()))
    names = [curve.metric for curve in report.curves]
    metric = choose("curve", t("model.curve"), names, show=t.metric)
    curve = next(curve for curve in report.curves if curve.metric == metric)
    step_runs = {step.step: step for step in report.steps}
    by_date = choose("over", t("model.steps_over"), _AXES, show=lambda axis: t(f"model.steps_over_{axis}")) == "date"
    places = {step: _at(run, _SECONDS) if by_date else step for step, run in step_runs.items()}
    noted = {step: _noted(one, t) for step, one in found.items()}
    points = [
        charts.Point(
            places[value.step], report.training, value.mean, value.n, address(t, "model", run=step_runs[value.step].run)
        )
        for value in sorted(curve.values, key=lambda value: places[value.step])
    ]
    title = t.metric(metric)
    small(t("model.steps_note"))
    ends = (0.0, 1.0) if labels.is_share(metric) else None
    alt = t("model.steps_alt", name=report.training, metric=title)
    x_title = t("model.steps_when") if by_date else t("reports.steps.step")
    events = {places[step]: words for step, words in noted.items() if words and step in places}
    draw_chart(charts.lines(points, x_title, title, [report.training], ends, events), alt=alt)
    rows = [
        {
            "step": value.step,
            "level": level(metric, value),
            "since": labels.change(metric, value.since_first.delta) if value.since_first else "—",
            "verdict": labels.verdict(t, value.since_first) if value.since_first else "—",
            "when": _at(step_runs[value.step], _MINUTES),
            "notes": noted[value.step] or "—",
        }
        for value in curve.values
    ]
    columns = {name: t(f"model.steps_{name}") for name in ("step", "level", "since", "verdict", "when", "notes")}
    safe.table(frame_of(rows, columns), alt=alt)
    download.buttons(t, f"steps-{run.id[-6:]}", rows, key="steps")


def _at(run: StepRun, length: int) -> str:
    return run.created_at[:length].replace("T", " ")


def _noted(run: RunDirectory, t: Translator) -> str:
    """What readers tagged in a run, each tag with how often; a star is one of them."""
    notes = read_notes(run).values()
    counts = Counter(tag for note in notes for tag in (*note.tags, *([STAR] if note.star else [])))
    return t("report.listed").join(f"{tag} ×{n}" for tag, n in counts.most_common())


@kept(32)
def _report(run: RunDirectory, of: tuple[str, ...]) -> StepsReport:
    """The report of the runs ``of``, which are looked for anew where another one has come."""
    del of
    return steps_report(run)
