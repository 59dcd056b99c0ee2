"""The parts of a comparison that come from its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.comparison.records import Comparison, Difference, LengthRatio
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.charts import distribution as charts_distribution
from kikime.leaderboard.data.cached import manifest_of
from kikime.leaderboard.data.queries.distributions import histogram
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, bin_of, draw_chart, frame_of, number, opens, small, without
from kikime.leaderboard.page.endings import endings_table
from kikime.leaderboard.page.state import choose, switch

_FLAT = (
    "metric",
    "primary",
    "direction",
    "mean_a",
    "mean_b",
    "delta",
    "ci_low",
    "ci_high",
    "p_value",
    "p_adjusted",
    "verdict",
    "dominance",
    "mde",
    "margin",
    "n_items",
    "n_personas",
    "ci_method",
)


_EXPLAINED = ("verdict", "a", "b", "delta", "interval", "p", "margin", "mde", "n")
"""Columns of the table of differences whose headings are explained, beside dominance."""


class _Line(NamedTuple):
    """A difference as the chart and the table show it."""

    name: str
    row: Difference
    open: str
    """Address of the replies behind it."""


def headline(t: Translator, report: Comparison, tokens: float | None = None) -> None:
    """Which two runs, over what, and the verdicts in one line; ``tokens`` as :func:`decision` takes them."""
    primary = [row for row in report.metrics if row.primary]
    counts = {
        verdict: sum(row.verdict == verdict for row in primary)
        for verdict in ("better", "worse", "equivalent", "inconclusive")
    }
    safe.plain(f"A: {report.a.name}　→　B: {report.b.name}")
    safe.plain(decision(t, report, tokens))
    words = "　".join(f"{t(f'verdict.{verdict}')} {n}" for verdict, n in counts.items())
    personas = len(report.scope.personas) if report.scope else 0
    small(t("compare.headline", n=f"{report.n_cells:,}", personas=personas, verdicts=words))
    for note in report.note_codes:
        safe.plain(t.reason(note))


def decision(t: Translator, report: Comparison, tokens: float | None = None) -> str:
    """One sentence that decides: in how many primary metrics B is better, where it is worse, what stays open, what it costs.

    ``tokens``: how many times as many tokens B writes.
    """
    primary = [row for row in report.metrics if row.primary]

    def called(*verdicts: str) -> str:
        return t("common.comma").join(t.metric(row.metric) for row in primary if row.verdict in verdicts)

    a, b = (side.name for side in (report.a, report.b))
    better = sum(row.verdict == "better" for row in primary)
    found = t("compare.decided" if better else "compare.decided_none", b=b, a=a, n=len(primary), better=better)
    rest = {"worse": called("worse"), "equivalent": called("equivalent"), "open": called("inconclusive")}
    told = [t(f"compare.decided_{name}", metrics=names) for name, names in rest.items() if names]
    whole = next((row for row in report.lengths if (row.unit, row.persona) == ("length_chars", None)), None)
    if whole is not None and whole.ratio.value is not None:
        told.append(t("compare.decided_length", ratio=f"{whole.ratio.value:.2f}"))
    if tokens is not None:
        told.append(t("compare.decided_cost", ratio=f"{tokens:.2f}"))
    return t("common.space").join([found, *told])


def metrics(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """Δ with interval and verdict per metric."""
    every = switch("all", t("compare.all_metrics"))
    judged_by = {row.metric for row in report.metrics if row.judge}
    rows = [
        _Line(t.metric(row.metric), row, _replies(t, a, b, row.metric))
        for row in report.metrics
        if every or row.primary or row.judge
    ]
    _forest(t, [line for line in rows if labels.is_share(line.row.metric)], t("compare.delta_points"), scale=100)
    judged = [line for line in rows if line.row.metric in judged_by]
    if judged:
        _forest(t, judged, t("compare.delta_score"), scale=1)
    _table(t, rows)
    small(t("results.rule"))
    download.buttons(t, "compare", [{name: getattr(line.row, name) for name in _FLAT} for line in rows], key="compare")


def slices(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """Δ of one metric per persona, task, format, shots and technique."""
    names = [row.metric for row in report.metrics if row.slices]
    if not names:
        small(t("compare.no_slices"))
        return
    metric = choose("metric", t("compare.metric"), names, show=t.metric)
    found = next(row.slices for row in report.metrics if row.metric == metric)
    rows = [
        _Line(f"{t('facet.' + row.by)}: {row.value}", row, _replies(t, a, b, metric, **{row.by: row.value}))
        for row in found
    ]
    share = labels.is_share(metric)
    small(t("compare.slices_note"))
    _forest(t, rows, t("compare.delta_points") if share else "Δ", scale=100 if share else 1)
    _table(t, rows)
    flat = [{name: getattr(row, name) for name in ("by", "value", *_FLAT)} for row in found]
    download.buttons(t, f"compare-{metric}", flat, key="slices")


def _replies(t: Translator, a: RunDirectory, b: RunDirectory, metric: str, **within: Any) -> str:
    """Where the replies behind a difference are: those that changed, or B's by a judge's score, the lowest first."""
    if metric in METRICS or metric == QUALITY:
        facets = {f"in_{name}": value for name, value in within.items()}
        return address(t, "compare", a=a.id, b=b.id, view="flips", by=metric, **facets)
    criterion = metric.partition(".")[2].partition("@")[0]
    return address(t, "samples", run=b.id, criterion=criterion, order="judge_low", **within)


def _forest(t: Translator, lines: Sequence[_Line], title: str, *, scale: float) -> None:
    """Differences as a chart in which better is always to the right."""
    data = [
        {
            "name": line.name,
            **_better_right(line.row, scale),
            "verdict": line.row.verdict,
            "words": labels.verdict(t, line.row),
            "href": line.open,
        }
        for line in lines
    ]
    if data:
        draw_chart(charts.forest(data, title, t), alt=t("compare.forest_alt"))


def _better_right(row: Difference, scale: float) -> dict[str, float | None]:
    """A difference and its interval, with the sign turned where the lower value is the better one."""
    low, high = (row.ci_high, row.ci_low) if row.direction == "lower" else (row.ci_low, row.ci_high)
    sign = -scale if row.direction == "lower" else scale
    given = {"delta": row.delta, "ci_low": low, "ci_high": high}
    return {name: None if value is None else value * sign for name, value in given.items()}


def _table(t: Translator, lines: Sequence[_Line]) -> None:
    """The same as words and numbers."""
    shown = [
        {
            "name": line.name,
            "verdict": labels.verdict(t, line.row),
            "a": labels.value(line.row.metric, line.row.mean_a),
            "b": labels.value(line.row.metric, line.row.mean_b),
            "delta": labels.change(line.row.metric, line.row.delta),
            "interval": labels.interval(t, line.row.metric, line.row.ci_low, line.row.ci_high),
            "p": labels.p_value(line.row.p_adjusted),
            "margin": labels.size_of(line.row.metric, line.row.margin),
            "dominance": line.row.dominance,
            "mde": labels.size_of(line.row.metric, line.row.mde),
            "n": line.row.n_items,
            "open": line.open,
        }
        for line in lines
    ]
    names = ("name", "verdict", "a", "b", "delta", "interval", "p", "margin", "dominance", "mde", "n")
    columns = {name: t(f"compare.col_{name}") for name in names} | {"open": t("common.replies")}
    config = {
        columns["open"]: opens(columns["open"]),
        **{columns[name]: st.column_config.TextColumn(help=t(f"compare.{name}_help")) for name in _EXPLAINED},
        columns["dominance"]: st.column_config.NumberColumn(format="%+.2f", help=t("compare.dominance_help")),
        columns["name"]: st.column_config.TextColumn(pinned=True),
    }
    safe.table(frame_of(shown, columns), alt=t("compare.table_alt"), column_config=config)
    with st.popover(t("compare.terms")):
        for name in (*_EXPLAINED, "dominance"):
            safe.plain(columns[name])
            small(t(f"compare.{name}_help"))


def lengths(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """Distributions of both runs over each other, with means and the ratio."""
    cards = manifest_of(b)["personas"]
    persona = choose(
        "card", t("facet.persona"), ["", *cards], show=lambda p: p or t("common.all"), default=next(iter(cards))
    )
    names = {f"A {report.a.name}": a, f"B {report.b.name}": b}
    for unit in ("length_chars", "sentences"):
        width, kind = (5, "chars") if unit == "length_chars" else (1, "sentences")
        series = {
            name: [
                (row, address(t, "samples", run=run.id, persona=persona, **{unit: bin_of(row.start, width)}))
                for row in histogram(run, unit, persona or None, width)
                if row.start <= 60 * width
            ]
            for name, run in names.items()
        }
        band = cards[persona]["length"][kind] if persona else None
        small(t(f"model.unit_{unit}"))
        title = t(f"model.unit_{unit}")
        draw_chart(
            charts_distribution.histogram(series, width, title, band, t), alt=t("compare.length_alt", unit=title)
        )
    entries = [entry for entry in report.lengths if entry.persona == (persona or None)]
    entries = entries or [entry for entry in report.lengths if entry.persona is None]
    rows = [
        {
            "unit": t(f"model.unit_{entry.unit}"),
            "a": number(entry.a.mean, 2),
            "b": number(entry.b.mean, 2),
            "ratio": _ratio(entry.ratio),
            "median": f"{number(entry.a.median)} → {number(entry.b.median)}",
            "range": f"{percent(entry.a.share_in_range)} → {percent(entry.b.share_in_range)}",
        }
        for entry in entries
    ]
    columns = {name: t(f"compare.length_{name}") for name in ("unit", "a", "b", "ratio", "median", "range")}
    safe.table(frame_of(rows, columns), alt=t("compare.length_table_alt"))
    download.buttons(t, "lengths", rows, key="lengths")
    endings_table(t, [(row.metric, row.means()) for row in report.endings], list(names))


def _ratio(ratio: LengthRatio) -> str:
    if ratio.value is None:
        return "—"
    between = "" if ratio.ci_low is None else f"（{ratio.ci_low:.2f}–{ratio.ci_high:.2f}）"
    return f"×{ratio.value:.2f}{between}"


def capability(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """Which kinds of request each model handles."""
    del a
    rows = [
        {
            "title": labels.title(t, row.task, row.title),
            **{
                side: f"{t.get(f'mark.{found.mark}', found.mark)}　{percent(found.rate, 0)}"
                for side, found in (("a", row.a), ("b", row.b))
            },
            "between": "　→　".join(f"{percent(s.low, 0)}–{percent(s.high, 0)}" for s in (row.a, row.b)),
            "n": row.a.n,
            "open": address(t, "samples", run=b.id, task=row.task),
        }
        for row in report.capability
    ]
    columns = {"title": t("facet.task"), "a": f"A {report.a.name}", "b": f"B {report.b.name}"}
    columns |= {"between": t("compare.capability_between"), "n": t("compare.col_n")}
    columns |= {"open": t("common.replies")}
    small(t("compare.capability_note"))
    config = {columns["open"]: opens(columns["open"])}
    safe.table(frame_of(rows, columns), alt=t("compare.capability_alt"), column_config=config)
    download.buttons(t, "capability", without(rows, "open"), key="capability")


def settings(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """Only the settings that differ."""
    del a, b
    rows = [{"path": row.path, "a": _shown(row.a), "b": _shown(row.b)} for row in report.manifest]
    if not rows:
        small(t("compare.no_differences"))
        return
    columns = {"path": t("model.path"), "a": "A", "b": "B"}
    small(t("compare.settings_note"))
    safe.table(frame_of(rows, columns), alt=t("compare.settings_alt"))
    download.buttons(t, "settings", rows, key="settings")


def _shown(value: Any) -> str:
    return "—" if value is None else str(value)
