"""How long replies are: mean, median and quartiles of characters and sentences, and the share inside the target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kikime.harness.core.manifest import Manifest
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import LengthEntry, LengthRatio
from kikime.harness.stats.intervals import wilson_interval
from kikime.harness.stats.lengths import LengthSummary, length_summary, ratio_of_means

if TYPE_CHECKING:
    import pandas as pd

_RANGES = {"length_chars": "chars", "sentences": "sentences"}


def length_display(pair: Pair, *, seed: int = 0) -> list[LengthEntry]:
    """One entry per unit and persona, the whole (``persona`` None) first.

    Empty where no reply of both runs has a length; see :func:`with_length`.
    """
    shared = pair.a.index.isin(with_length(pair.a, pair.manifest_a).index)
    shared &= pair.b.index.isin(with_length(pair.b, pair.manifest_b).index)
    a, b = pair.a[shared], pair.b[shared]
    if a.empty:
        return []
    entries = []
    for unit in _RANGES:
        entries.append(_entry(a, b, unit, None, pair.manifest_a, seed))
        personas = sorted(a["persona"].unique())
        if len(personas) > 1:
            for persona in personas:
                at = (a["persona"] == persona).to_numpy()
                entries.append(_entry(a[at], b[at], unit, persona, pair.manifest_a, seed))
    return entries


def with_length(cells: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """The replies that have a length: not the failed ones, chosen labels, or those of no persona, which has no target."""
    spoken = ~cells["failed"].astype(bool) & cells["persona"].isin(list(manifest["personas"]))
    own: pd.DataFrame = cells[spoken & cells[list(_RANGES)].notna().all(axis=1)]
    return own


def describe_lengths(cells: pd.DataFrame, unit: str, manifest: Manifest) -> LengthSummary:
    """Describe the lengths of one run's replies, of which each has one: quartiles of replies, means over questions."""
    ranges = {name: card["length"][_RANGES[unit]] for name, card in manifest["personas"].items()}
    low, high = ([ranges[name][end] for name in cells["persona"]] for end in (0, 1))
    questions = (
        cells[["persona", "item"]]
        .assign(length=cells[unit].to_numpy(float), inside=cells[unit].between(low, high).to_numpy(float))
        .groupby(["persona", "item"])[["length", "inside"]]
        .mean()
    )
    mean, share = questions.groupby("persona").mean().mean()
    share_low, share_high = wilson_interval(round(share * len(questions)), len(questions))
    over_replies = length_summary(list(cells[unit]), low=low, high=high)
    return replace(
        over_replies, mean=float(mean), share_in_range=float(share), share_low=share_low, share_high=share_high
    )


def _entry(
    a: pd.DataFrame, b: pd.DataFrame, unit: str, persona: str | None, manifest: Manifest, seed: int
) -> LengthEntry:
    items = a[["persona", "item"]].assign(a=a[unit].to_numpy(float), b=b[unit].to_numpy(float))
    frame = items.groupby(["persona", "item"], as_index=False)[["a", "b"]].mean()
    ratio = ratio_of_means(frame, seed=seed, n_resamples=1999)
    wanted = manifest["personas"][persona]["length"][_RANGES[unit]] if persona else None
    return LengthEntry(
        unit=unit,
        persona=persona,
        range=(wanted[0], wanted[1]) if wanted else None,
        a=describe_lengths(a, unit, manifest),
        b=describe_lengths(b, unit, manifest),
        ratio=LengthRatio(ratio.ratio, ratio.ci_low, ratio.ci_high),
    )
