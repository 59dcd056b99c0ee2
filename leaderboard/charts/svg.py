"""Geometry of the report's inline SVG charts; the templates only draw what is computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from kikime.harness.words.catalogue import Translator
from kikime.harness.words.labels import parameters

WIDTH = 360
"""User units; near the width of a phone, so that text keeps its size there."""
_LEFT, _RIGHT, _ROW, _TOP = 10, 12, 40, 6


@dataclass(frozen=True)
class Interval:
    """A number to draw, with its interval."""

    label: str
    text: str
    """The numbers in words, for people who cannot see the line."""
    value: float
    low: float | None
    high: float | None
    kind: str = "plain"
    """Class of the row: the shape of its point."""


@dataclass(frozen=True)
class Sized:
    """A model on the axis of sizes."""

    name: str
    params: int | None
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Mark:
    """One row of an interval chart."""

    label: str
    text: str
    """The numbers in words, for people who cannot see the line."""
    y: float
    x: float
    low: float | None
    high: float | None
    kind: str
    """Class of the row: the shape of its point."""


@dataclass(frozen=True)
class IntervalChart:
    """Points with intervals on one scale."""

    title: str
    width: int
    height: float
    marks: list[Mark]
    ticks: list[tuple[float, str]]
    bands: list[tuple[float, float]]
    """Shaded stretches (x, width): the smallest effect of interest, or a target range."""
    zero: float | None


def interval_chart(
    title: str,
    rows: Sequence[Interval],
    *,
    low: float | None = None,
    high: float | None = None,
    band: tuple[float, float] | None = None,
    zero: bool = False,
) -> IntervalChart | None:
    """Lay out ``rows`` on one scale; None without rows.

    ``low`` and ``high`` fix the ends of the scale; they widen where the data goes further.
    """
    if not rows:
        return None
    numbers = [n for row in rows for n in (row.value, row.low, row.high) if n is not None]
    numbers += [n for n in (low, high, *(band or ()), 0.0 if zero else None) if n is not None]
    ticks = nice_ticks(min(numbers), max(numbers))
    start, end = min(ticks[0], *numbers), max(ticks[-1], *numbers)

    def place(number: float) -> float:
        return float(round(_LEFT + (number - start) / ((end - start) or 1) * (WIDTH - _LEFT - _RIGHT), 2))

    marks = [
        Mark(
            row.label,
            row.text,
            _TOP + _ROW * number + 26,
            place(row.value),
            None if row.low is None else place(row.low),
            None if row.high is None else place(row.high),
            row.kind,
        )
        for number, row in enumerate(rows)
    ]
    bands = [(place(band[0]), round(place(band[1]) - place(band[0]), 2))] if band else []
    shown = [(place(tick), f"{tick:g}".replace("-", "−")) for tick in ticks]
    height = _TOP + _ROW * len(rows) + 24
    return IntervalChart(title, WIDTH, height, marks, shown, bands, place(0.0) if zero else None)


@dataclass(frozen=True)
class Plane:
    """A chart with two axes: outlines of distributions, or points with intervals."""

    title: str
    width: int
    height: float
    paths: list[tuple[str, str]]
    """Outlines (class, path); the classes differ in colour and in dashes."""
    points: list[tuple[float, float, float, float, str]]
    """Points: x, y, both ends of the interval, name."""
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    bands: list[tuple[float, float]]
    legend: list[tuple[str, str]]
    text: str
    """The chart in words."""


_HIGH, _SIDE, _FOOT = 180, 34, 22


def _scale(start: float, end: float, low: float, high: float) -> Callable[[float], float]:
    return lambda value: round(low + (value - start) / ((end - start) or 1) * (high - low), 2)


def overlay_chart(
    title: str,
    series: Mapping[str, Sequence[tuple[int, float]]],
    width: int,
    band: tuple[float, float] | None,
    *,
    language: str = "ja",
) -> Plane | None:
    """Shares of replies per bin (its start and share, ``width`` wide) as one outline per series; None without replies.

    A series without replies is left out; its place keeps its colour.
    """
    numbered = enumerate(series.items())
    found = {(number, name): dict(rows) for number, (name, rows) in numbered if rows}
    starts = [start for rows in found.values() for start in rows]
    if not starts:
        return None
    x_ticks = nice_ticks(min(starts), max(starts) + width)
    y_ticks = nice_ticks(0, max(share for rows in found.values() for share in rows.values()), 4)
    x = _scale(x_ticks[0], x_ticks[-1], _SIDE, WIDTH - _RIGHT)
    y = _scale(y_ticks[0], y_ticks[-1], _HIGH - _FOOT, _TOP)
    t, paths, words = Translator(language), [], []
    for (number, name), rows in found.items():
        bins = range(min(starts), max(starts) + width, width)
        steps = [f"M{x(min(starts))} {y(0)}", *(f"V{y(rows.get(start, 0))} H{x(start + width)}" for start in bins)]
        paths.append((f"series{number}", " ".join(steps) + f" V{y(0)}"))
        top = max(rows, key=lambda start: rows[start])
        most = str(top) if width == 1 else t("report.lengths.range", low=top, high=top + width - 1)
        words.append(t("report.lengths.most", name=name, bin=most, share=100 * rows[top]))
    ends = (max(band[0], x_ticks[0]), min(band[1] + 1, x_ticks[-1])) if band else (0, 0)
    bands = [(x(ends[0]), round(x(ends[1]) - x(ends[0]), 2))] if ends[0] < ends[1] else []
    legend = [(f"series{number}", name) for number, name in found]
    ticks = [(x(tick), f"{tick:g}") for tick in x_ticks], [(y(tick), f"{100 * tick:g}%") for tick in y_ticks]
    return Plane(title, WIDTH, _HIGH, paths, [], *ticks, bands, legend, t("report.stop").join(words))


def size_chart(title: str, rows: Sequence[Sized], *, language: str = "ja") -> Plane | None:
    """Points with intervals over a logarithmic axis of parameters; None where no size and value are known."""
    known = [(row, row.params, row.value) for row in rows if row.params and row.value is not None]
    if not known:
        return None
    powers = [log10(params) for _, params, _ in known]
    x = _scale(
        floor(min(powers)),
        ceil(max(powers)) if max(powers) > floor(min(powers)) else ceil(max(powers)) + 1,
        _SIDE,
        WIDTH - _RIGHT,
    )
    numbers = [n for row, _, value in known for n in (value, row.low, row.high) if n is not None]
    y_ticks = nice_ticks(min(numbers), max(numbers), 4)
    y = _scale(y_ticks[0], y_ticks[-1], _HIGH - _FOOT, _TOP)
    points = []
    for power, (row, _, value) in zip(powers, known, strict=True):
        low, high = (y(value if end is None else end) for end in (row.low, row.high))
        points.append((x(power), y(value), low, high, row.name))
    decades = range(floor(min(powers)), ceil(max(powers)) + 1)
    ticks = [(x(decade), parameters(10**decade)) for decade in decades], [(y(tick), f"{tick:g}") for tick in y_ticks]
    t = Translator(language)
    words = [
        t("report.ranking.size_mark", name=row.name, params=parameters(params), value=value)
        for row, params, value in known
    ]
    return Plane(title, WIDTH, _HIGH, [], points, *ticks, [], [], t("report.stop").join(words))


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers that span low–high: at least two."""
    if high <= low:
        low, high = low - 1, high + 1
    raw = (high - low) / wanted
    power = 10 ** floor(log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return [round(step * number, 10) for number in range(floor(low / step), ceil(high / step) + 1)]


def shade(share: float | None) -> str:
    """One of eleven shades for a share 0–1, as the name of a class."""
    return "none" if share is None else f"s{round(10 * min(1.0, max(0.0, share)))}"
