from itertools import combinations

import numpy as np
import pytest

from kikime.harness.stats.agreement import agreement, interval_alpha
from kikime.harness.stats.panel import panel_agreement


def ratings(n: int, raters: int, noise: int = 1) -> np.ndarray:
    rng = np.random.default_rng(n)
    true = rng.integers(1, 8, n)
    columns = [np.clip(true + rng.integers(-noise, noise + 1, n), 1, 7) for _ in range(raters)]
    return np.stack(columns, axis=1).astype(float)


@pytest.mark.parametrize("raters", [2, 3, 4])
def test_alpha_and_the_mean_pairwise_qwk_are_those_of_the_known_statistics(raters):
    table = ratings(60, raters)
    found = panel_agreement(table)
    assert found.alpha == pytest.approx(interval_alpha(table.T))
    pairs = [agreement(table[:, a], table[:, b]).qwk for a, b in combinations(range(raters), 2)]
    assert found.qwk == pytest.approx(np.mean(pairs))
    assert found.alpha_low < found.alpha < found.alpha_high
    assert (found.n, found.n_raters) == (60, raters)


def test_the_intervals_of_two_raters_are_those_of_a_judge_against_people():
    table = ratings(200, 2, noise=2)
    found, known = panel_agreement(table), agreement(table[:, 0], table[:, 1])
    for name in ("alpha_low", "alpha_high", "qwk_low", "qwk_high"):
        assert getattr(found, name) == pytest.approx(getattr(known, name), abs=0.03)


def test_neither_the_order_of_items_nor_of_raters_matters():
    table = ratings(40, 3)
    found = panel_agreement(table)
    assert panel_agreement(table[::-1]) == found
    assert panel_agreement(table[:, ::-1]).alpha == pytest.approx(found.alpha)


@pytest.mark.parametrize("table", [np.full((5, 2), 4.0), np.array([[1.0, 2.0]])])
def test_without_any_spread_or_with_one_item_nothing_is_defined(table):
    found = panel_agreement(table)
    assert (found.alpha, found.alpha_low, found.qwk, found.qwk_high) == (None,) * 4
