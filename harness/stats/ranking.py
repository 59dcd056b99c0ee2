"""Rank many models with one joint bootstrap: means, rank intervals and the chance of being the best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kikime.harness.stats.intervals import LEVEL
from kikime.harness.stats.resampling import Stream, exchangeable_units, mean_draws
from kikime.harness.stats.validation import FloatArray, checked_matrix, persona_sizes

_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def rank_intervals(scores: pd.DataFrame, *, seed: int = 0, n_resamples: int = 2000) -> pd.DataFrame:
    """Rank models by their mean over personas, with intervals from items resampled within personas.

    All models share every draw, so what they have in common cancels in the ranks. With one item in any persona whole
    personas are drawn instead; one item in all leaves the ranks open. This is the ranking of one table of scores;
    ``kikime rank`` draws several areas and pooled rates jointly
    (:func:`kikime.harness.reports.ranking.bootstrap.joint_scores`) and ranks those draws by the same :func:`rank_table`.

    Args:
        scores: index (persona, item), one column per model, higher is better; every model has every item.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        One row per model, best first: ``model, mean, ci_low, ci_high, rank, rank_low, rank_high, p_best``; see
        :func:`rank_table`.

    Raises:
        TableError: (a ValueError) a hole, a duplicate item or model, an empty table.
    """
    table = checked_matrix(scores)
    sizes = persona_sizes(table.index.get_level_values("persona"))
    units, strata = exchangeable_units(table.to_numpy(), sizes)
    if len(units) == 1:
        return rank_table(list(table.columns), units[0], None)
    observed, draws = mean_draws(units, strata, stream=Stream(seed), n_resamples=n_resamples)
    return rank_table(list(table.columns), observed, draws)


def rank_table(models: Sequence[str], observed: FloatArray, draws: FloatArray | None) -> pd.DataFrame:
    """Summarise joint draws (resamples, models) of scores whose values are ``observed`` (models,).

    Returns:
        One row per model, best first, ties by name: ``mean``; ``ci_low``, ``ci_high`` (95 %); ``rank`` = 1 + number of
        strictly better ones; ``rank_low``, ``rank_high`` = 2.5 % point of 1 + #better and 97.5 % point of #not worse;
        ``p_best``, shared among ties. Without draws the intervals are NaN and the ranks open, 1 to the last.
    """
    tolerance = 1e-9 * max(float(np.abs(observed).max()), 1e-300)
    better, _ = _beaten_by(observed[None], tolerance)
    columns: dict[str, object] = {"model": list(models), "mean": observed, "rank": 1 + better[0]}
    if draws is None:
        open_ends = {"ci_low": np.nan, "ci_high": np.nan, "rank_low": 1, "rank_high": len(models), "p_best": np.nan}
        frame = pd.DataFrame(columns | open_ends)
    else:
        frame = pd.DataFrame(columns | _intervals(draws, tolerance))
    order = ["model", "mean", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "p_best"]
    return frame.sort_values(["rank", "model"], ignore_index=True)[order]


def _intervals(draws: FloatArray, tolerance: float) -> dict[str, object]:
    better, not_worse = _beaten_by(draws, tolerance)
    best = better == 0
    low, high = np.quantile(draws, _TAILS, axis=0)
    return {
        "ci_low": low,
        "ci_high": high,
        "rank_low": 1 + np.quantile(better, _TAILS[0], axis=0, method="lower").astype(int),
        "rank_high": np.quantile(not_worse, _TAILS[1], axis=0, method="higher").astype(int),
        "p_best": (best / best.sum(axis=1, keepdims=True)).mean(axis=0),
    }


def _beaten_by(draws: FloatArray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Count for each draw and model the strictly better models, and those not worse (itself among them)."""
    better = np.empty(draws.shape, dtype=np.int32)
    not_worse = np.empty(draws.shape, dtype=np.int32)
    for row, values in enumerate(draws):
        ordered = np.sort(values)
        better[row] = len(values) - np.searchsorted(ordered, values + tolerance, side="right")
        not_worse[row] = len(values) - np.searchsorted(ordered, values - tolerance, side="left")
    return better, not_worse
