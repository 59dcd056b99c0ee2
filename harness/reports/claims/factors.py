"""From replies to the cells of a factorial design: one row per item and cell, voice rates pooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kikime.harness.reports.claims.estimates import Level, Shift
from kikime.harness.reports.tables.frames import (
    ITEM,
    MARKERS,
    VOICE_RATES,
    Bands,
    marker_sums,
    question_rates,
    voice_rates,
)
from kikime.harness.stats.prompts.factorial import Estimate, Weights, cell_contrasts
from kikime.harness.words.labels import is_share

if TYPE_CHECKING:
    import pandas as pd


def contrasts_of(
    cells: pd.DataFrame,
    metric: str,
    names: pd.Series,
    contrasts: Mapping[str, Weights],
    bands: Bands,
    *,
    seed: int = 0,
    n_resamples: int = 4999,
) -> tuple[dict[str, Estimate], int] | None:
    """Contrasts of ``metric`` between groups of replies, and the number of items they rest on.

    Args:
        cells: replies, as :func:`kikime.harness.reports.tables.cells.read_cells` gives them.
        metric: a rule metric; those of the voice are computed per persona.
        names: the cell of each reply, in step with ``cells``.
        contrasts: name → weights of cells.
        bands: voice targets.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        None where no item has the metric in every cell. Intervals of shares end where such a contrast of shares must.
    """
    wanted = sorted({cell for weights in contrasts.values() for cell in weights})
    frame = _sums(cells.assign(cell=names.to_numpy()), metric, bands, wanted)
    if frame.empty:
        return None
    found = cell_contrasts(frame, contrasts, transform=bands.transforms(metric), seed=seed, n_resamples=n_resamples)
    if is_share(metric):
        found = {name: _possible(estimate, contrasts[name]) for name, estimate in found.items()}
    return found, len(frame) // len(wanted)


def _sums(cells: pd.DataFrame, metric: str, bands: Bands, wanted: list[str]) -> pd.DataFrame:
    """``persona, item, cell, num, den`` of the items that have every wanted cell."""
    used = cells[cells["cell"].isin(wanted)]
    if metric in MARKERS:
        used = used[used["persona"].isin(bands.targets)]
        sums = (voice_rates if metric in VOICE_RATES else marker_sums)(used, bands)
    else:
        used = used[used[metric].notna()]
        sums = used[ITEM].assign(num=used[metric].astype(float), den=1.0)
    sums = sums.assign(cell=used["cell"]).groupby([*ITEM, "cell"], as_index=False)[["num", "den"]].sum()
    if metric in VOICE_RATES:
        sums = question_rates(sums, [*ITEM, "cell"], [("num", "den")])
    whole = sums.groupby(ITEM)["cell"].transform("size") == len(wanted)
    alive = sums[whole].groupby(["persona", "cell"])["den"].transform("sum").gt(0)
    dead = sums[whole].loc[~alive, "persona"].unique()
    frame: pd.DataFrame = sums[whole & ~sums["persona"].isin(dead)]
    return frame


def _possible(estimate: Estimate, weights: Weights) -> Estimate:
    """The interval inside what this contrast of shares can be: a share 0–1, a difference −1–1, an interaction −2–2."""
    least, most = (sum(weight for weight in weights.values() if sign * weight > 0) for sign in (-1, 1))
    low, high = (None if end is None else min(most, max(least, end)) for end in (estimate.ci_low, estimate.ci_high))
    return replace(estimate, ci_low=low, ci_high=high)


def as_level(estimate: Estimate) -> Level:
    """A cell's value and interval."""
    return Level(estimate.value, estimate.ci_low, estimate.ci_high)


def as_shift(estimate: Estimate) -> Shift:
    """Value, interval and p; :func:`~kikime.harness.reports.claims.estimates.settled` says whether the value moved."""
    return Shift(estimate.value, estimate.ci_low, estimate.ci_high, "unclear", estimate.p_value)
