"""Estimates with intervals: what reports about prompts consist of, and how their tables show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.comparison.records import Change, Difference, Direction
from kikime.harness.stats.decisions import benjamini_hochberg
from kikime.harness.stats.paired import ALPHA, Effect
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import number, percent, signed

T = TypeVar("T")


class Level(msgspec.Struct, frozen=True):
    """A value with its interval."""

    value: float
    ci_low: float | None
    """95 %, items drawn within personas; None where some persona has a single item."""
    ci_high: float | None


class Shift(Level, frozen=True):
    """A difference with its interval."""

    change: Change
    """``up`` or ``down`` where ``p_adjusted`` says that it is not 0."""
    p_value: float = 1.0
    """Level at which the interval reaches 0."""
    p_adjusted: float | None = None
    """``p_value`` corrected over the report's differences (Benjamini–Hochberg)."""


S = TypeVar("S", bound=Shift)


@dataclass(frozen=True, kw_only=True)
class AdjustedEffect(Effect):
    """A metric with something less without it, over the same items; the verdict is by ``p_adjusted``."""

    direction: Direction = "none"
    change: Change = "unclear"
    """Whether the value itself went up or down, good or bad, by ``p_adjusted``."""
    verdict_code: Reason | None = None
    """Why the verdict is open, where there is more to say of it."""
    p_adjusted: float | None = None
    """``p_value`` corrected over the report's rows (Benjamini–Hochberg)."""


def effect_of(row: Difference) -> AdjustedEffect:
    """The effect of a difference of a comparison."""
    return AdjustedEffect(**{field.name: getattr(row, field.name) for field in fields(AdjustedEffect)})


def settled(shifts: Sequence[S]) -> list[S]:
    """The differences of a report with their p-values corrected together, and ``change`` decided by what comes out."""
    adjusted = benjamini_hochberg([shift.p_value for shift in shifts])
    return [
        replace(shift, p_adjusted=p, change=_change(shift.value, p)) for shift, p in zip(shifts, adjusted, strict=True)
    ]


def _change(value: float, p: float) -> Change:
    return "unclear" if p >= ALPHA else "up" if value > 0 else "down"


def grouped(rows: Sequence[T], *keys: str) -> list[tuple[tuple[Any, ...], list[T]]]:
    """Rows in their order, by neighbouring values of ``keys``."""
    return [(key, list(own)) for key, own in groupby(rows, key=lambda row: tuple(getattr(row, name) for name in keys))]


def share(estimate: Level | None) -> str:
    """A share with its interval."""
    if estimate is None:
        return "—"
    return percent(estimate.value) + _interval(estimate, scale=100, digits=0)


def points(estimate: Level | None) -> str:
    """A difference of shares in percentage points."""
    if estimate is None:
        return "—"
    return signed(100 * estimate.value, 1) + _interval(estimate, scale=100, digits=1)


def change(estimate: Level) -> str:
    """A difference in the metric's own unit."""
    return signed(estimate.value) + _interval(estimate, scale=1, digits=2)


def effect(t: Translator, metric: str, row: AdjustedEffect) -> list[str]:
    """A paired difference as the cells of :func:`effect_columns`, in the metric's own unit (points for shares)."""
    return [
        labels.change(metric, row.delta),
        labels.interval(t, metric, row.ci_low, row.ci_high),
        labels.p_value(row.p_adjusted),
        labels.verdict(t, row),
    ]


def effect_columns(t: Translator) -> list[str]:
    """The headings of :func:`effect`."""
    return [t(f"reports.effect.{name}") for name in ("change", "interval", "p_adjusted", "verdict")]


def _interval(estimate: Level, *, scale: int, digits: int) -> str:
    low, high = estimate.ci_low, estimate.ci_high
    if low is None or high is None:
        return ""
    return f" [{number(scale * low, digits)}, {number(scale * high, digits)}]"
