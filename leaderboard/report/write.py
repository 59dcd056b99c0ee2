"""The static report: one HTML file without scripts or remote content, for one run, a pair, or many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from kikime import harness
from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.files import write_atomically
from kikime.harness.core.reasons import system_reason
from kikime.harness.reports.claims.flexibility import flexibility_table
from kikime.harness.reports.claims.records import FlexibilityTable
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.comparison.records import Comparison, Difference
from kikime.harness.reports.overview.records import Overview
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.reports.ranking.records import RankedRow, Ranking
from kikime.harness.reports.tables.areas import Formulas, Handled, explain, load_areas
from kikime.harness.stats.lengths import LengthSummary
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.charts.svg import (
    Interval,
    IntervalChart,
    Plane,
    Sized,
    interval_chart,
    overlay_chart,
    shade,
    size_chart,
)
from kikime.leaderboard.data.index import Head, head_of
from kikime.leaderboard.data.queries.distributions import histogram
from kikime.leaderboard.page.marks import diff_html, visible
from kikime.leaderboard.report.trends import Trend, trends_of

MAX_REPLY = 2000
"""Characters of a reply that the report shows; longer ones end with a note that says how long they are."""


@dataclass(frozen=True)
class ReportContent:
    """What the templates show, under the names that they use."""

    overviews: list[Overview]
    ranking: Ranking
    ranking_chart: IntervalChart | None
    heads: dict[str, Head | None]
    size_chart: Plane | None
    area_charts: list[IntervalChart]
    comparison: Comparison | None
    """Of a pair; None otherwise."""
    forest: IntervalChart | None
    slice_charts: dict[str, IntervalChart | None]
    overlays: list[Plane]
    length_charts: list[IntervalChart]
    flexibility: FlexibilityTable
    formulas: Formulas
    trends: list[Trend]
    """Of the training runs that the runs are steps of."""
    quality: str
    """How quality is defined, worded."""
    handled: Handled
    version: str
    written: str


def write_report(
    runs: Sequence[RunDirectory],
    path: Path,
    *,
    common: bool = False,
    judge: str | None = None,
    slices: bool = True,
    language: str | None = None,
) -> Path:
    """Write the report of ``runs`` to ``path``: two runs are compared, several are ranked.

    ``common`` compares the shared cells of two runs that do not have the same ones; ``slices`` also compares per condition,
    which takes most of the time. ``judge`` is whose verdicts count (``panel:JUDGE,JUDGE``: means). ``language`` is ``ja`` or
    ``en``; that of the person at this terminal by default.

    Raises:
        UsageError: no run, or a run without tables.
        EnvironmentFault: the file cannot be written.
    """
    if not runs:
        raise UsageError("there is no run to report", hint="kikime run MODEL")
    t = Translator.of(language)
    page = render_report(report_content(runs, t, common=common, judge=judge, slices=slices), t)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            "{folder}: cannot be created: {reason}", folder=path.parent, reason=system_reason(error)
        ) from error
    write_atomically(path, page.encode("utf-8", "replace"))
    return path


def report_content(
    runs: Sequence[RunDirectory],
    t: Translator,
    *,
    common: bool = False,
    judge: str | None = None,
    slices: bool = True,
    compared: bool = True,
    overviews: list[Overview] | None = None,
) -> ReportContent:
    """Everything that the report shows, as plain values and charts; without ``compared`` two runs are only ranked.

    ``overviews`` of the runs, where there are some already.
    """
    ranking, formulas = rank(runs, judge=judge, language=t.language), explain(t.language)
    two = compared and len(runs) == 2
    comparison = compare(*runs, common=common, judge=judge, slices=slices, language=t.language) if two else None
    return ReportContent(
        overviews=overviews or [run_overview(run, judge=judge) for run in runs],
        ranking=ranking,
        ranking_chart=_ranking_chart(t, ranking),
        heads={run.id: head_of(run) for run in runs},
        size_chart=_size_chart(t, ranking),
        area_charts=_area_charts(t, ranking),
        **comparison_parts(t, runs, comparison),
        flexibility=flexibility_table(runs, language=t.language),
        formulas=formulas,
        trends=trends_of(runs, t),
        quality=formulas["quality"][t.language],
        handled=load_areas().handled,
        version=harness.__version__,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def comparison_parts(t: Translator, runs: Sequence[RunDirectory], comparison: Comparison | None) -> dict[str, Any]:
    """The fields of :class:`ReportContent` that a comparison fills."""
    return {
        "comparison": comparison,
        "forest": _forest(t, _chosen(t, comparison)),
        "slice_charts": _slice_charts(t, comparison),
        "overlays": _overlays(t, runs, comparison),
        "length_charts": _length_charts(t, comparison),
    }


def render_report(content: ReportContent, t: Translator) -> str:
    """The page; every text is escaped."""
    return template("report.html.jinja").render({**vars(content), "linked": False}, t=t)


def template(name: str) -> jinja2.Template:
    """One of the templates of the report and the site."""
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["label"] = labels
    environment.globals["shade"] = shade
    environment.globals["differing"] = _differing
    environment.filters["reply"] = _shortened
    environment.filters["shown"] = _shown
    environment.filters["number"] = lambda value, digits=1: "—" if value is None else f"{value:,.{digits}f}"
    environment.filters["share"] = percent
    return environment


def _shown(text: str | None) -> Markup:
    """A text as it is: escaped, with characters without a shape named."""
    return Markup(visible(text or ""))  # noqa: S704  (escaped text and fixed tags only)


@jinja2.pass_context
def _shortened(context: jinja2.runtime.Context, text: str) -> str:
    return text if len(text) <= MAX_REPLY else text[:MAX_REPLY] + context["t"]("report.cut", n=len(text))


def _ranking_chart(t: Translator, ranking: Ranking) -> IntervalChart | None:
    rows = [
        Interval(
            label=f"{labels.rank_text(row)}　{row.name}",
            text=t("report.ranking.mark", name=row.name, text=_with_half_width(row)),
            value=row.overall,
            low=row.ci_low,
            high=row.ci_high,
        )
        for row in ranking.rows
        if row.overall is not None
    ]
    return interval_chart(t("report.ranking.chart"), rows, low=0, high=100)


def _with_half_width(row: RankedRow) -> str:
    return f"{labels.points(row.overall)} {labels.half_width(row.ci_low, row.ci_high)}"


def _area_charts(t: Translator, ranking: Ranking) -> list[IntervalChart]:
    charts = []
    for area in ranking.areas:
        if not area.counts:
            continue
        rows = [
            Interval(
                label=row.name,
                text=t("report.labelled", name=row.name, text=labels.points(value)),
                value=value,
                low=row.areas_ci[area.id][0],
                high=row.areas_ci[area.id][1],
            )
            for row in ranking.rows
            if (value := row.areas[area.id]) is not None
        ]
        name = area.ja if t.language == "ja" else area.en
        chart = interval_chart(t("report.labelled", name=name, text=area.about), rows, low=0, high=100)
        charts += [chart] if chart else []
    return charts


class _Labelled(NamedTuple):
    label: str
    row: Difference


def _chosen(t: Translator, comparison: Comparison | None) -> list[_Labelled]:
    """Metrics of the forest: shares with a better end that moved, and all primary ones."""
    return [
        _Labelled(t.metric(row.metric), row)
        for row in (comparison.metrics if comparison else [])
        if labels.is_share(row.metric) and row.direction != "none" and (row.delta != 0 or row.primary)
    ]


def _forest(t: Translator, rows: Sequence[_Labelled]) -> IntervalChart | None:
    """Differences of shares, in percentage points, oriented so that right is better."""
    shown = []
    for label, row in rows:
        sign = 100 if row.direction == "higher" else -100
        low, high = sorted(sign * end for end in (row.ci_low, row.ci_high) if end is not None) or (None, None)
        interval = labels.interval(t, row.metric, row.ci_low, row.ci_high)
        verdict, change = labels.verdict(t, row), labels.change(row.metric, row.delta)
        shown.append(
            Interval(
                label=f"{label}　{verdict}",
                text=t("report.comparison.mark", name=label, change=change, interval=interval, verdict=verdict),
                value=sign * row.delta,
                low=low,
                high=high,
                kind=row.verdict,
            )
        )
    return interval_chart(t("report.comparison.chart"), shown, zero=True)


def _slice_charts(t: Translator, comparison: Comparison | None) -> dict[str, IntervalChart | None]:
    """The forest of every primary metric's conditions."""
    return {
        row.metric: _forest(
            t,
            [
                _Labelled(t("report.labelled", name=labels.condition(t, cell.by), text=cell.value), cell)
                for cell in row.slices
            ],
        )
        for row in (comparison.metrics if comparison else [])
        if row.primary and labels.is_share(row.metric)
    }


def _size_chart(t: Translator, ranking: Ranking) -> Plane | None:
    rows = [
        Sized(row.name, row.params, row.areas.get("flexibility"), *row.areas_ci.get("flexibility", (None, None)))
        for row in ranking.rows
    ]
    return size_chart(t("report.ranking.size"), rows, language=t.language)


def _overlays(t: Translator, runs: Sequence[RunDirectory], comparison: Comparison | None) -> list[Plane]:
    """Both runs' lengths over each other; the band is the target where all personas have the same one."""
    if comparison is None or not comparison.comparable:
        return []
    charts = []
    for unit, width in (("length_chars", 5), ("sentences", 1)):
        names = [f"A {comparison.a.name}", f"B {comparison.b.name}"]
        series = {name: histogram(run, unit, None, width) for name, run in zip(names, runs, strict=True)}
        ranges = {e.range for e in comparison.lengths if e.unit == unit and e.range}
        shown = {
            name: [(row.start, row.share) for row in rows if row.start <= 60 * width] for name, rows in series.items()
        }
        band = next(iter(ranges)) if len(ranges) == 1 else None
        chart = overlay_chart(
            t("report.lengths.shares", unit=labels.unit(t, unit)), shown, width, band, language=t.language
        )
        charts += [chart] if chart else []
    return charts


def _differing(a: str, b: str) -> tuple[Markup, Markup] | None:
    """Both sides with what differs marked; None for texts that the report does not show whole."""
    if max(len(a), len(b)) > MAX_REPLY:
        return None
    left, right = diff_html(a, b)
    return Markup(left), Markup(right)  # noqa: S704  (escaped text and fixed tags only)


def _length_charts(t: Translator, comparison: Comparison | None) -> list[IntervalChart]:
    """Quartiles of the lengths, one chart per unit and persona, with the target range shaded."""
    charts: list[IntervalChart] = []
    if comparison is None:
        return charts
    several = len({entry.persona for entry in comparison.lengths}) > 1
    for entry in comparison.lengths:
        if entry.range is None and several:
            continue
        rows = [_length_row(t, comparison.a.name, entry.a), _length_row(t, comparison.b.name, entry.b)]
        key = "report.lengths.chart_of" if entry.persona else "report.lengths.chart"
        title = t(key, unit=labels.unit(t, entry.unit), persona=entry.persona)
        chart = interval_chart(title, rows, low=0, band=entry.range)
        charts += [chart] if chart else []
    return charts


def _length_row(t: Translator, name: str, found: LengthSummary) -> Interval:
    text = t("report.lengths.mark", name=name, median=found.median, q1=found.q1, q3=found.q3, mean=found.mean)
    return Interval(label=text, text=text, value=found.median, low=found.q1, high=found.q3)
