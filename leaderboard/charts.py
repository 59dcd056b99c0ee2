"""Charts as Altair objects. Order is always given, ends of scales are fixed where a scale has ends, colour never stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
from altair.utils.schemapi import disable_debug_mode

from leaderboard.i18n import Translator

disable_debug_mode()  # charts are validated once, when they are drawn, instead of at every step of their construction

Row = Mapping[str, Any]
Chart = Any
"""An Altair chart, layered or not; its methods are not typed."""
BLUE, ORANGE, GREY, BAND = "#1d4ed8", "#c2410c", "#6b7280", "#d1fae5"
_SHAPES = {"better": "triangle-up", "worse": "triangle-down", "equivalent": "circle", "inconclusive": "diamond"}
_COLOURS = {"better": "#15803d", "worse": "#b91c1c", "equivalent": "#6b7280", "inconclusive": "#a16207"}
_PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a16207", "#374151"]
"""Okabe and Ito's colours, which stay apart for colour-blind readers."""
_LABELS = 320
"""Widest label of an axis, in pixels."""


def _names(order: Sequence[str], title: str | None = None, width: int = _LABELS) -> alt.Y:
    return alt.Y("name:N", sort=list(order), title=title, axis=alt.Axis(labelLimit=width, labelOverlap=False))


def intervals(rows: Sequence[Row], t: Translator) -> Chart:
    """Overall value and 95 % interval per model; ``name, overall, ci_low, ci_high, rank``, best first."""
    frame = pd.DataFrame(rows, columns=["name", "overall", "ci_low", "ci_high", "ranks"])
    y, x = (
        _names(frame["name"].tolist()),
        alt.X("overall:Q", title=t("board.overall_axis"), scale=alt.Scale(domain=[0, 100])),
    )
    tips = [
        alt.Tooltip("name:N", title=t("board.model")),
        alt.Tooltip("overall:Q", format=".1f", title=t("board.overall")),
        alt.Tooltip("ci_low:Q", format=".1f", title=t("board.ci_low")),
        alt.Tooltip("ci_high:Q", format=".1f", title=t("board.ci_high")),
        alt.Tooltip("ranks:N", title=t("board.ranks")),
    ]
    base = alt.Chart(frame).encode(y=y, tooltip=tips)
    rules = base.mark_rule(color=BLUE, strokeWidth=2).encode(
        x=alt.X("ci_low:Q", title=t("board.overall_axis")), x2="ci_high:Q"
    )
    points = base.mark_point(filled=True, size=70, color=BLUE).encode(x=x)
    return (rules + points).properties(height=alt.Step(24))


def heat_map(rows: Sequence[Row], order: Sequence[str], columns: Sequence[str], title: str, t: Translator) -> Chart:
    """A value 0–1 per model and format: ``name, format, value``; an empty cell says "—"."""
    frame = pd.DataFrame(rows, columns=["name", "format", "value"])
    frame["shown"] = ["—" if pd.isna(value) else f"{100 * value:.0f}" for value in frame["value"]]
    base = alt.Chart(frame).encode(
        y=_names(order, width=160),
        x=alt.X(
            "format:N", sort=list(columns), title=None, axis=alt.Axis(orient="top", labelAngle=-35, labelLimit=120)
        ),
    )
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(domain=[0, 1], scheme="viridis"),
            legend=alt.Legend(format=".0%", title=None, orient="bottom", gradientLength=180),
        ),
        tooltip=[
            alt.Tooltip("name:N", title=t("board.model")),
            alt.Tooltip("format:N", title=t("facet.format")),
            alt.Tooltip("value:Q", format=".3f", title=title),
        ],
    )
    text = base.mark_text(fontSize=12).encode(
        text="shown:N", color=alt.condition("datum.value > 0.55", alt.value("#111827"), alt.value("#ffffff"))
    )
    return (cells + text).properties(height=alt.Step(26))


def scatter(rows: Sequence[Row], t: Translator) -> Chart:
    """Flexibility against size: ``name, params, value, ci_low, ci_high``; sizes on a logarithmic axis."""
    frame = pd.DataFrame(rows, columns=["name", "params", "value", "ci_low", "ci_high"])
    x = alt.X(
        "params:Q", title=t("board.size_axis"), scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5)
    )
    tips = [
        alt.Tooltip("name:N", title=t("board.model")),
        alt.Tooltip("params:Q", format=".3s", title=t("board.params")),
        alt.Tooltip("value:Q", format=".1f", title=t("board.flexibility")),
    ]
    base = alt.Chart(frame).encode(x=x)
    bars = base.mark_rule(color=GREY).encode(y=alt.Y("ci_low:Q", title=t("board.flexibility_axis")), y2="ci_high:Q")
    points = base.mark_point(filled=True, size=80, color=BLUE).encode(
        y=alt.Y("value:Q", title=t("board.flexibility_axis"), scale=alt.Scale(domain=[0, 100])), tooltip=tips
    )
    named = base.mark_text(align="left", dx=8, dy=-6, limit=140).encode(y="value:Q", text="name:N")
    layers = [bars, points, named] if len(frame) <= 30 else [bars, points]
    return alt.layer(*layers).properties(height=380)


def bars(rows: Sequence[Row], title: str, *, low: float = 0, high: float = 100) -> Chart:
    """A value with its interval per name: ``name, value, ci_low, ci_high``."""
    frame = pd.DataFrame(rows, columns=["name", "value", "ci_low", "ci_high"])
    base = alt.Chart(frame).encode(y=_names(frame["name"].tolist()))
    bar = base.mark_bar(color="#93c5fd", height=14).encode(
        x=alt.X("value:Q", title=title, scale=alt.Scale(domain=[low, high])),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("value:Q", format=".3~f", title=title)],
    )
    rule = base.mark_rule(color="#1e3a8a", strokeWidth=2).encode(x=alt.X("ci_low:Q", title=title), x2="ci_high:Q")
    return (bar + rule).properties(height=alt.Step(26))


def histogram(
    series: Mapping[str, Sequence[Row]], width: int, title: str, band: tuple[float, float] | None, t: Translator
) -> Chart:
    """Shares of replies per bin, one outline per series; ``band`` is the wanted range."""
    rows = [row for name, found in series.items() for row in _whole_bins(name, found, width)]
    frame = pd.DataFrame(rows, columns=["series", "start", "end", "share", "n"])
    names = list(series)
    dashes = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2]]
    colour = alt.Color(
        "series:N", sort=names, title=None, scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREY, "#15803d"][: len(names)]),
        legend=alt.Legend(orient="top") if len(names) > 1 else None,
    )  # fmt: skip
    x = alt.X("start:Q", title=title, scale=alt.Scale(zero=True, nice=False), axis=alt.Axis(tickMinStep=1))
    y = alt.Y("share:Q", title=t("model.share_axis"), axis=alt.Axis(format=".0%"), stack=None)
    tips = [
        alt.Tooltip("series:N", title=" "),
        alt.Tooltip("start:Q", title=t("model.from")),
        alt.Tooltip("end:Q", title=t("model.below")),
        alt.Tooltip("n:Q", title=t("common.n")),
        alt.Tooltip("share:Q", format=".1%", title=t("model.share")),
    ]
    boxes = alt.Chart(frame).mark_rect(opacity=0.35).encode(
        x=x, x2="end:Q", y=y, y2=alt.datum(0), color=colour, tooltip=tips
    )  # fmt: skip
    lines = alt.Chart(frame).mark_line(interpolate="step-after", strokeWidth=2).encode(
        x=x, y=y, color=colour,
        strokeDash=alt.StrokeDash("series:N", sort=names, scale=alt.Scale(domain=names, range=dashes[: len(names)]), legend=None),
    )  # fmt: skip
    layers: list[Any] = [boxes, lines]
    if band is not None:
        ends = pd.DataFrame([{"low": band[0], "high": band[1] + 1, "what": t("model.band")}])
        shade = alt.Chart(ends).mark_rect(color=BAND, opacity=0.7).encode(
            x=alt.X("low:Q", title=title), x2="high:Q", tooltip=alt.Tooltip("what:N", title=" ")
        )  # fmt: skip
        layers = [shade, *layers]
    return alt.layer(*layers).properties(height=260)


def _whole_bins(name: str, found: Sequence[Row], width: int) -> list[dict[str, Any]]:
    """One row per bin, empty ones and the one after the last included, so that an outline returns to zero."""
    by_start = {row["start"]: row for row in found}
    if not by_start:
        return []
    starts = range(min(by_start), max(by_start) + 2 * width, width)
    empty = {"share": 0.0, "n": 0}
    return [
        {"series": name, "start": start, "end": start + width}
        | {key: by_start.get(start, empty)[key] for key in ("share", "n")}
        for start in starts
    ]


def forest(rows: Sequence[Row], title: str, t: Translator) -> Chart:
    """Differences with intervals around zero: ``name, delta, ci_low, ci_high, verdict`` (a verdict word), ``words``."""
    frame = pd.DataFrame(rows, columns=["name", "delta", "ci_low", "ci_high", "verdict", "words"])
    verdicts = list(_SHAPES)
    words = [t(f"verdict.{verdict}").split(" ")[-1] for verdict in verdicts]
    frame["word"] = [dict(zip(verdicts, words, strict=True)).get(verdict, "") for verdict in frame["verdict"]]
    colour = alt.Color(
        "word:N",
        scale=alt.Scale(domain=words, range=list(_COLOURS.values())),
        title=None,
        legend=alt.Legend(orient="bottom", columns=2),
    )
    base = alt.Chart(frame).encode(y=_names(frame["name"].tolist()), color=colour)
    tips = [
        alt.Tooltip("name:N", title=" "),
        alt.Tooltip("delta:Q", format="+.3f", title="Δ"),
        alt.Tooltip("ci_low:Q", format="+.3f", title=t("board.ci_low")),
        alt.Tooltip("ci_high:Q", format="+.3f", title=t("board.ci_high")),
        alt.Tooltip("word:N", title=t("compare.verdict")),
    ]
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="zero:Q")
    rule = base.mark_rule(strokeWidth=2).encode(x=alt.X("ci_low:Q", title=title), x2="ci_high:Q")
    shape = alt.Shape("word:N", scale=alt.Scale(domain=words, range=list(_SHAPES.values())), title=None)
    point = base.mark_point(filled=True, size=90).encode(x=alt.X("delta:Q", title=title), shape=shape, tooltip=tips)
    return (zero + rule + point).properties(height=alt.Step(26))


def lines(rows: Sequence[Row], x_title: str, y_title: str, order: Sequence[str], *, percent: bool = True) -> Chart:
    """A curve per series over whole numbers: ``x, series, value, n``; a small marker at every point."""
    frame = pd.DataFrame(rows, columns=["x", "series", "value", "n"])
    ticks = sorted(frame["x"].unique().tolist())
    return (
        alt.Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=60))
        .encode(
            x=alt.X("x:O", sort=ticks, title=x_title, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q", title=y_title, axis=alt.Axis(format=".0%" if percent else "~f")),
            color=alt.Color(
                "series:N", title=None, scale=alt.Scale(domain=list(order), range=_PALETTE * (1 + len(order) // len(_PALETTE))),
                legend=alt.Legend(orient="bottom", columns=2, labelLimit=150),
            ),
            strokeDash=alt.StrokeDash("series:N", sort=list(order), legend=None),
            shape=alt.Shape("series:N", sort=list(order), legend=None),
            tooltip=["series:N", "x:O", alt.Tooltip("value:Q", format=".3f"), "n:Q"],
        )
        .properties(height=280)
    )  # fmt: skip


def score_bars(rows: Sequence[Row], t: Translator) -> Chart:
    """Shares of the scores 1–7 per judge and criterion as stacked bars: ``name, score, share, n``."""
    frame = pd.DataFrame(rows, columns=["name", "score", "share", "n"])
    order = list(dict.fromkeys(frame["name"]))
    return (
        alt.Chart(frame)
        .mark_bar(height=18, stroke="white")
        .encode(
            y=_names(order),
            x=alt.X("share:Q", stack="zero", title=t("judge.share_axis"), scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "score:O", sort=list(range(1, 8)), title=t("judge.score"),
                scale=alt.Scale(domain=list(range(1, 8)), scheme="redyellowblue"), legend=alt.Legend(orient="bottom", columns=4),
            ),
            order=alt.Order("score:Q"),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("score:O", title=t("judge.score")),
                alt.Tooltip("share:Q", format=".1%", title=t("model.share")),
                alt.Tooltip("n:Q", title=t("common.n")),
            ],
        )
        .properties(height=alt.Step(30))
    )  # fmt: skip


def radar(rows: Sequence[Row], axes: Mapping[str, str]) -> dict[str, Any]:
    """An ECharts option: areas (0–100) of at most four models; ``name, areas``."""
    return {
        "legend": {"bottom": 0},
        "radar": {"indicator": [{"name": name, "max": 100, "min": 0} for name in axes.values()], "radius": "62%"},
        "series": [
            {
                "type": "radar",
                "data": [
                    {
                        "name": row["name"],
                        "value": [round(row["areas"].get(area) or 0, 1) for area in axes],
                        "lineStyle": {"type": style},
                        "symbol": symbol,
                    }
                    for row, style, symbol in zip(
                        rows,
                        ("solid", "dashed", "dotted", "solid"),
                        ("circle", "rect", "triangle", "diamond"),
                        strict=False,
                    )
                ],
            }
        ],
    }
