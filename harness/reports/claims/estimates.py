"""Estimates with intervals: what reports about prompts consist of, and how their tables show it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from kikime.harness.reports.comparison.records import Change, Difference, Verdict
from kikime.harness.stats.decisions import benjamini_hochberg
from kikime.harness.stats.paired import ALPHA

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


class PairedEffect(msgspec.Struct, kw_only=True, frozen=True):
    """A metric with something less without it, over the same items."""

    mean_a: float
    """Without."""
    mean_b: float
    delta: float
    ci_low: float | None
    """95 % interval of ``delta``."""
    ci_high: float | None
    p_value: float
    """The larger of the sign-flip test's p and the level at which the interval reaches 0."""
    p_adjusted: float | None = None
    """``p_value`` corrected over the report's rows (Benjamini–Hochberg)."""
    verdict: Verdict
    """By ``p_adjusted``, the metric's margin and the interval."""
    n_items: int


def paired(row: Difference) -> dict[str, Any]:
    """The fields of a :class:`PairedEffect`, from a difference of a comparison."""
    return {name: getattr(row, name) for name in PairedEffect.__struct_fields__}


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


def number(value: float | None, digits: int = 2) -> str:
    """A number; "—" when there is none."""
    return "—" if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share (0–1) as a percentage; "—" when there is none."""
    return "—" if value is None else f"{100 * value:.1f} %"


def share(estimate: Level | None) -> str:
    """A share with its interval."""
    if estimate is None:
        return "—"
    return percent(estimate.value) + _interval(estimate, scale=100, digits=0)


def points(estimate: Level | None) -> str:
    """A difference of shares in percentage points."""
    if estimate is None:
        return "—"
    return f"{100 * estimate.value:+.1f}" + _interval(estimate, scale=100, digits=1)


def change(estimate: Level) -> str:
    """A difference in the metric's own unit."""
    return f"{estimate.value:+.2f}" + _interval(estimate, scale=1, digits=2)


def effect(row: PairedEffect | None) -> str:
    """A paired difference."""
    return "—" if row is None else f"{row.delta:+.2f}" + _interval(row, scale=1, digits=2)


def _interval(estimate: Level | PairedEffect, *, scale: int, digits: int) -> str:
    low, high = estimate.ci_low, estimate.ci_high
    if low is None or high is None:
        return ""
    return f" [{scale * low:.{digits}f}, {scale * high:.{digits}f}]"
