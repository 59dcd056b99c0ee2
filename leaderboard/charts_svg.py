"""Geometry of the report's inline SVG charts; the templates only draw what is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

WIDTH = 360
"""User units; near the width of a phone, so that text keeps its size there."""
_LEFT, _RIGHT, _ROW, _TOP = 10, 12, 40, 6


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
    rows: Sequence[dict[str, Any]],
    *,
    low: float | None = None,
    high: float | None = None,
    band: tuple[float, float] | None = None,
    zero: bool = False,
) -> IntervalChart | None:
    """Lay out ``rows`` (``label, text, value, low, high, kind``) on one scale; None without rows.

    ``low`` and ``high`` fix the ends of the scale; they widen where the data goes further.
    """
    if not rows:
        return None
    numbers = [n for row in rows for n in (row["value"], row["low"], row["high"]) if n is not None]
    numbers += [n for n in (low, high, *(band or ()), 0.0 if zero else None) if n is not None]
    ticks = nice_ticks(min(numbers), max(numbers))
    start, end = min(ticks[0], *numbers), max(ticks[-1], *numbers)

    def place(number: float) -> float:
        return float(round(_LEFT + (number - start) / ((end - start) or 1) * (WIDTH - _LEFT - _RIGHT), 2))

    marks = [
        Mark(
            row["label"], row["text"], _TOP + _ROW * number + 26, place(row["value"]),
            None if row["low"] is None else place(row["low"]), None if row["high"] is None else place(row["high"]),
            row.get("kind", "plain"),
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    bands = [(place(band[0]), round(place(band[1]) - place(band[0]), 2))] if band else []
    shown = [(place(tick), f"{tick:g}".replace("-", "−")) for tick in ticks]
    height = _TOP + _ROW * len(rows) + 24
    return IntervalChart(title, WIDTH, height, marks, shown, bands, place(0.0) if zero else None)


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
