"""Scores of a generation that failed: the worst of every scale, so that failing never pays."""

from __future__ import annotations

from kikime.harness.metrics.metric import Measured
from kikime.harness.metrics.registry import METRICS


def worst(measured: Measured) -> Measured:
    """The worst value of each metric that has a better and a worse end; the others are not applicable.

    >>> worst({"length_fit": 1, "turn_leak": 0, "length_chars": 12})
    {'length_fit': 0, 'turn_leak': 1, 'length_chars': None}
    """
    return {name: METRICS[name].worst for name in measured}
