"""Bootstrap resamples as multinomial counts and sign flips as ±1 rows, in blocks of bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kikime.harness.stats.intervals import t_over_z
from kikime.harness.stats.validation import FloatArray

_BLOCK_CELLS = 2_000_000
"""Cells of one block of counts or signs: 16 MB of float64."""
_LARGEST_KEPT = 255
"""Units of a stratum whose counts are kept, a byte each: at most 2 MB for one block."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One of the independent streams of a seed; it gives the same numbers to everyone who asks."""

    seed: int
    index: int = 0

    def generator(self) -> np.random.Generator:
        """The stream from its beginning."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(self.index,)))


def small_sample_factor(n: int) -> float:
    """√(n/(n−1)), by which a bootstrap of ``n`` units is too narrow; 1 for a single unit."""
    return math.sqrt(n / (n - 1)) if n > 1 else 1.0


def count_blocks(sizes: Sequence[int], stream: Stream, n_resamples: int) -> Iterator[tuple[slice, FloatArray]]:
    """Yield (rows, counts): how often each unit is drawn, each stratum drawing as many as it has.

    Args:
        sizes: units in each stratum; the columns of counts are the strata side by side.
        stream: source of randomness.
        n_resamples: rows in all.
    """
    height = max(1, _BLOCK_CELLS // sum(sizes))
    if n_resamples <= height and max(sizes) <= _LARGEST_KEPT:
        yield slice(0, n_resamples), _kept_counts(tuple(sizes), stream, n_resamples).astype(np.float64)
        return
    rng = stream.generator()
    for start in range(0, n_resamples, height):
        rows = slice(start, min(start + height, n_resamples))
        yield rows, np.hstack([_counts(size, rows.stop - rows.start, rng) for size in sizes]).astype(np.float64)


@lru_cache(maxsize=64)
def _kept_counts(sizes: tuple[int, ...], stream: Stream, n_resamples: int) -> NDArray[np.uint8]:
    """Counts of few units: a comparison asks for the same ones at every metric and slice."""
    rng = stream.generator()
    return np.hstack([_counts(size, n_resamples, rng) for size in sizes]).astype(np.uint8)


def mean_draws(
    values: FloatArray, sizes: Sequence[int], *, stream: Stream, n_resamples: int
) -> tuple[FloatArray, FloatArray]:
    """Mean over strata of the mean over units, in the data and in bootstrap draws within strata.

    Deviations from the data are scaled by √(n/(n−1)) of their stratum, so that the variance of the draws is unbiased,
    and by t/z, so that percentiles of few units are as wide as t intervals.

    Args:
        values: (units, k), the strata one after the other; all k columns share the draws.
        sizes: units in each stratum.
        stream: source of randomness.
        n_resamples: number of draws.

    Returns:
        the statistic (k,) and its draws (n_resamples, k).

    Raises:
        ValueError: no stratum has two units.
    """
    bounds = np.cumsum([0, *sizes])
    means = np.stack([values[low:high].mean(axis=0) for low, high in pairwise(bounds)])
    weights = np.repeat([small_sample_factor(size) / (size * len(sizes)) for size in sizes], sizes)
    wider = t_over_z(len(values) - len(sizes))
    deviations = (values - np.repeat(means, sizes, axis=0)) * (wider * weights[:, None])
    observed = means.mean(axis=0)
    draws = np.empty((n_resamples, values.shape[1]))
    for rows, counts in count_blocks(sizes, stream, n_resamples):
        np.add(observed, counts @ deviations, out=draws[rows])
    return observed, draws


def exchangeable_units(
    values: FloatArray, sizes: Sequence[int], *, new_personas_from: int | None = None
) -> tuple[FloatArray, list[int]]:
    """Choose what to resample: items within personas, or whole personas where items cannot show their spread.

    Personas are the units when one of several has a single item, or when there are ``new_personas_from`` of them or
    more. Returns the units' values and the sizes of their strata, for :func:`mean_draws`.
    """
    many = new_personas_from is not None and len(sizes) >= new_personas_from
    if len(sizes) == 1 or (min(sizes) > 1 and not many):
        return values, list(sizes)
    bounds = np.cumsum([0, *sizes])
    means = [values[low:high].mean(axis=0) for low, high in pairwise(bounds)]
    return np.stack(means), [len(sizes)]


def sign_flip_p(
    statistic: Callable[[FloatArray], FloatArray], n_units: int, *, stream: Stream, n_resamples: int
) -> float:
    """Two-sided p of a paired statistic under exchange of the two sides within units.

    Exact over all 2ⁿ exchanges where these are at most ``n_resamples`` + 1, else random with the data counted in
    (Phipson & Smyth 2010).

    Args:
        statistic: rows of ±1, one column per unit → the statistic; NaN where it does not exist.
        n_units: units that may be exchanged.
        stream: source of randomness.
        n_resamples: random exchanges.
    """
    threshold = abs(float(statistic(np.ones((1, n_units)))[0])) * (1 - 1e-9) - 1e-14
    exact = n_units <= math.log2(n_resamples + 1)
    blocks = _all_signs(n_units) if exact else _random_signs(n_units, stream.generator(), n_resamples)
    reached = valid = 0 if exact else 1
    for signs in blocks:
        values = statistic(signs)
        valid += int(np.isfinite(values).sum())
        reached += int((np.abs(values) >= threshold).sum())
    return reached / valid


def _counts(size: int, height: int, rng: np.random.Generator) -> NDArray[np.intp]:
    drawn = rng.integers(0, size, (height, size))
    drawn += np.arange(height)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=height * size).reshape(height, size)


def _all_signs(n_units: int) -> Iterator[FloatArray]:
    patterns = np.arange(2**n_units)[:, None] >> np.arange(n_units) & 1
    yield np.asarray(1.0 - 2.0 * patterns, dtype=np.float64)


def _random_signs(n_units: int, rng: np.random.Generator, n_resamples: int) -> Iterator[FloatArray]:
    height = max(1, _BLOCK_CELLS // n_units)
    for start in range(0, n_resamples, height):
        rows = min(height, n_resamples - start)
        bits = np.unpackbits(np.frombuffer(rng.bytes(-(-rows * n_units // 8)), dtype=np.uint8), count=rows * n_units)
        yield np.asarray(1.0 - 2.0 * bits.reshape(rows, n_units), dtype=np.float64)
