"""Agreement of raters, held against krippendorff, statsmodels and scikit-learn."""

from __future__ import annotations

import math

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from kikime.harness.stats.agreement import agreement, confusion, interval_alpha

SCORES = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=3, max_size=30)


def test_known_values_of_a_hand_computed_example() -> None:
    found = agreement([1, 2, 3, 4, 5], [2, 2, 3, 5, 5])
    assert found.n == 5
    assert found.bias == pytest.approx(0.4)
    assert found.mae == pytest.approx(0.4)
    # 1 − Σ(h−j)² / Σ over all pairs of the margins / n = 1 − 2 / (5 · (2 + 1.84 + 0.16))
    assert found.qwk == pytest.approx(1 - 2 / 20)


def test_icc_of_shrout_and_fleiss_first_two_judges() -> None:
    # Shrout & Fleiss 1979, table 2, judges 1 and 2; ICC(2,1) from their mean squares.
    one, two = np.array([9, 6, 8, 7, 10, 6.0]), np.array([2, 1, 4, 1, 5, 2.0])
    table = np.stack([one, two], axis=1)
    n, k, grand = 6, 2, table.mean()
    bms = k * ((table.mean(1) - grand) ** 2).sum() / (n - 1)
    jms = n * ((table.mean(0) - grand) ** 2).sum() / (k - 1)
    ems = ((table - table.mean(1, keepdims=True) - table.mean(0) + grand) ** 2).sum() / ((n - 1) * (k - 1))
    expected = (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n)
    assert agreement(one, two, low=1, high=10).icc == pytest.approx(expected)


@given(SCORES)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@settings(max_examples=30, deadline=None)
def test_alpha_and_qwk_agree_with_reference_implementations(pairs: list[tuple[int, int]]) -> None:
    human, judge = map(list, zip(*pairs, strict=True))
    found = agreement(human, judge)
    if found.alpha is not None:
        expected = krippendorff.alpha([human, judge], level_of_measurement="interval")
        assert found.alpha == pytest.approx(expected)
    if found.qwk is not None:
        table = np.array(confusion(human, judge))
        assert found.qwk == pytest.approx(cohens_kappa(table, wt="quadratic").kappa)
        assert found.qwk == pytest.approx(cohen_kappa_score(human, judge, labels=range(1, 8), weights="quadratic"))


@given(SCORES, st.randoms())
@settings(max_examples=20, deadline=None)
def test_row_order_never_matters(pairs: list[tuple[int, int]], random: object) -> None:
    shuffled = pairs.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert agreement(*zip(*pairs, strict=True)) == agreement(*zip(*shuffled, strict=True))


def test_intervals_hold_the_estimate_and_depend_on_the_seed_only() -> None:
    rng = np.random.default_rng(1)
    human = rng.integers(1, 8, 60)
    judge = np.clip(human + rng.integers(-1, 2, 60), 1, 7)
    found = agreement(human, judge)
    assert found == agreement(human, judge)
    assert found != agreement(human, judge, seed=1)
    for name in ("qwk", "spearman", "alpha", "icc", "bias", "mae"):
        low, value, high = (getattr(found, name + end) for end in ("_low", "", "_high"))
        assert low <= value <= high
        assert low < high


def test_a_constant_rater_has_no_spearman() -> None:
    found = agreement([4, 4, 4, 4], [1, 2, 3, 4])
    assert (found.spearman, found.spearman_low, found.spearman_high) == (None, None, None)
    assert found.bias == pytest.approx(-1.5)


def test_unscored_pairs_are_dropped() -> None:
    missing = agreement([1, None, 3, float("nan"), 5], [1, 2, None, 4, 5])
    assert missing.n == 2
    assert agreement(pd.Series([1, pd.NA, 7], dtype="Int64"), pd.Series([1, 2, 7])).n == 2


def test_series_are_paired_by_index() -> None:
    human = pd.Series([1, 7, 4], index=["a", "b", "c"])
    assert agreement(human, human.iloc[::-1]).mae == 0
    with pytest.raises(ValueError, match="'c'"):
        agreement(human, human.iloc[:2])


@pytest.mark.parametrize(
    ("human", "judge", "problem"),
    [
        ([1, 2], [1], "2 human scores"),
        ([], [], "no pair"),
        ([None], [1], "no pair"),
        ([1, 8], [1, 2], "row 1: 8"),
        ([1, 2], [1, math.inf], "row 1: inf"),
        ([0], [1], "row 0: 0"),
        (["good"], [1], "'good'"),
    ],
)
def test_impossible_input_is_an_error_that_names_the_row(
    human: list[object], judge: list[object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        agreement(human, judge)


def test_confusion_counts_people_in_rows() -> None:
    table = confusion([1, 1, 7], [1, 2, 7])
    assert (table[0][0], table[0][1], table[6][6], sum(map(sum, table))) == (1, 1, 1, 3)


def test_interval_alpha_is_one_for_identical_raters() -> None:
    assert interval_alpha([[1, 2, 3], [1, 2, 3], [1, 2, 3]]) == pytest.approx(1)
