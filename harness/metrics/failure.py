"""Scores of a generation that failed: the worst of every scale, so that failing never pays."""

from __future__ import annotations

from kikime.harness.metrics.registry import METRICS
from kikime.harness.metrics.scorer import Measured


def worst(measured: Measured) -> Measured:
    """The worst value of each metric that has a better and a worse end; the others are not applicable.

    >>> worst({"length_fit": 1, "turn_leak": 0, "length_chars": 12})
    {'length_fit': 0, 'turn_leak': 1, 'length_chars': None}
    """
    ends = {"higher": "low", "lower": "high", "none": ""}
    values: Measured = {}
    for name in measured:
        end = ends[METRICS[name].direction]
        values[name] = getattr(METRICS[name], end) if end else None
    return values
