from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from harness.stats.composite import Component, composite_ranking
from harness.stats.ranking import rank_intervals

MODELS = ["august", "july", "september"]


def scores(task: str, n_items: int = 12, *, gap: float = 0.3, seed: int = 0, personas: str = "abc") -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([list(personas), [f"{task}/{i}" for i in range(n_items)]])
    values = rng.normal(0, 0.5, (len(index), 1)) + rng.normal(0, 0.3, (len(index), 3)) + gap * np.arange(3)
    return pd.DataFrame(values, index=index.set_names(["persona", "item"]), columns=MODELS)


def rates(task: str = "style", n_items: int = 20) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(5)
    shape = scores(task, n_items)
    denominators = pd.DataFrame(rng.integers(0, 4, shape.shape), index=shape.index, columns=MODELS)
    numerators = pd.DataFrame(rng.binomial(denominators, [0.4, 0.6, 0.7]), index=shape.index, columns=MODELS)
    return numerators, denominators


def test_one_plain_component_is_the_plain_ranking() -> None:
    table = scores("persona")
    composite = composite_ranking([Component("persona", table)], seed=3).overall
    plain = rank_intervals(table, seed=3)
    pd.testing.assert_frame_equal(composite, plain, check_exact=False, rtol=1e-9)


def test_an_area_is_the_mean_of_its_components_and_the_overall_that_of_the_areas() -> None:
    first, second, third = scores("x", seed=1), scores("y", seed=2), scores("z", seed=3)
    result = composite_ranking([Component("a", first), Component("a", second), Component("b", third)])
    means = {
        name: table.groupby("persona").mean().mean() for name, table in zip("xyz", (first, second, third), strict=True)
    }
    area_a, overall = (means["x"] + means["y"]) / 2, ((means["x"] + means["y"]) / 2 + means["z"]) / 2
    areas = result.areas.set_index(["area", "model"])["score"]
    assert areas["a"].to_dict() == pytest.approx(area_a.to_dict())
    assert result.overall.set_index("model")["mean"].to_dict() == pytest.approx(overall.to_dict())


def test_rates_are_pooled_within_personas_before_the_transform() -> None:
    numerators, denominators = rates()
    result = composite_ranking([Component("style", numerators, denominators, lambda rate: 100 * rate**2)])
    sums = numerators.groupby("persona").sum() / denominators.groupby("persona").sum()
    expected = (100 * sums**2).mean().to_dict()
    assert result.areas.set_index("model")["score"].to_dict() == pytest.approx(expected)


def test_metrics_of_the_same_items_share_the_draws() -> None:
    table = scores("persona")
    result = composite_ranking([Component("good", table), Component("bad", -table)])
    assert (result.overall["ci_high"] - result.overall["ci_low"]).max() < 1e-9


def test_metrics_of_different_items_do_not() -> None:
    table = scores("x")
    other = table.rename(index=lambda item: str(item).replace("x", "y"), level="item")
    result = composite_ranking([Component("good", table), Component("bad", -other)])
    assert (result.overall["ci_high"] - result.overall["ci_low"]).min() > 0.05


def test_an_item_that_one_metric_lacks_is_drawn_all_the_same() -> None:
    table = scores("x")
    result = composite_ranking([Component("a", table), Component("b", table.iloc[1:])])
    assert np.isfinite(result.areas[["ci_low", "ci_high"]].to_numpy()).all()


def test_a_persona_with_one_item_leaves_the_ranks_open() -> None:
    result = composite_ranking([Component("a", scores("x")), Component("b", scores("y", 1))])
    assert result.overall["ci_low"].isna().all()
    assert result.overall["rank_high"].tolist() == [3, 3, 3]


def test_areas_are_sorted_and_their_intervals_hold_the_score() -> None:
    areas = composite_ranking([Component("style", *rates()), Component("persona", scores("x"))]).areas
    assert list(areas.columns) == ["model", "area", "score", "ci_low", "ci_high"]
    assert areas[["model", "area"]].apply(tuple, axis=1).tolist() == [
        (m, a) for m in MODELS for a in ("persona", "style")
    ]
    assert ((areas["ci_low"] < areas["score"]) & (areas["score"] < areas["ci_high"])).all()


def test_order_of_components_rows_and_columns_never_matters() -> None:
    table, (numerators, denominators) = scores("x"), rates()
    first = composite_ranking([Component("a", table), Component("b", numerators, denominators)], n_resamples=100)
    shuffled = [Component("a", table.sample(frac=1, random_state=1)[MODELS[::-1]])]
    shuffled.append(Component("b", numerators.sample(frac=1, random_state=2), denominators[MODELS[::-1]]))
    again = composite_ranking(shuffled, n_resamples=100)
    pd.testing.assert_frame_equal(first.overall, again.overall, check_exact=True)
    pd.testing.assert_frame_equal(first.areas, again.areas, check_exact=True)


def test_models_must_have_every_component() -> None:
    with pytest.raises(ValueError, match="area 'b' has the models august, july, not"):
        composite_ranking([Component("a", scores("x")), Component("b", scores("y")[MODELS[:2]])])


def test_a_rate_that_does_not_exist_is_named() -> None:
    numerators, denominators = rates()
    denominators.loc["b", "july"] = 0
    with pytest.raises(ValueError, match="area 'style': model 'july'"):
        composite_ranking([Component("style", numerators, denominators)])


def test_denominators_must_fit() -> None:
    numerators, denominators = rates()
    with pytest.raises(ValueError, match="different items or models"):
        composite_ranking([Component("style", numerators, denominators.iloc[1:])])


def test_no_component_is_an_error() -> None:
    with pytest.raises(ValueError, match="no component"):
        composite_ranking([])
