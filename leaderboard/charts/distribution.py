"""Charts of distributions: lengths in bins, and a judge's scores from 1 to 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import altair as alt
import pandas as pd

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts.altair import BAND, BLUE, GREY, ORANGE, Chart, Row, leading, names_axis, per_name


class Counted(Protocol):
    """Replies of one bin of whole numbers."""

    @property
    def start(self) -> int:
        """Lower end of the bin."""

    @property
    def n(self) -> int:
        """Replies in it."""

    @property
    def share(self) -> float:
        """Of all replies, 0–1."""


def histogram(
    series: Mapping[str, Sequence[tuple[Counted, str]]],
    width: int,
    title: str,
    band: tuple[float, float] | None,
    t: Translator,
) -> Chart:
    """Shares of replies per bin of whole numbers, one outline per series; ``band`` is the wanted range, ends included.

    Each bin comes with the address that a click on it opens.
    """
    rows = [row for name, found in series.items() for row in _whole_bins(name, found, width)]
    frame = pd.DataFrame(rows, columns=["series", "start", "last", "share", "n", "href"])
    frame["from"], frame["to"] = frame["start"] - 0.5, frame["last"] + 0.5
    names = list(series)
    dashes = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2]]
    colour = alt.Color(
        "series:N",
        sort=names,
        title=None,
        scale=alt.Scale(domain=names, range=[BLUE, ORANGE, GREY, "#15803d"][: len(names)]),
        legend=alt.Legend(orient="top", symbolStrokeWidth=0, symbolOpacity=1) if len(names) > 1 else None,
    )
    x = alt.X("from:Q", title=title, scale=alt.Scale(zero=True, nice=False), axis=alt.Axis(tickMinStep=1))
    y = alt.Y("share:Q", title=t("model.share_axis"), axis=alt.Axis(format=".0%"), stack=None)
    tips = [
        alt.Tooltip("series:N", title=" "),
        alt.Tooltip("start:Q", title=t("model.from")),
        alt.Tooltip("last:Q", title=t("model.to")),
        alt.Tooltip("n:Q", title=t("common.n")),
        alt.Tooltip("share:Q", format=".1%", title=t("model.share")),
    ]
    boxes = (
        alt.Chart(frame)
        .mark_rect(opacity=0.35)
        .encode(x=x, x2="to:Q", y=y, y2=alt.datum(0), color=colour, tooltip=tips, **leading(rows))
    )
    lines = (
        alt.Chart(frame)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=colour,
            strokeDash=alt.StrokeDash(
                "series:N", sort=names, scale=alt.Scale(domain=names, range=dashes[: len(names)]), legend=None
            ),
        )
    )
    layers: list[Chart] = [boxes, lines]
    if band is not None:
        ends = pd.DataFrame([{"low": band[0] - 0.5, "high": band[1] + 0.5, "what": t("model.band")}])
        shade = (
            alt.Chart(ends)
            .mark_rect(color=BAND, opacity=0.2)
            .encode(x=alt.X("low:Q", title=title), x2="high:Q", tooltip=alt.Tooltip("what:N", title=" "))
        )
        layers = [shade, *layers]
    return alt.layer(*layers).properties(height=260)


def _whole_bins(name: str, found: Sequence[tuple[Counted, str]], width: int) -> list[dict[str, object]]:
    """One row per bin, empty ones and the one after the last included, so that an outline returns to zero."""
    if not found:
        return []
    by_start = {counted.start: (counted.n, counted.share, href) for counted, href in found}
    rows: list[dict[str, object]] = []
    for start in range(min(by_start), max(by_start) + 2 * width, width):
        n, share, href = by_start.get(start, (0, 0.0, None))
        rows.append({"series": name, "start": start, "last": start + width - 1, "n": n, "share": share, "href": href})
    return rows


def score_bars(rows: Sequence[Row], t: Translator) -> Chart:
    """Shares of the scores per judge and criterion as stacked bars: ``name, score, scale, share, n``."""
    frame = pd.DataFrame(rows, columns=["name", "score", "scale", "share", "n", "href"])
    frame["shown"] = [
        str(score) if share >= 0.04 else "" for score, share in zip(frame["score"], frame["share"], strict=True)
    ]
    ends = alt.Scale(domain=[0, 1])
    base = alt.Chart(frame).encode(
        y=names_axis(list(dict.fromkeys(frame["name"]))), order=alt.Order("score:Q"), **leading(rows)
    )
    boxes = base.mark_bar(height=20, stroke="white").encode(
        x=alt.X("share:Q", stack="zero", title=t("judge.share_axis"), scale=ends, axis=alt.Axis(format=".0%")),
        color=_score_colour(frame, t),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("score:O", title=t("judge.score")),
            alt.Tooltip("share:Q", format=".1%", title=t("model.share")),
            alt.Tooltip("n:Q", title=t("common.n")),
        ],
    )
    signs = base.mark_text(fontSize=11, color="#111827").encode(
        x=alt.X("share:Q", stack="zero", bandPosition=0.5, title=t("judge.share_axis")), text="shown:N"
    )
    return (boxes + signs).properties(height=per_name(list(frame["name"].unique()), 30))


def _score_colour(frame: pd.DataFrame, t: Translator) -> alt.Color:
    """From the lowest to the highest point of the rubric; without a legend where the rubrics have several scales."""
    scales = sorted(set(frame["scale"]))
    if len(scales) > 1:
        frame["place"] = (frame["score"] - 1) / (frame["scale"] - 1)
        return alt.Color("place:Q", scale=alt.Scale(domain=[0, 1], scheme="redyellowblue"), legend=None)
    points = list(range(1, int(scales[0]) + 1)) if scales else []
    return alt.Color(
        "score:O",
        sort=points,
        title=t("judge.score"),
        scale=alt.Scale(domain=points, scheme="redyellowblue"),
        legend=alt.Legend(orient="bottom", columns=alt.ExprRef("max(1, floor(width / 42))")),
    )
