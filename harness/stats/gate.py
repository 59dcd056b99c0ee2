"""Decide whether a new checkpoint may pass: not worse than a margin, worse, or not enough evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from kikime.harness.stats.paired import PairedDifference
from kikime.harness.stats.validation import checked_margin

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


def decide(difference: PairedDifference, *, margin: float, higher_is_better: bool = True) -> GateDecision:
    """Test that b is not worse than a by ``margin`` or more.

    ``pass``: the whole interval is above −margin (with a margin of 0: not below 0). ``fail``: the interval is below 0
    and the loss is at least the margin. Anything else is ``insufficient evidence``, as are two items or fewer.

    Raises:
        TableError: (a ValueError) the margin is negative or not finite.
    """
    checked_margin(margin)
    change, worst, best = _oriented(difference, higher_is_better=higher_is_better)
    unit: Literal["items", "personas"] = "personas" if difference.scope == "new personas" else "items"
    n = difference.n_personas if unit == "personas" else difference.n_items
    decision: Decision = "insufficient evidence"
    if worst is not None and best is not None and difference.n_items > 2:
        if worst > -margin or (margin == 0 and worst == 0):
            decision = "pass"
        elif best < 0 and -change >= margin:
            decision = "fail"
    shrinks = 1 if difference.ci_method == "no_variation" else 2
    needed = _n_needed(n, difference.mde, change, margin, shrinks) if decision == "insufficient evidence" else None
    return GateDecision(decision, n, needed, unit, change, worst, best)


def _oriented(difference: PairedDifference, *, higher_is_better: bool) -> tuple[float, float | None, float | None]:
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
