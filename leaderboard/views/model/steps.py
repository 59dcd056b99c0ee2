"""The training run that a run is a step of: curves over its steps, and when each was benchmarked."""

from __future__ import annotations

from kikime.harness.reports.trends.records import StepsReport
from kikime.harness.reports.trends.runs import runs_of_training
from kikime.harness.reports.trends.steps import level, steps_report
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.data.cached import kept, manifest_of
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, draw_chart, frame_of, small
from kikime.leaderboard.page.state import choose


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
    points = [
        charts.Point(
            value.step, report.training, value.mean, value.n, address(t, "model", run=step_runs[value.step].run)
        )
        for value in curve.values
    ]
    title = t.metric(metric)
    small(t("model.steps_note"))
    ends = (0.0, 1.0) if labels.is_share(metric) else None
    alt = t("model.steps_alt", name=report.training, metric=title)
    draw_chart(charts.lines(points, t("reports.steps.step"), title, [report.training], ends), alt=alt)
    rows = [
        {
            "step": value.step,
            "level": level(metric, value),
            "since": labels.change(metric, value.since_first.delta) if value.since_first else "—",
            "verdict": labels.verdict(t, value.since_first) if value.since_first else "—",
            "when": step_runs[value.step].created_at[:16].replace("T", " "),
        }
        for value in curve.values
    ]
    columns = {name: t(f"model.steps_{name}") for name in ("step", "level", "since", "verdict", "when")}
    safe.table(frame_of(rows, columns), alt=alt)
    download.buttons(t, f"steps-{run.id[-6:]}", rows, key="steps")


@kept(32)
def _report(run: RunDirectory, of: tuple[str, ...]) -> StepsReport:
    """The report of the runs ``of``, which are looked for anew where another one has come."""
    del of
    return steps_report(run)
