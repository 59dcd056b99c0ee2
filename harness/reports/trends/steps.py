"""Steps of a training run: the level of each metric, its way from the first step, and where it is best."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.estimates import effect, effect_columns, effect_of
from kikime.harness.reports.comparison.differences import difference, settled
from kikime.harness.reports.comparison.pairs import load_pair
from kikime.harness.reports.comparison.records import Difference
from kikime.harness.reports.report import Block, Footnote, Line, Report, Table
from kikime.harness.reports.tables.margins import direction, load_margins
from kikime.harness.reports.tables.means import RunMean, run_mean
from kikime.harness.reports.trends.records import LeftOutStep, StepCurve, StepRun, StepsReport, StepValue
from kikime.harness.reports.trends.runs import runs_of_training
from kikime.harness.stats.decisions import benjamini_hochberg
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator

if TYPE_CHECKING:
    from kikime.harness.reports.comparison.pairs import Pair


class _Point(NamedTuple):
    step: int
    judge: str | None
    level: RunMean
    since_first: Difference | None


def steps_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 1999) -> StepsReport:
    """The curves of the training run that ``run`` is a checkpoint of, over its runs in the same folder.

    Raises:
        UsageError: the run is no checkpoint of a training run, or no tables yet.
    """
    manifest = run.manifest()
    series = manifest.get("series")
    found = runs_of_training(run.path.parent, manifest) if series else {}
    if series is None or not found:
        raise UsageError(
            "{path}: no step of a training run",
            hint="kikime watch DIR benchmarks the checkpoints of a training run; in a sweep's file: steps",
            path=run.path,
        )
    points: dict[str, list[_Point]] = {}
    shown, left_out = [], []
    first = next(iter(found.values()))
    for step, one in found.items():
        pair = load_pair(first, one)
        if pair.why_not:
            left_out.append(LeftOutStep(step, one.id, pair.why_not))
            continue
        shown.append(StepRun(step, one.id, pair.manifest_b["name"], pair.manifest_b["created_at"]))
        for metric in dict.fromkeys([*load_margins().primary, *pair.judged]):
            if (point := _point(pair, metric, step, seed=seed, n_resamples=n_resamples)) is not None:
                points.setdefault(metric, []).append(point)
    return StepsReport(
        training=series["name"],
        suite=manifest["suite"]["id"],
        steps=shown,
        curves=list(_curves(points)),
        left_out=left_out,
    )


def _point(pair: Pair, metric: str, step: int, *, seed: int, n_resamples: int) -> _Point | None:
    level = run_mean(pair.b, metric, pair.bands) if metric in pair.b else None
    if level is None:
        return None
    judge = pair.judged.get(metric)
    if pair.run_a.path == pair.run_b.path:
        return _Point(step, judge, level, None)
    found = difference(pair.a, pair.b, metric, pair.bands, seed=seed, n_resamples=n_resamples, top=pair.top(metric))
    return _Point(step, judge, level, found)


def _curves(points: dict[str, list[_Point]]) -> Iterator[StepCurve]:
    """Curves with the p-values of all differences corrected together."""
    rows = [point.since_first for own in points.values() for point in own if point.since_first is not None]
    adjusted = iter(settled(rows, "steps (Benjamini–Hochberg)", benjamini_hochberg))
    for metric, own in points.items():
        values = [
            StepValue(point.step, *point.level, since_first=effect_of(next(adjusted)) if point.since_first else None)
            for point in own
        ]
        yield StepCurve(metric, own[0].judge, direction(metric), _best(metric, values), values)


def _best(metric: str, values: list[StepValue]) -> int | None:
    better = direction(metric)
    if better == "none":
        return None
    sign = 1 if better == "higher" else -1
    return max(values, key=lambda value: (sign * value.mean, -value.step)).step


def level(metric: str, value: StepValue) -> str:
    """A level with half of its interval."""
    text = labels.value(metric, value.mean)
    return text if value.half_width is None else f"{text} ±{labels.size_of(metric, value.half_width)}"


def tables(report: StepsReport, t: Translator) -> Iterator[Block]:
    """The levels step by step, and each metric from the first step to the last."""
    names = [t.metric(curve.metric) for curve in report.curves]
    by_step = [{value.step: value for value in curve.values} for curve in report.curves]
    rows = [
        [
            str(step.step),
            *(_cell(curve, own.get(step.step), t) for curve, own in zip(report.curves, by_step, strict=True)),
        ]
        for step in report.steps
    ]
    title = t("reports.steps.title", name=report.training, suite=report.suite, n=len(report.steps))
    yield Table(title, [t("reports.steps.step"), *names], rows)
    moved = [
        [
            t.metric(curve.metric),
            *effect(t, curve.metric, curve.values[-1].since_first),
            "—" if curve.best is None else str(curve.best),
        ]
        for curve in report.curves
        if curve.values[-1].since_first is not None
    ]
    if moved:
        columns = [t("reports.steps.metric"), *effect_columns(t), t("reports.steps.best")]
        yield Table(t("reports.steps.moved", first=report.steps[0].step, last=report.steps[-1].step), columns, moved)
    for out in report.left_out:
        yield Line(t("reports.steps.left_out", step=out.step, run=out.run, why=t.together(out.reason_codes)))
    yield Footnote(t("reports.steps.footnote", effects=t("reports.effect.footnote", intervals=t("reports.intervals"))))


def _cell(curve: StepCurve, value: StepValue | None, t: Translator) -> str:
    if value is None:
        return "—"
    verdict = value.since_first.verdict if value.since_first else ""
    mark = t.get(f"reports.steps.marks.{verdict}", "")
    return f"{level(curve.metric, value)} {mark}".rstrip()


REPORT = Report(
    "steps",
    {
        "ja": "学習の途中経過：ステップごとの値、最初からの変化、最良のステップ（kikime watch・sweep の実行）",
        "en": "the checkpoints of a training run: levels by step, change from the first, best step (runs of kikime watch, sweep)",
    },
    StepsReport,
    lambda run, _: steps_report(run),
    tables,
)
