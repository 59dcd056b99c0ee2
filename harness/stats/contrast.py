"""Difference between two models within one persona, as a mean of items or as a pooled and transformed rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kikime.harness.stats.validation import FloatArray, TableError

Transform = Callable[[FloatArray], FloatArray]
"""From rates to points, elementwise: ``style_band`` of a persona, for example."""
TransformBy = Transform | Mapping[str, Transform]
"""One transform for all, or one per persona."""


def identity(rates: FloatArray) -> FloatArray:
    """Leave rates as they are."""
    return rates


@dataclass(frozen=True)
class Contrast:
    """One persona's items under two models a and b: transform(Σ b_num / Σ b_den) − transform(Σ a_num / Σ a_den).

    A plain mean of items is a rate whose denominators are 1.
    """

    sums: FloatArray
    """(items, 4): a_num, a_den, b_num, b_den."""
    transform: Transform
    pooled: bool
    """Whether an item has no value of its own, only a share in the persona's rate."""

    @property
    def n_items(self) -> int:
        """Items that say something."""
        return len(self.sums)

    @property
    def n_spread(self) -> int:
        """Items that can show a spread: those with a denominator, on the side that has fewer."""
        return int((self.sums[:, [1, 3]] > 0).sum(axis=0).min())

    @cached_property
    def sides(self) -> tuple[float, float]:
        """The persona's value under a and under b."""
        a, b = self._sides(self.sums.sum(axis=0)[None])
        return float(a[0]), float(b[0])

    @cached_property
    def difference(self) -> float:
        """The persona's b − a, 0 where only rounding differs."""
        return float(_advantage(*(np.array([side]) for side in self.sides))[0])

    @cached_property
    def active(self) -> npt.NDArray[np.bool_]:
        """Items whose exchange changes anything."""
        return np.asarray((self.sums[:, :2] != self.sums[:, 2:]).any(axis=1))

    def resampled(self, counts: FloatArray) -> FloatArray:
        """Difference for rows of (resamples, n_items) counts; NaN where a rate does not exist."""
        return self._differences(counts @ self.sums)

    def leave_one_out(self) -> FloatArray:
        """Difference without each item in turn."""
        return self._differences(self.sums.sum(axis=0) - self.sums)

    def flipped(self, signs: FloatArray) -> FloatArray:
        """Difference when the sides are exchanged where ``signs`` (resamples, n_items) is −1."""
        middle = (self.sums[:, :2] + self.sums[:, 2:]) / 2
        moved = signs @ (self.sums[:, 2:] - middle)
        total = middle.sum(axis=0)
        return self._differences(np.hstack([total - moved, total + moved]))

    def preference(self) -> FloatArray:
        """Sign of b − a for each unit that dominance counts: the items, or the persona where items have no value."""
        units = np.array([self.difference]) if self.pooled else _advantage(self.sums[:, 0], self.sums[:, 2])
        signs: FloatArray = np.sign(units)
        return signs

    def values(self) -> FloatArray:
        """All that was measured, both sides; empty where items have no value of their own."""
        return np.asarray(self.sums[:0, 0] if self.pooled else self.sums[:, [0, 2]].ravel())

    def _differences(self, sums: FloatArray) -> FloatArray:
        a, b = self._sides(sums)
        return b - a

    def _sides(self, sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        return pooled_rate(sums[:, 0], sums[:, 1], self.transform), pooled_rate(sums[:, 2], sums[:, 3], self.transform)


def pooled_rate(numerator: FloatArray, denominator: FloatArray, transform: Transform) -> FloatArray:
    """Transform the ratio of sums; NaN where the denominator is 0. A transform of single floats is looped over."""
    exists = denominator > 0
    rates: FloatArray = np.divide(numerator, denominator, out=np.full(denominator.shape, np.nan), where=exists)
    if transform is identity:
        return rates
    try:
        points = np.asarray(transform(rates[exists]), dtype=np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.shape != rates[exists].shape:
        points = np.vectorize(transform, otypes=[np.float64])(rates[exists])
    rates[exists] = points
    return rates


def transform_for(transform: TransformBy | None, persona: str) -> Transform:
    """Pick the persona's transform; none is the identity."""
    if transform is None:
        return identity
    if not isinstance(transform, Mapping):
        return transform
    if persona not in transform:
        raise TableError(
            "there is no transform for persona={persona!r}, only for {known}",
            persona=persona,
            known=", ".join(sorted(transform)),
        )
    return transform[persona]


def _advantage(a: FloatArray, b: FloatArray) -> FloatArray:
    """Subtract a from b; a difference that only rounding made is 0."""
    raw: FloatArray = b - a
    rounding: FloatArray = 1e-12 * np.maximum(np.abs(a), np.abs(b))
    raw[np.abs(raw) <= rounding] = 0.0
    return raw
