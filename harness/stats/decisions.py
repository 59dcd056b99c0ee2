"""What may be concluded: whether a checkpoint passes a gate, and which of many findings stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import false_discovery_control

from kikime.harness.stats.paired import FEW_ITEMS, PairedDifference, PairedEstimate
from kikime.harness.stats.validation import FloatArray, TableError, checked_margin

Decision = Literal["pass", "fail", "insufficient evidence"]


@dataclass(frozen=True)
class GateDecision:
    """Answer of a non-inferiority test of b against a."""

    decision: Decision
    n: int
    """Units that were compared."""
    n_needed: int | None
    """Units that would settle it with 80 % power if the observed difference is the true one; None where it is settled
    or cannot be said."""
    unit: Literal["items", "personas"]
    change: float
    """Difference in the good direction: below 0 is worse."""
    worst: float | None
    """Lower end of its 95 % interval."""
    best: float | None


def decide(
    difference: PairedDifference, *, margin: float, higher_is_better: bool = True, worst_value: float | None = None
) -> GateDecision:
    """Test that b is not worse than a by ``margin`` or more.

    By the interval that reports print. ``pass``: the whole interval is above −margin (with a margin of 0: not below 0).
    ``fail``: the interval is below 0 and the loss is at least the margin. Anything else is ``insufficient evidence``, as are
    two items or fewer, and two values that are both at ``worst_value``, the bad end of the scale: from there nothing can fall.

    Raises:
        TableError: (a ValueError) the margin is negative or not finite.
    """
    checked_margin(margin)
    change, worst, best = _oriented(difference.estimate, higher_is_better=higher_is_better)
    unit: Literal["items", "personas"] = "personas" if difference.scope == "new personas" else "items"
    n = difference.n_personas if unit == "personas" else difference.n_items
    decision: Decision = "insufficient evidence"
    sunk = (
        difference.at_bound and worst_value is not None and math.isclose(difference.mean_a, worst_value, abs_tol=1e-9)
    )
    if worst is not None and best is not None and difference.n_items > FEW_ITEMS and not sunk:
        if worst > -margin or (margin == 0 and worst == 0):
            decision = "pass"
        elif best < 0 and -change >= margin:
            decision = "fail"
    shrinks = 1 if difference.ci_method == "no_variation" else 2
    open_ended = decision == "insufficient evidence" and not sunk
    needed = _n_needed(n, difference.mde, change, margin, shrinks) if open_ended else None
    return GateDecision(decision, n, needed, unit, change, worst, best)


def _oriented(difference: PairedEstimate, *, higher_is_better: bool) -> tuple[float, float | None, float | None]:
    if higher_is_better:
        return difference.delta, difference.ci_low, difference.ci_high
    low, high = difference.ci_low, difference.ci_high
    return -difference.delta, None if high is None else -high, None if low is None else -low


def _n_needed(n: int, mde: float | None, change: float, margin: float, shrinks: int) -> int | None:
    """Scale n so that the detectable difference shrinks to the distance that must be shown.

    It falls with √n (``shrinks`` 2), with n itself (1) where nothing has varied yet.
    """
    distance = margin + min(change, 0.0) if change > -margin else -change
    if mde is None or distance <= 0:
        return None
    return max(n + 1, math.ceil(n * (mde / distance) ** shrinks))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values of a declared family so that any false finding stays below the level (Holm 1979).

    Raises:
        ValueError: a p outside 0–1 or NaN.
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return [float(value) for value in adjusted]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values of an exploration so that the share of false findings stays below the level (1995).

    Raises:
        ValueError: a p outside 0–1 or NaN.
    """
    p = _checked(p_values)
    return [float(value) for value in false_discovery_control(p, method="bh")] if len(p) else []


def _checked(p_values: Sequence[float]) -> FloatArray:
    p = np.asarray(p_values, dtype=np.float64)
    bad = ~((p >= 0) & (p <= 1))
    if bad.any():
        position = int(np.argmax(bad))
        raise TableError("p-value {position} is {value}, not within 0–1", position=position, value=p[position])
    return p
