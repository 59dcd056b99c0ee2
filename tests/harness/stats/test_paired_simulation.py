"""The paired comparison against populations whose true difference is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from kikime.harness.stats.paired import PairedDifference, paired_difference
from kikime.harness.stats.validation import FloatArray

pytestmark = pytest.mark.simulation
RESAMPLES = 999


@dataclass
class Population:
    """Ordinal 1–7 scores with persona, item and persona × model effects; b is better by ``shift`` before rounding."""

    rng: np.random.Generator
    shift: float

    def personas(self, n: int) -> FloatArray:
        """Level and shift of each persona, (n, 2)."""
        return np.column_stack([self.rng.normal(4.2, 0.8, n), self.rng.normal(self.shift, 0.3 * (self.shift > 0), n)])

    def scores(self, levels: FloatArray, shifts: FloatArray) -> tuple[FloatArray, FloatArray]:
        base = levels + self.rng.normal(0, 0.7, len(levels))
        a = np.clip(np.rint(base + self.rng.normal(0, 0.9, len(levels))), 1, 7)
        b = np.clip(np.rint(base + shifts + self.rng.normal(0, 0.9, len(levels))), 1, 7)
        return a, b


def compare(population: Population, personas: FloatArray, sizes: list[int], seed: int) -> PairedDifference:
    a, b = population.scores(*np.repeat(personas, sizes, axis=0).T)
    names = np.repeat([f"persona{i:02}" for i in range(len(sizes))], sizes)
    frame = pd.DataFrame({"persona": names, "item": np.concatenate([np.arange(n) for n in sizes]), "a": a, "b": b})
    return paired_difference(frame, margin=0.3, seed=seed, n_resamples=RESAMPLES)


def covers(result: PairedDifference, truth: float) -> bool:
    assert result.ci_low is not None
    assert result.ci_high is not None
    return result.ci_low <= truth <= result.ci_high


@pytest.mark.parametrize("sizes", [[20], [6, 6, 6], [12] * 4, [5, 9, 14, 30], [25] * 8], ids=str)
def test_intervals_for_these_personas_cover(sizes: list[int]) -> None:
    population = Population(np.random.default_rng(11), 0.3)
    personas = population.personas(len(sizes))
    many = 400_000
    truth = np.mean([np.subtract(*population.scores(*np.tile(row, (many, 1)).T)[::-1]).mean() for row in personas])
    covered = [covers(compare(population, personas, sizes, seed), float(truth)) for seed in range(1500)]
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize("n_personas", [10, 20])
def test_intervals_for_new_personas_cover(n_personas: int) -> None:
    population = Population(np.random.default_rng(12), 0.3)
    a, b = population.scores(*population.personas(2_000_000).T)
    truth = float((b - a).mean())
    sizes = [6] * n_personas
    covered = [covers(compare(population, population.personas(n_personas), sizes, seed), truth) for seed in range(1500)]
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize("sizes", [[6, 6, 6], [12] * 4, [4] * 12], ids=str)
def test_no_effect_is_found_in_five_of_a_hundred(sizes: list[int]) -> None:
    population = Population(np.random.default_rng(13), 0.0)
    results = [compare(population, population.personas(len(sizes)), sizes, seed) for seed in range(1500)]
    assert 0.02 <= np.mean([result.p_value <= 0.05 for result in results]) <= 0.06
    assert np.mean([result.verdict in ("better", "worse") for result in results]) <= 0.06


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    population = Population(np.random.default_rng(14), 0.0)
    sizes = [25] * 4
    level, none = np.full(4, 4.2), np.zeros(4)
    mde = np.mean([compare(population, np.column_stack([level, none]), sizes, seed).mde for seed in range(100)])
    shifted = np.column_stack([level, none + mde])
    found = [not covers(compare(population, shifted, sizes, seed), 0.0) for seed in range(1000)]
    assert 0.76 <= np.mean(found) <= 0.84


def test_intervals_of_pooled_bands_cover() -> None:
    rng = np.random.default_rng(16)
    n, rates = 100, (0.6, 0.7)
    covered = []
    for seed in range(800):
        sentences = rng.integers(1, 4, (2, 4 * n))
        marked = rng.binomial(sentences, np.array(rates)[:, None])
        frame = pd.DataFrame({"persona": np.repeat(list("abcd"), n), "item": np.tile(np.arange(n), 4)})
        frame[["a_den", "b_den"]], frame[["a_num", "b_num"]] = sentences.T, marked.T
        result = paired_difference(
            frame, margin=0.1, seed=seed, n_resamples=RESAMPLES, transform=lambda r: 1 - np.abs(r - 0.8) / 0.3
        )
        covered.append(covers(result, 0.1 / 0.3))
    assert 0.93 <= np.mean(covered) <= 0.97
