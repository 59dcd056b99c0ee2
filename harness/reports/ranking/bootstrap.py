"""Areas of many models in the data and in joint bootstrap draws: pooled rates are recomputed in every draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from kikime.harness.metrics import style_levels_of
from kikime.harness.reports.ranking.measure import Entry
from kikime.harness.reports.tables.areas import Term
from kikime.harness.stats.intervals import LEVEL, or_unseen, t_over_z
from kikime.harness.stats.resampling import Stream, count_blocks, small_sample_factor
from kikime.harness.stats.validation import FloatArray

MOST_PAIRED = 60
"""Runs of which every two are set against each other."""
_BLOCK_NUMBERS = 4_000_000
"""Numbers of one block of draws: 32 MB."""


class Scores(NamedTuple):
    """Points 0–100 of each model, in the order that the models were given."""

    areas: dict[str, FloatArray]
    intervals: dict[str, tuple[FloatArray, FloatArray]]
    """95 % of each area, within 0–100; NaN where one item cannot show a spread."""
    overall: FloatArray
    overall_interval: tuple[FloatArray, FloatArray]
    overall_draws: FloatArray | None
    """(draws, models)."""


class _Stack(NamedTuple):
    """One term of all models: (items, models) numerators and denominators, and whom it applies to."""

    term: Term
    num: FloatArray
    den: FloatArray
    personas: frozenset[str]


def joint_scores(
    runs: Sequence[Entry],
    terms: Sequence[Entry],
    areas: Mapping[str, Sequence[Term]],
    *,
    seed: int,
    n_resamples: int,
) -> Scores | None:
    """Score all models on the same items; None where no area is measured.

    Items are drawn within personas, all models sharing each draw; whole personas where one of several has a single item.
    Deviations are scaled by √(n/(n−1)) and t/z, as in :func:`kikime.harness.stats.resampling.mean_draws`.
    """
    if not areas:
        return None
    items = [(str(persona), str(item)) for persona, item in runs[0]["items"]]
    sizes = {persona: len(list(rows)) for persona, rows in groupby(items, key=lambda pair: pair[0])}
    stacks = {area: [_stack(term, terms) for term in chosen] for area, chosen in areas.items()}
    model = _Model(list(sizes), list(sizes.values()), stacks, _bands_of(runs[0]))
    observed = model.points(np.ones((1, len(items))))
    values = {area: points[0] for area, points in observed.items()}
    overall = np.mean(list(values.values()), axis=0)
    draws = model.draws(observed, seed=seed, n_resamples=n_resamples, n_models=len(runs))
    if draws is None:
        nothing = np.full(len(runs), np.nan)
        return Scores(values, dict.fromkeys(values, (nothing, nothing)), overall, (nothing, nothing), None)
    intervals = {area: _interval(points, values[area], model.n_items(area)) for area, points in draws.items()}
    overall_draws = np.mean(list(draws.values()), axis=0)
    of_overall = _interval(overall_draws, overall, model.n_items(*areas))
    return Scores(values, intervals, overall, of_overall, overall_draws)


def above(runs: Sequence[str], draws: FloatArray | None) -> dict[str, dict[str, float]]:
    """Run → other run → share of the draws in which the first one is above, ties counting half.

    Empty without draws, and for more than :data:`MOST_PAIRED` runs.
    """
    if draws is None or len(runs) > MOST_PAIRED:
        return {}
    found = {}
    for position, run in enumerate(runs):
        own = draws[:, [position]]
        shares = (own > draws).mean(axis=0) + (own == draws).mean(axis=0) / 2
        found[run] = {other: float(share) for other, share in zip(runs, shares, strict=True) if other != run}
    return found


def _interval(draws: FloatArray, observed: FloatArray, n_items: int) -> tuple[FloatArray, FloatArray]:
    """95 % of each model's draws, within 0–100; where these never vary, what ``n_items`` can miss instead of no width."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    low, high = or_unseen(low, high, observed, n=n_items, reach=100)
    return np.clip(low, 0, 100), np.clip(high, 0, 100)


def _bands_of(run: Entry) -> dict[str, tuple[float, float]]:
    return {persona: (target, tolerance) for persona, (target, tolerance) in run["bands"].items()}


def _stack(term: Term, terms: Sequence[Entry]) -> _Stack:
    own = [entry[term.id] for entry in terms]
    num, den = (np.array([entry[side] for entry in own], dtype=np.float64).T for side in ("num", "den"))
    same = bool((den == den[:, :1]).all())
    return _Stack(term, num, den[:, :1] if same else den, frozenset(own[0]["personas"]))


class _Model(NamedTuple):
    """Everything that turns counts of items into points."""

    personas: list[str]
    sizes: list[int]
    stacks: dict[str, list[_Stack]]
    bands: dict[str, tuple[float, float]]

    def points(self, counts: FloatArray) -> dict[str, FloatArray]:
        """Points (draws, models) of each area for ``counts`` (draws, items)."""
        return {
            area: self._area(stacks, lambda stack: self._term(stack, counts)) for area, stacks in self.stacks.items()
        }

    def n_items(self, *areas: str) -> int:
        """Items that any term of the areas rests on."""
        stacks = [stack for area in areas for stack in self.stacks[area]]
        return int(np.any([stack.den.max(axis=1) > 0 for stack in stacks], axis=0).sum())

    def draws(
        self, observed: dict[str, FloatArray], *, seed: int, n_resamples: int, n_models: int
    ) -> dict[str, FloatArray] | None:
        """Bootstrap draws of each area; None where a single unit cannot show a spread."""
        by_persona = len(self.sizes) > 1 and min(self.sizes) < 2
        units = [len(self.sizes)] if by_persona else self.sizes
        df = sum(units) - len(units)
        if df < 1:
            return None
        found = {area: np.empty((n_resamples, n_models)) for area in self.stacks}
        persona_means = self._persona_means() if by_persona else {}
        step = max(1, _BLOCK_NUMBERS // (n_models * max(sum(self.sizes), 1)))
        wider = t_over_z(df) * small_sample_factor(min(units))
        for rows, counts in count_blocks(units, Stream(seed), n_resamples):
            for start in range(0, len(counts), step):
                part = counts[start : start + step]
                points = self._drawn_personas(persona_means, part) if by_persona else self.points(part)
                for area, drawn in points.items():
                    at = slice(rows.start + start, rows.start + start + len(part))
                    found[area][at] = observed[area] + wider * (drawn - observed[area])
        return found

    def _area(self, stacks: list[_Stack], value: Callable[[_Stack], FloatArray]) -> FloatArray:
        total = sum(stack.term.weight for stack in stacks)
        points: FloatArray = 100 / total * sum((stack.term.weight * value(stack) for stack in stacks), np.zeros(1))
        return points

    def _term(self, stack: _Stack, counts: FloatArray) -> FloatArray:
        rates = [rate for persona, rate in self._rates(stack, counts) if persona in stack.personas]
        mean: FloatArray = np.mean(rates, axis=0)
        return mean

    def _rates(self, stack: _Stack, counts: FloatArray) -> Iterator[tuple[str, FloatArray]]:
        start = 0
        for persona, size in zip(self.personas, self.sizes, strict=True):
            at = slice(start, start + size)
            start += size
            if persona in stack.personas:
                yield persona, self._rate(stack, persona, counts[:, at] @ stack.num[at], counts[:, at] @ stack.den[at])

    def _rate(self, stack: _Stack, persona: str, num: FloatArray, den: FloatArray) -> FloatArray:
        """Ratio of sums; a persona without any marked or eligible sentence shows no voice: 0."""
        rate = np.divide(num, den, out=np.zeros_like(num), where=den > 0)
        if stack.term.value != "level":
            return rate
        return np.where(den > 0, style_levels_of(rate, *self.bands[persona]), 0.0)

    def _persona_means(self) -> dict[tuple[str, str], FloatArray]:
        ones = np.ones((1, sum(self.sizes)))
        return {
            (stack.term.id, persona): rate[0]
            for stacks in self.stacks.values()
            for stack in stacks
            for persona, rate in self._rates(stack, ones)
        }

    def _drawn_personas(self, means: dict[tuple[str, str], FloatArray], counts: FloatArray) -> dict[str, FloatArray]:
        """Points when whole personas are drawn; a draw without any persona of a term takes the term's own mean."""

        def term(stack: _Stack) -> FloatArray:
            own = [number for number, persona in enumerate(self.personas) if persona in stack.personas]
            values = np.stack([means[stack.term.id, self.personas[number]] for number in own])
            weight = counts[:, own].sum(axis=1, keepdims=True)
            drawn: FloatArray = np.where(
                weight > 0, counts[:, own] @ values / np.maximum(weight, 1), values.mean(axis=0)
            )
            return drawn

        return {area: self._area(stacks, term) for area, stacks in self.stacks.items()}
