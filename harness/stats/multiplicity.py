"""Adjust p-values for how many questions were asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import false_discovery_control

from kikime.harness.stats.validation import FloatArray


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
        raise ValueError(f"p-value {position} is {p[position]}, not within 0–1")
    return p
