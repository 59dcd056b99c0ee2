"""Charts as Altair objects. Order is always given, ends of scales are fixed where a scale has ends, colour never stands alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import floor
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
from altair.utils.schemapi import disable_debug_mode

from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts.widths import broken

disable_debug_mode()  # charts are validated once, when they are drawn, instead of at every step of their construction

Row = Mapping[str, object]


class Point(NamedTuple):
    """One point of a curve."""

    x: int | str
    series: str
    value: float | None
    n: int | None = None
    href: str = ""
    """Address that a click opens."""


Chart = Any
"""An Altair chart, layered or not; its methods are not typed."""
BLUE, ORANGE, GREY, BAND = "#3b82f6", "#c2410c", "#6b7280", "#10b981"
"""At least 3 : 1 on the light page and on the dark one."""
TEXT = "currentColor"
"""The page's own colour of text, in either theme: charts are drawn as SVG."""
_SHAPES = {"better": "triangle-up", "worse": "triangle-down", "equivalent": "circle", "inconclusive": "diamond"}
_COLOURS = {"better": "#15803d", "worse": "#dc2626", "equivalent": "#6b7280", "inconclusive": "#a16207"}
_PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a16207", "#6b7280"]
"""Okabe and Ito's colours, which stay apart for colour-blind readers."""
_SYMBOLS = ("circle", "rect", "triangle", "diamond")
_LABELS = 200
"""Widest label of an axis, in pixels."""
_ENTRY = 250
"""Room of an entry of a legend, in pixels."""


def names_axis(order: Sequence[str], title: str | None = None, width: int = _LABELS) -> alt.Y:
    """The axis of names, in the order given, each on as many lines of ``width`` pixels as it needs."""
    long = {name: lines for name in order if len(lines := broken(name, width - 10)) > 1}
    shown = f"({json.dumps(long)})[datum.label] || datum.label" if long else alt.Undefined
    axis = alt.Axis(labelLimit=width + 40, labelOverlap=False, labelFlush=False, labelExpr=shown)
    return alt.Y("name:N", sort=list(order), title=title, axis=axis)


def per_name(order: Sequence[str], least: int, width: int = _LABELS) -> alt.Step:
    """Room for each name of such an axis, in pixels: ``least``, or what the one with most lines needs."""
    return alt.Step(max([least, *(4 + 12 * len(broken(name, width - 10)) for name in order)]))


def leading(rows: Sequence[Row]) -> dict[str, Any]:
    """The address that a click on a mark opens: ``href`` of its row, made by the page."""
    return {"href": alt.Href("href:N")} if any(row.get("href") for row in rows) else {}


def _near(values: Iterable[float | None], low: float, high: float, step: float = 10) -> list[float]:
    """Ends of a scale around ``values``, within ``low`` … ``high``: points with intervals need no zero."""
    known = [value for value in values if value is not None and not pd.isna(value)]
    if not known:
        return [low, high]
    return [max(low, floor(min(known) / step) * step), min(high, (floor(max(known) / step) + 1) * step)]


def intervals(rows: Sequence[Row], t: Translator) -> Chart:
    """Overall value and 95 % interval per model; ``name, overall, ci_low, ci_high, ranks``, in the order given."""
    frame = pd.DataFrame(rows, columns=["name", "overall", "ci_low", "ci_high", "ranks", "href"])
    ends = _near([*frame["overall"], *frame["ci_low"], *frame["ci_high"]], 0, 100)
    scale = alt.Scale(domain=ends, nice=False, zero=False)
    y = names_axis(frame["name"].tolist())
    tips = [
        alt.Tooltip("name:N", title=t("board.model")),
        alt.Tooltip("overall:Q", format=".1f", title=t("board.overall")),
        alt.Tooltip("ci_low:Q", format=".1f", title=t("board.ci_low")),
        alt.Tooltip("ci_high:Q", format=".1f", title=t("board.ci_high")),
        alt.Tooltip("ranks:N", title=t("board.ranks")),
    ]
    base = alt.Chart(frame).encode(y=y, tooltip=tips, **leading(rows))
    rules = base.mark_rule(color=BLUE, strokeWidth=2).encode(
        x=alt.X("ci_low:Q", title=t("board.overall_axis"), scale=scale), x2="ci_high:Q"
    )
    points = base.mark_point(filled=True, size=70, color=BLUE).encode(x=alt.X("overall:Q", scale=scale))
    return (rules + points).properties(height=per_name(frame["name"], 24))


def heat_map(rows: Sequence[Row], order: Sequence[str], columns: Sequence[str], title: str, t: Translator) -> Chart:
    """A value 0–1 per model and format: ``name, format, value``; an empty cell says "—"."""
    frame = pd.DataFrame(rows, columns=["name", "format", "value", "href"])
    frame["shown"] = ["—" if pd.isna(value) else f"{100 * value:.0f}" for value in frame["value"]]
    base = alt.Chart(frame).encode(
        **leading(rows),
        y=names_axis(order, width=160),
        x=alt.X(
            "format:N", sort=list(columns), title=None, axis=alt.Axis(orient="top", labelAngle=-35, labelLimit=200)
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
    return (cells + text).properties(height=per_name(order, 26, width=160))


def scatter(rows: Sequence[Row], t: Translator) -> Chart:
    """Flexibility against size: ``name, params, value, ci_low, ci_high``; sizes on a logarithmic axis."""
    frame = pd.DataFrame(rows, columns=["name", "params", "value", "ci_low", "ci_high", "href"])
    billions = "datum.value >= 1e9 ? datum.value / 1e9 + 'B' : datum.value / 1e6 + 'M'"
    x = alt.X(
        "params:Q",
        title=t("board.size_axis"),
        scale=alt.Scale(type="log"),
        axis=alt.Axis(labelExpr=billions, tickCount=5),
    )
    frame["size"] = [labels.parameters(params) for params in frame["params"]]
    tips = [
        alt.Tooltip("name:N", title=t("board.model")),
        alt.Tooltip("size:N", title=t("board.params")),
        alt.Tooltip("value:Q", format=".1f", title=t("board.flexibility")),
    ]
    ends = _near([*frame["value"], *frame["ci_low"], *frame["ci_high"]], 0, 100)
    scale = alt.Scale(domain=ends, nice=False, zero=False)
    y = alt.Y("value:Q", title=t("board.flexibility_axis"), scale=scale)
    base = alt.Chart(frame).encode(x=x, **leading(rows))
    low = alt.Y("ci_low:Q", title=t("board.flexibility_axis"), scale=scale)
    bars = base.mark_rule(color=GREY).encode(y=low, y2="ci_high:Q")
    points = base.mark_point(filled=True, size=80, color=BLUE).encode(y=y, tooltip=tips)
    layers = [bars, points, *(_labels(frame) if len(frame) <= 30 else ())]
    return alt.layer(*layers).properties(height=380)


def _labels(frame: pd.DataFrame) -> list[Chart]:
    """Names beside the points: of models of one size the higher stand above, the lower below; at the right end, left."""
    place = frame.groupby("params")["value"].rank(method="first", ascending=False)
    below = place > frame.groupby("params")["value"].transform("size") / 2 + 0.5
    left = frame["params"] >= 0.6 * frame["params"].max()
    found = []
    for low in (False, True):
        for right in (False, True):
            some = frame[(below == low) & (left == right)]
            mark = alt.Chart(some).mark_text(
                align="right" if right else "left", dx=-8 if right else 8, dy=12 if low else -8, limit=400, color=TEXT
            )
            found += [mark.encode(x="params:Q", y="value:Q", text="name:N")] if len(some) else []
    return found


def bars(rows: Sequence[Row], title: str, *, low: float = 0, high: float = 100) -> Chart:
    """A value with its interval per name: ``name, value, ci_low, ci_high``."""
    frame = pd.DataFrame(rows, columns=["name", "value", "ci_low", "ci_high", "href"])
    base = alt.Chart(frame).encode(y=names_axis(frame["name"].tolist()), **leading(rows))
    bar = base.mark_bar(color="#93c5fd", height=14).encode(
        x=alt.X("value:Q", title=title, scale=alt.Scale(domain=[low, high])),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("value:Q", format=".3~f", title=title)],
    )
    rule = base.mark_rule(color="#2563eb", strokeWidth=2).encode(x=alt.X("ci_low:Q", title=title), x2="ci_high:Q")
    point = base.mark_point(filled=True, size=50, color="#2563eb").encode(x=alt.X("value:Q", title=title))
    return (bar + rule + point).properties(height=per_name(frame["name"], 26))


def forest(rows: Sequence[Row], title: str, t: Translator) -> Chart:
    """Differences with intervals around zero: ``name, delta, ci_low, ci_high, verdict`` (a verdict word), ``words``."""
    frame = pd.DataFrame(rows, columns=["name", "delta", "ci_low", "ci_high", "verdict", "words", "href"])
    verdicts = list(_SHAPES)
    words = [t(f"verdict.{verdict}").split(" ")[-1] for verdict in verdicts]
    frame["word"] = [dict(zip(verdicts, words, strict=True)).get(verdict, "") for verdict in frame["verdict"]]
    colour = alt.Color(
        "word:N",
        scale=alt.Scale(domain=words, range=list(_COLOURS.values())),
        title=None,
        legend=alt.Legend(orient="bottom", columns=2),
    )
    base = alt.Chart(frame).encode(y=names_axis(frame["name"].tolist()), color=colour, **leading(rows))
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
    return (zero + rule + point).properties(height=per_name(frame["name"], 26))


def lines(
    points: Sequence[Point],
    x_title: str,
    y_title: str,
    order: Sequence[str],
    ends: tuple[float, float] | None = (0, 1),
    events: Mapping[int | str, str] | None = None,
) -> Chart:
    """A curve per series over whole numbers or dates; ``ends`` of the scale, 0–1 for shares; ``events``: words by their x."""
    frame = pd.DataFrame(points, columns=Point._fields)
    ticks = sorted(frame["x"].unique().tolist())
    fitting = alt.ExprRef(f"max(1, floor(width / {_ENTRY}))")  # a narrow screen has room for fewer beside each other
    legend = alt.Legend(orient="bottom", columns=fitting, labelLimit=_ENTRY - 20, symbolStrokeWidth=0, symbolOpacity=1)
    y = alt.Y(
        "value:Q",
        title=y_title,
        axis=alt.Axis(format=".0%" if ends == (0, 1) else "~f"),
        scale=alt.Scale(domain=list(ends), nice=False) if ends else alt.Undefined,
    )
    several = legend if len(order) > 1 else None
    base = alt.Chart(frame).encode(
        x=alt.X("x:O", sort=ticks, title=x_title, axis=alt.Axis(labelAngle=0, labelOverlap="parity")),
        y=y,
        color=alt.Color("series:N", title=None, legend=several, scale=_colours(order)),
    )
    curves = base.mark_line().encode(strokeDash=alt.StrokeDash("series:N", sort=list(order), legend=None))
    marks = base.mark_point(filled=True, size=70).encode(
        shape=alt.Shape("series:N", title=None, sort=list(order), legend=several),
        tooltip=[
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("x:O", title=x_title),
            alt.Tooltip("value:Q", format=".3f", title=y_title),
            alt.Tooltip("n:Q", title="n"),
        ],
        **leading([{"href": point.href} for point in points]),
    )
    told = [curves, marks, *_events(events or {}, ticks)]
    return alt.layer(*told).properties(height=300 + 26 * (len(order) // 3))


def _events(events: Mapping[int | str, str], ticks: list[Any]) -> list[Chart]:
    """A dashed line and its words where something happened."""
    if not events:
        return []
    frame = pd.DataFrame({"x": list(events), "event": list(events.values())})
    at = alt.Chart(frame).encode(x=alt.X("x:O", sort=ticks), tooltip=[alt.Tooltip("event:N", title=" ")])
    words = at.mark_text(align="left", baseline="top", dx=4, color=GREY, limit=140)
    return [at.mark_rule(strokeDash=[3, 3], color=GREY), words.encode(text="event:N", y=alt.value(0))]


def _colours(order: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(order), range=(_PALETTE * (1 + len(order) // len(_PALETTE)))[: len(order)])


def radar(models: Sequence[tuple[str, Mapping[str, float | None]]], axes: Mapping[str, str]) -> dict[str, object]:
    """An ECharts option: areas (0–100) of at most four models, each a name and its areas; ``axes``: area → its label."""
    return {
        "legend": {
            "bottom": 0,
            "data": [{"name": name, "icon": symbol} for (name, _), symbol in zip(models, _SYMBOLS, strict=False)],
        },
        "radar": {"indicator": [{"name": name, "max": 100, "min": 0} for name in axes.values()], "radius": "62%"},
        "series": [
            {
                "type": "radar",
                "data": [
                    {
                        "name": name,
                        "value": [round(areas.get(area) or 0, 1) for area in axes],
                        "lineStyle": {"type": style},
                        "symbol": symbol,
                    }
                    for (name, areas), style, symbol in zip(
                        models,
                        ("solid", "dashed", "dotted", "solid"),
                        _SYMBOLS,
                        strict=False,
                    )
                ],
            }
        ],
    }
