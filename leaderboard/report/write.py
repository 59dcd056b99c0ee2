"""The static report: one HTML file without scripts or remote content, for one run, a pair, or many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from kikime import harness
from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.files import write_atomically
from kikime.harness.reports.claims.flexibility import flexibility_table
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.reports.overview.run import run_overview
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.reports.tables.areas import explain
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts.svg import IntervalChart, Plane, interval_chart, overlay_chart, shade, size_chart
from kikime.leaderboard.data.index import head_of
from kikime.leaderboard.data.queries.distributions import histogram
from kikime.leaderboard.page.marks import diff_html
from kikime.leaderboard.page.reasons import translated

MAX_REPLY = 2000
"""Characters of a reply that the report shows; longer ones end with a note that says how long they are."""


def write_report(runs: Sequence[RunDirectory], path: Path, *, common: bool = False, slices: bool = True) -> Path:
    """Write the report of ``runs`` to ``path``: two runs are compared, several are ranked.

    ``common`` compares the shared cells of two runs that do not have the same ones; ``slices`` also compares per condition,
    which takes most of the time.

    Raises:
        UsageError: no run, or a run without tables.
        EnvironmentFault: the file cannot be written.
    """
    if not runs:
        raise UsageError("there is no run to report", hint="kikime run MODEL")
    page = render_report(report_content(runs, common=common, slices=slices))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(f"{path.parent}: cannot be created: {error.strerror}") from error
    write_atomically(path, page.encode("utf-8", "replace"))
    return path


def report_content(runs: Sequence[RunDirectory], *, common: bool = False, slices: bool = True) -> dict[str, Any]:
    """Everything that the report shows, as plain values and charts."""
    ranking = rank(runs)
    comparison = compare(*runs, common=common, slices=slices) if len(runs) == 2 else None
    return {
        "overviews": [run_overview(run) for run in runs],
        "ranking": ranking,
        "ranking_chart": _ranking_chart(ranking),
        "heads": {run.id: head_of(run) for run in runs},
        "size_chart": _size_chart(ranking),
        "area_charts": _area_charts(ranking),
        "comparison": comparison,
        "forest": _forest(_chosen(comparison)),
        "slice_charts": _slice_charts(comparison),
        "overlays": _overlays(runs, comparison),
        "length_charts": _length_charts(comparison),
        "flexibility": flexibility_table(runs),
        "explain": explain(),
        "version": harness.__version__,
        "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def render_report(content: dict[str, Any]) -> str:
    """The page; every text is escaped."""
    return _environment().get_template("report.html.jinja").render(content)


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
    environment.filters["sentence"] = lambda text: translated(Translator("ja"), text)
    environment.filters["reply"] = _shortened
    environment.filters["number"] = lambda value, digits=1: "—" if value is None else f"{value:,.{digits}f}"
    environment.filters["share"] = lambda value: "—" if value is None else f"{100 * value:.1f}%"
    return environment


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_REPLY else f"{text[:MAX_REPLY]}…（以下省略、全{len(text):,}文字）"


def _ranking_chart(ranking: dict[str, Any]) -> IntervalChart | None:
    rows = [
        {
            "label": f"{labels.rank_text(row)}　{row['name']}",
            "text": f"{row['name']}：総合 {labels.points(row['overall'])} {labels.half_width(row['ci_low'], row['ci_high'])}",
            "value": row["overall"], "low": row["ci_low"], "high": row["ci_high"],
        }
        for row in ranking["rows"]
    ]  # fmt: skip
    return interval_chart("総合点と95%区間", rows, low=0, high=100)


def _area_charts(ranking: dict[str, Any]) -> list[IntervalChart]:
    charts = []
    for area in ranking["areas"]:
        if not area["counts"]:
            continue
        rows = [
            {
                "label": row["name"], "text": f"{row['name']}：{labels.points(row['areas'][area['id']])}",
                "value": row["areas"][area["id"]],
                "low": row["areas_ci"][area["id"]][0], "high": row["areas_ci"][area["id"]][1],
            }
            for row in ranking["rows"]
        ]  # fmt: skip
        chart = interval_chart(f"{area['ja']}：{area['about']}", rows, low=0, high=100)
        charts += [chart] if chart else []
    return charts


def _chosen(comparison: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Metrics of the forest: shares with a better end that moved, and all primary ones."""
    rows = comparison["metrics"] if comparison else []
    return [
        {**row, "label": labels.metric_label(row["metric"])}
        for row in rows
        if labels.is_share(row["metric"]) and row["direction"] != "none" and (row["delta"] != 0 or row["primary"])
    ]


def _forest(rows: Sequence[dict[str, Any]]) -> IntervalChart | None:
    """Differences of shares, in percentage points, oriented so that right is better."""
    shown = []
    for row in rows:
        sign = 100 if row["direction"] == "higher" else -100
        ends = sorted(sign * end for end in (row["ci_low"], row["ci_high"]) if end is not None) or [None, None]
        words = f"{labels.change(row['metric'], row['delta'])}（{labels.interval(row['metric'], row['ci_low'], row['ci_high'])}）"
        shown.append(
            {
                "label": f"{row['label']}　{labels.verdict(row)}",
                "text": f"{row['label']}：{words}、{labels.verdict(row)}",
                "value": sign * row["delta"], "low": ends[0], "high": ends[1], "kind": row["verdict"],
            }
        )  # fmt: skip
    return interval_chart("差（ポイント、右ほど良い）", shown, zero=True)


def _slice_charts(comparison: dict[str, Any] | None) -> dict[str, IntervalChart | None]:
    """The forest of every primary metric's conditions."""
    return {
        row["metric"]: _forest(
            [{**cell, "label": f"{labels.CONDITIONS[cell['by']]}：{cell['value']}"} for cell in row["slices"]]
        )
        for row in (comparison["metrics"] if comparison else [])
        if row["primary"] and labels.is_share(row["metric"])
    }


def _size_chart(ranking: dict[str, Any]) -> Plane | None:
    rows = [
        {"name": row["name"], "params": row["params"], "value": row["areas"].get("flexibility")}
        | dict(zip(("low", "high"), row["areas_ci"].get("flexibility") or (None, None), strict=True))
        for row in ranking["rows"]
    ]
    return size_chart("プロンプトへの柔軟性（0〜100）とパラメータ数（対数）", rows)


def _overlays(runs: Sequence[RunDirectory], comparison: dict[str, Any] | None) -> list[Plane]:
    """Both runs' lengths over each other; the band is the target where all personas have the same one."""
    if comparison is None or not comparison["comparable"]:
        return []
    charts = []
    for unit, width in (("length_chars", 5), ("sentences", 1)):
        names = [f"{side.upper()} {comparison[side]['name']}" for side in ("a", "b")]
        series = {name: histogram(run, unit, None, width) for name, run in zip(names, runs, strict=True)}
        ranges = {tuple(e["range"]) for e in comparison["lengths"] if e["unit"] == unit and e["range"]}
        shown = {name: [row for row in rows if row["start"] <= 60 * width] for name, rows in series.items()}
        band = next(iter(ranges)) if len(ranges) == 1 else None
        chart = overlay_chart(f"{labels.UNITS[unit]}ごとの返答の割合", shown, width, band)
        charts += [chart] if chart else []
    return charts


def _differing(a: str, b: str) -> tuple[Markup, Markup] | None:
    """Both sides with what differs marked; None for texts that the report does not show whole."""
    if max(len(a), len(b)) > MAX_REPLY:
        return None
    left, right = diff_html(a, b)
    return Markup(left), Markup(right)  # noqa: S704  (escaped text and fixed tags only)


def _length_charts(comparison: dict[str, Any] | None) -> list[IntervalChart]:
    """Quartiles of the lengths, one chart per unit and persona, with the target range shaded."""
    charts = []
    for entry in (comparison or {}).get("lengths", []):
        if entry["range"] is None and len({e["persona"] for e in comparison["lengths"]}) > 1:  # type: ignore[index]
            continue
        rows = [_length_row(comparison[side]["name"], entry[side]) for side in ("a", "b")]  # type: ignore[index]
        unit = labels.UNITS[entry["unit"]]
        who = f"（{entry['persona']}）" if entry["persona"] else ""
        band = tuple(entry["range"]) if entry["range"] else None
        chart = interval_chart(f"{unit}{who}：中央値と四分位範囲、帯は目標", rows, low=0, band=band)
        charts += [chart] if chart else []
    return charts


def _length_row(name: str, found: dict[str, Any]) -> dict[str, Any]:
    text = (
        f"{name}：中央値 {found['median']:.1f}、四分位 {found['q1']:.1f}〜{found['q3']:.1f}、平均 {found['mean']:.2f}"
    )
    return {"label": text, "text": text, "value": found["median"], "low": found["q1"], "high": found["q3"]}
