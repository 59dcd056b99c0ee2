"""Paired comparison of two models over the same items."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Literal

import numpy as np
import pandas as pd

from kikime.harness.stats.contrast import Contrast, TransformBy, transform_for
from kikime.harness.stats.intervals import (
    ROUNDING,
    acceleration,
    bca_interval,
    bca_p_value,
    detectable,
    mean_interval,
    t_interval,
    t_over_z,
    t_p_value,
    unseen_p_value,
    unseen_share,
    welch_df,
)
from kikime.harness.stats.resampling import Stream, count_blocks, sign_flip_p, small_sample_factor
from kikime.harness.stats.validation import FloatArray, TableError, checked_margin, sorted_rows

NEW_PERSONAS_FROM = 10
"""Personas from which on they count as a sample of personas, and the result speaks of new ones."""

FEW_ITEMS = 2
"""So many items or fewer leave every verdict open."""
ALPHA = 0.05
"""A corrected p below it is a finding."""
Verdict = Literal["better", "worse", "equivalent", "inconclusive"]
Population = Literal["new personas", "these personas"]
Method = Literal["persona_t", "item_bca", "item_t", "no_variation", "none"]

_POOLED = ["a_num", "a_den", "b_num", "b_den"]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How much b differs from a, as every report says it."""

    mean_a: float
    """Mean over personas of the mean over items (or of the transformed pooled rate)."""
    mean_b: float
    delta: float
    """b − a, in the metric's own unit, whatever its direction."""
    ci_low: float | None
    """95 % interval of ``delta``; None for a single item, which has none. In reports it holds 0 exactly where the p
    does not say that there is a difference."""
    ci_high: float | None
    p_value: float
    """Of the sign-flip test; in reports the larger of it and the level at which the interval reaches 0."""
    verdict: Verdict
    """By :func:`judged`: of the interval here, in reports of the p that is printed beside it."""
    n_items: int


@dataclass(frozen=True, kw_only=True)
class PairedEstimate(Effect):
    """An effect with what it can be trusted for."""

    ci_method: Method
    """``persona_t`` speaks of new personas, the others of these."""
    dominance: float
    """P(b > a) − P(b < a) over items (pooled rates: over personas), −1…1."""
    mde: float | None
    """Smallest true difference that this many items find with 80 % power; None for a single item."""
    n_personas: int
    persona_ci_low: float | None
    """Sensitivity: t over persona means, whatever the number of personas; None for one persona."""
    persona_ci_high: float | None


@dataclass(frozen=True, kw_only=True)
class PairedDifference(PairedEstimate):
    """How much b differs from a, with what verdicts are made of."""

    p_interval: float
    """Level at which the interval just reaches 0: below 0.05 only where ``ci_low``–``ci_high`` excludes 0."""
    at_bound: bool
    """Whether both sides of every persona sit at one and the same end of the scale, where nothing could differ."""

    @property
    def p_decisive(self) -> float:
        """The larger of ``p_value`` and ``p_interval``: what a verdict that stands beside both of them rests on."""
        return max(self.p_value, self.p_interval)

    @property
    def estimate(self) -> PairedEstimate:
        """What reports say of it: the p is the decisive one, and the interval agrees with it.

        A bootstrap interval is short where few items differ (three draws of the same two values look sure); the sign-flip
        test is exact there. A value belongs to the interval unless both reject it. For 0 both are asked, so the interval
        reaches to 0 where the test does not reject it: the union of two 95 % sets, which never covers less than either.
        What only verdicts are made of is left out.
        """
        own = {field.name: getattr(self, field.name) for field in fields(PairedEstimate)}
        low, high = self.ci_low, self.ci_high
        if low is not None and high is not None and self.p_decisive >= ALPHA:
            low, high = min(low, 0.0), max(high, 0.0)
        return PairedEstimate(**own | {"p_value": self.p_decisive, "ci_low": low, "ci_high": high})

    @property
    def scope(self) -> Population:
        """What the interval speaks of."""
        return "new personas" if self.ci_method == "persona_t" else "these personas"


@dataclass(frozen=True)
class _Interval:
    low: float | None
    high: float | None
    method: Method
    mde: float | None
    p: float


def paired_difference(
    frame: pd.DataFrame,
    *,
    higher_is_better: bool = True,
    margin: float,
    seed: int = 0,
    n_resamples: int = 9999,
    transform: TransformBy | None = None,
    bounds: Sequence[float] = (),
) -> PairedDifference:
    """Compare b with a, item by item.

    Ten personas or more: t on persona means, and p flips whole personas. Fewer: BCa over items within personas,
    rescaled by √(n/(n−1)) (and by t/z: without it 3 personas × 6 items cover 92 %), and p flips items; with one item in
    any persona, t on persona means. Where nothing varies the interval is what this many items can miss
    (Clopper–Pearson), never of width zero.

    Args:
        frame: ``persona, item, a, b``, one row per item, already averaged over its cells; or ``persona, item, a_num,
            a_den, b_num, b_den`` for rates that are pooled over a persona's items in every draw.
        higher_is_better: direction of the metric; decides between ``better`` and ``worse`` only.
        margin: smallest difference that matters, in the metric's unit.
        seed: of resampling.
        n_resamples: bootstrap draws, and random sign flips where 2ⁿ is larger.
        transform: from pooled rates to points; one for all or one per persona. At a kink of it (a rate right at its
            target) intervals are short: with 50 sentences per persona they cover 82–92 %.
        bounds: ends of the scale; two values at the same end are never ``equivalent``, since a floor is no evidence, and
            between two ends no interval reaches beyond what a difference can be.

    Raises:
        TableError: (a ValueError) a hole, a duplicate, an empty table, a persona without any denominator.
    """
    checked_margin(margin)
    contrasts = _contrasts(frame, transform)
    by_persona = _by_persona(contrasts)
    interval = _interval(contrasts, by_persona=by_persona, stream=Stream(seed, 0), n_resamples=n_resamples)
    differences = np.array([contrast.difference for contrast in contrasts])
    sides = np.array([contrast.sides for contrast in contrasts]).mean(axis=0)
    low, high = _on_scale((interval.low, interval.high), bounds)
    persona_low, persona_high = _on_scale(mean_interval(differences) or (None, None), bounds)
    at_bound = all(any(_is_at(contrast, bound) for bound in bounds) for contrast in contrasts)
    found = PairedDifference(
        mean_a=float(sides[0]),
        mean_b=float(sides[1]),
        delta=float(differences.mean()),
        ci_low=low,
        ci_high=high,
        ci_method=interval.method,
        p_value=_p_value(contrasts, by_persona=by_persona, stream=Stream(seed, 1), n_resamples=n_resamples),
        dominance=float(np.concatenate([contrast.preference() for contrast in contrasts]).mean()),
        mde=interval.mde,
        verdict="inconclusive",
        n_items=sum(contrast.n_items for contrast in contrasts),
        n_personas=len(contrasts),
        persona_ci_low=persona_low,
        persona_ci_high=persona_high,
        p_interval=interval.p,
        at_bound=at_bound,
    )
    return replace(found, verdict=_verdict(found, margin, higher_is_better=higher_is_better))


def _on_scale(ends: tuple[float | None, float | None], bounds: Sequence[float]) -> tuple[float | None, float | None]:
    """The ends of an interval, neither beyond what a difference between two ends of a scale can be."""
    if len(bounds) < 2:
        return ends
    width = max(bounds) - min(bounds)
    low, high = (None if end is None else float(np.clip(end, -width, width)) for end in ends)
    return low, high


def _by_persona(contrasts: Sequence[Contrast]) -> bool:
    """Whether personas are the units: there are enough of them to speak of new ones, or one of them has a single item."""
    some = len(contrasts) > 1 and min(contrast.n_spread for contrast in contrasts) < 2
    return some or len(contrasts) >= NEW_PERSONAS_FROM


def _verdict(found: PairedDifference, margin: float, *, higher_is_better: bool) -> Verdict:
    """The verdict by the interval alone; so few items leave it open."""
    if found.n_items <= FEW_ITEMS or found.ci_low is None or found.ci_high is None:
        return "inconclusive"
    return judged(
        found.delta,
        (found.ci_low, found.ci_high),
        found=found.ci_low > 0 or found.ci_high < 0,
        margin=margin,
        higher_is_better=higher_is_better,
        at_bound=found.at_bound,
    )


def _contrasts(frame: pd.DataFrame, transform: TransformBy | None) -> list[Contrast]:
    pooled = transform is not None or ("a_num" in frame.columns and "a" not in frame.columns)
    values = _POOLED if pooled else ["a", "b"]
    rows, data = sorted_rows(frame, keys=["persona", "item"], values=values)
    sums = data if pooled else np.insert(data, [1, 2], 1.0, axis=1)
    contrasts: list[Contrast] = []
    for persona, members in groupby(range(len(rows)), key=lambda place: rows[place][0]):
        mine = sums[list(members)]
        contrast = Contrast(_informative(mine, persona), transform_for(transform, persona), pooled)
        if not math.isfinite(contrast.difference):
            raise TableError(
                "persona={persona!r}: the transform gives {rates} for the pooled rates",
                persona=persona,
                rates=contrast.sides,
            )
        contrasts.append(contrast)
    return contrasts


def _informative(sums: FloatArray, persona: str) -> FloatArray:
    """Leave out items that have no denominator on either side: they say nothing about a rate."""
    if (sums[:, [1, 3]] < 0).any():
        raise TableError("persona={persona!r}: a denominator is negative", persona=persona)
    for side, column in (("a", 1), ("b", 3)):
        if not sums[:, column].any():
            raise TableError(
                "persona={persona!r}: {side}_den is 0 in every row, so there is no rate",
                hint="leave the persona out on both sides",
                persona=persona,
                side=side,
            )
    return sums[(sums[:, [1, 3]] > 0).any(axis=1)]


def _interval(contrasts: Sequence[Contrast], *, by_persona: bool, stream: Stream, n_resamples: int) -> _Interval:
    units = np.array([contrast.difference for contrast in contrasts])
    if by_persona:
        return _t_interval(units, contrasts, "persona_t")
    if min(contrast.n_spread for contrast in contrasts) < 2:
        return _Interval(None, None, "none", None, 1.0)
    if len(contrasts) == 1 and contrasts[0].n_items == 2:
        return _t_interval(_pseudo_values(contrasts[0]), contrasts, "item_t")
    draws = _bootstrap(contrasts, stream, n_resamples)
    if np.ptp(draws) <= 1e-12 * max(1.0, float(np.abs(units).max())):
        return _no_variation(contrasts, sum(contrast.n_items for contrast in contrasts))
    influences = [_influence(contrast) / len(contrasts) for contrast in contrasts]
    delta, df = float(units.mean()), welch_df(influences)
    curved, wider = acceleration(influences), t_over_z(df)
    low, high = (delta + wider * (end - delta) for end in bca_interval(draws, delta, curved))
    p = bca_p_value(draws, delta, curved, delta - delta / wider)
    mde = detectable(float(np.std(draws, ddof=1)), df)
    return _Interval(low, high, "item_bca", mde, max(p, ALPHA) if low <= 0 <= high else p)


def _t_interval(units: FloatArray, contrasts: Sequence[Contrast], method: Method) -> _Interval:
    error = float(np.std(units, ddof=1)) / math.sqrt(len(units))
    if error <= 1e-12 * max(1.0, float(np.abs(units).max())):
        return _no_variation(contrasts, len(units))
    mean, df = float(units.mean()), len(units) - 1
    low, high = t_interval(mean, error, df)
    return _Interval(low, high, method, detectable(error, df), t_p_value(mean, error, df))


def _no_variation(contrasts: Sequence[Contrast], n_units: int) -> _Interval:
    """Bound what ``n_units`` equal observations can miss.

    A difference that is everywhere the same may have its opposite among the unseen, so the interval excludes 0 exactly
    when the sign-flip test does; where there is none at all, an unseen item differs by the metric's spread.
    """
    delta = float(np.mean([contrast.difference for contrast in contrasts]))
    largest = max(abs(contrast.difference) for contrast in contrasts)
    reach = 2 * largest if largest > 0 else _spread(contrasts)
    half = unseen_share(n_units) * reach
    mde = half * detectable(1.0) / detectable(1.0, power=0.5)
    return _Interval(delta - half, delta + half, "no_variation", mde, unseen_p_value(n_units, abs(delta) / reach))


def _spread(contrasts: Sequence[Contrast]) -> float:
    """Standard deviation of what was measured; 1 for rates and successes, or where all is the same."""
    values = np.concatenate([contrast.values() for contrast in contrasts])
    return 1.0 if np.isin(values, (0.0, 1.0)).all() else float(np.std(values)) or 1.0


def _bootstrap(contrasts: Sequence[Contrast], stream: Stream, n_resamples: int) -> FloatArray:
    """Mean over personas in resamples of items within personas, without those in which a rate does not exist."""
    sizes = [contrast.n_items for contrast in contrasts]
    bounds = np.cumsum([0, *sizes])
    draws = np.empty(n_resamples)
    for rows, counts in count_blocks(sizes, stream, n_resamples):
        draws[rows] = sum(
            contrast.difference
            + small_sample_factor(contrast.n_items)
            * (contrast.resampled(counts[:, bounds[i] : bounds[i + 1]]) - contrast.difference)
            for i, contrast in enumerate(contrasts)
        )
    existing: FloatArray = draws[np.isfinite(draws)] / len(contrasts)
    return existing


def _pseudo_values(contrast: Contrast) -> FloatArray:
    """Jackknife pseudo-values: what each item says by itself (Tukey 1958)."""
    return contrast.n_items * contrast.difference - (contrast.n_items - 1) * contrast.leave_one_out()


def _influence(contrast: Contrast) -> FloatArray:
    without = contrast.leave_one_out()
    influence: FloatArray = (contrast.n_items - 1) * (without.mean() - without)
    return influence


def _p_value(contrasts: Sequence[Contrast], *, by_persona: bool, stream: Stream, n_resamples: int) -> float:
    if by_persona:
        units = np.array([contrast.difference for contrast in contrasts])
        units = units[units != 0]
        return sign_flip_p(lambda signs: signs @ units, len(units), stream=stream, n_resamples=n_resamples)
    active = np.concatenate([contrast.active for contrast in contrasts])
    bounds = np.cumsum([0, *(contrast.n_items for contrast in contrasts)])

    def statistic(signs: FloatArray) -> FloatArray:
        full = np.ones((len(signs), len(active)))
        full[:, active] = signs
        parts = [contrast.flipped(full[:, bounds[i] : bounds[i + 1]]) for i, contrast in enumerate(contrasts)]
        mean: FloatArray = np.mean(parts, axis=0)
        return mean

    return sign_flip_p(statistic, int(active.sum()), stream=stream, n_resamples=n_resamples)


def _is_at(contrast: Contrast, bound: float) -> bool:
    """Whether both sides of a persona are at ``bound``."""
    return all(math.isclose(side, bound, abs_tol=ROUNDING) for side in contrast.sides)


def judged(
    delta: float,
    interval: tuple[float | None, float | None],
    *,
    found: bool,
    margin: float,
    higher_is_better: bool,
    at_bound: bool = False,
) -> Verdict:
    """The one rule of verdicts.

    ``equivalent``: the interval lies inside ±margin, and the two values do not both sit at one end of the scale.
    ``better`` and ``worse``: a difference was found and is at least the margin. Anything else is ``inconclusive``.

    Args:
        delta: b − a.
        interval: of ``delta``; without one nothing is said.
        found: whether the test that the verdict goes by says that there is a difference.
        margin: smallest difference that matters.
        higher_is_better: direction of the metric.
        at_bound: see :attr:`PairedDifference.at_bound`.
    """
    low, high = interval
    if low is None or high is None:
        return "inconclusive"
    if -margin < low and high < margin:
        return "inconclusive" if at_bound else "equivalent"
    if found and abs(delta) >= margin:
        return "better" if (delta > 0) == higher_is_better else "worse"
    return "inconclusive"
