from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kikime.harness.stats.ranking import rank_intervals, rank_table


def matrix(
    n_personas: int = 4, n_items: int = 15, gaps: tuple[float, ...] = (0.0, 0.1, 0.5), seed: int = 0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(n_personas), range(n_items)], names=["persona", "item"])
    common = rng.normal(0, 0.7, (len(index), 1))
    own = rng.normal(0, 0.6, (len(index), len(gaps)))
    return pd.DataFrame(common + own + gaps, index=index, columns=[f"model{i}" for i in range(len(gaps))])


def test_the_best_comes_first_with_its_mean_over_personas() -> None:
    scores = matrix().iloc[:-5]
    ranked = rank_intervals(scores)
    means = scores.groupby("persona").mean().mean().sort_values(ascending=False)
    assert list(ranked["model"]) == list(means.index)
    assert ranked["mean"].tolist() == pytest.approx(means.tolist())
    assert list(ranked["rank"]) == [1, 2, 3]


def test_columns_are_those_of_the_contract() -> None:
    columns = ["model", "mean", "ci_low", "ci_high", "rank", "rank_low", "rank_high", "p_best"]
    assert list(rank_intervals(matrix()).columns) == columns


def test_a_clear_winner_is_certain_and_near_ties_are_not() -> None:
    ranked = rank_intervals(matrix(gaps=(0.0, 0.01, 5.0))).set_index("model")
    assert ranked.loc["model2", ["rank_low", "rank_high", "p_best"]].tolist() == [1, 1, 1.0]
    assert ranked.loc["model0", ["rank_low", "rank_high"]].tolist() == [2, 3]


def test_equal_models_share_rank_interval_and_chance() -> None:
    scores = matrix(gaps=(0.0,))
    ranked = rank_intervals(pd.DataFrame({"a": scores["model0"], "b": scores["model0"], "c": scores["model0"] - 3}))
    assert ranked["rank"].tolist() == [1, 1, 3]
    assert ranked["rank_low"].tolist() == [1, 1, 3]
    assert ranked["rank_high"].tolist() == [2, 2, 3]
    assert ranked["p_best"].tolist() == [0.5, 0.5, 0.0]


def test_ranks_of_given_draws_are_the_points_of_the_contract() -> None:
    draws = np.array([[3.0, 2.0, 1.0]] * 90 + [[2.0, 2.0, 1.0]] * 6 + [[1.0, 2.0, 3.0]] * 4)
    table = rank_table(["x", "y", "z"], np.array([3.0, 2.0, 1.0]), draws).set_index("model")
    assert table["rank_low"].to_dict() == {"x": 1, "y": 1, "z": 1}
    assert table["rank_high"].to_dict() == {"x": 3, "y": 2, "z": 3}
    assert table["p_best"].to_dict() == pytest.approx({"x": 0.93, "y": 0.03, "z": 0.04})


def test_what_all_models_share_does_not_blur_the_ranks() -> None:
    scores = matrix(gaps=(0.0, 0.3, 0.6), seed=1)
    hard = scores.add(np.random.default_rng(2).normal(0, 50, len(scores)), axis=0)
    assert list(rank_intervals(hard)["rank_high"]) == list(rank_intervals(scores)["rank_high"])


def test_items_are_drawn_within_personas() -> None:
    index = pd.MultiIndex.from_product([["easy", "hard"], range(10)], names=["persona", "item"])
    noise = np.random.default_rng(0).normal(0, 0.01, 20)
    ranked = rank_intervals(pd.DataFrame({"m": np.repeat([1.0, 0.0], 10) + noise}, index=index))
    assert ranked.loc[0, "ci_high"] - ranked.loc[0, "ci_low"] < 0.02


def test_one_item_per_persona_draws_personas() -> None:
    ranked = rank_intervals(matrix(n_personas=12, n_items=1))
    assert (ranked["ci_low"] < ranked["mean"]).all()
    assert (ranked["mean"] < ranked["ci_high"]).all()


def test_one_item_in_all_leaves_everything_open() -> None:
    ranked = rank_intervals(matrix(n_personas=1, n_items=1))
    assert ranked["ci_low"].isna().all()
    assert ranked["rank_low"].tolist() == [1, 1, 1]
    assert ranked["rank_high"].tolist() == [3, 3, 3]


def test_constant_scores_tie() -> None:
    scores = matrix() * 0
    ranked = rank_intervals(scores)
    assert ranked["rank"].tolist() == [1, 1, 1]
    assert ranked["rank_high"].tolist() == [3, 3, 3]
    assert ranked["p_best"].tolist() == pytest.approx([1 / 3] * 3)


def test_a_single_model_is_first() -> None:
    ranked = rank_intervals(matrix(gaps=(0.0,)))
    assert ranked.loc[0, ["rank", "rank_low", "rank_high", "p_best"]].tolist() == [1, 1, 1, 1.0]


@settings(deadline=None, max_examples=20)
@given(order=st.randoms(use_true_random=False))
def test_order_of_items_and_models_never_matters(order: object) -> None:
    scores = matrix(n_personas=3, n_items=4)
    rows, columns = list(scores.index), list(scores.columns)
    order.shuffle(rows)  # type: ignore[attr-defined]
    order.shuffle(columns)  # type: ignore[attr-defined]
    expected = rank_intervals(scores, n_resamples=50)
    pd.testing.assert_frame_equal(rank_intervals(scores.loc[rows, columns], n_resamples=50), expected, check_exact=True)


def test_seeds() -> None:
    first, again, other = (rank_intervals(matrix(), seed=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert first["ci_low"].tolist() != other["ci_low"].tolist()


def test_a_hole_names_item_and_model() -> None:
    scores = matrix()
    scores.iloc[3, 1] = np.nan
    with pytest.raises(ValueError, match="persona='0', item='3': model1 is nan"):
        rank_intervals(scores)


def test_fifty_models_a_thousand_items_ten_thousand_draws_in_seconds() -> None:
    scores = matrix(n_personas=5, n_items=200, gaps=tuple(np.linspace(0, 0.5, 50)))
    start = time.process_time()
    rank_intervals(scores, n_resamples=10_000)
    assert time.process_time() - start < 10


@pytest.mark.simulation
@pytest.mark.parametrize("gap", [0.05, 0.1, 0.3])
def test_rank_intervals_cover_the_true_ranks(gap: float) -> None:
    truth = gap * np.arange(8)[::-1]
    rng = np.random.default_rng(21)
    index = pd.MultiIndex.from_product([range(4), range(15)], names=["persona", "item"])
    names = [f"model{i}" for i in range(8)]
    ranks, means = [], []
    for seed in range(500):
        noise = rng.normal(0, 0.7, (60, 1)) + rng.normal(0, 0.9, (60, 8))
        ranked = rank_intervals(pd.DataFrame(truth + noise, index, names), seed=seed, n_resamples=500)
        ranked = ranked.sort_values("model")
        ranks.append((ranked["rank_low"] <= np.arange(1, 9)) & (np.arange(1, 9) <= ranked["rank_high"]))
        means.append((ranked["ci_low"] <= truth) & (truth <= ranked["ci_high"]))
    assert np.mean(ranks) >= 0.93
    assert 0.93 <= np.mean(means) <= 0.97
