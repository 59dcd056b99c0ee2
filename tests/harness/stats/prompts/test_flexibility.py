from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from kikime.harness.stats.prompts.flexibility import Flexibility, flexibility, normal_range, two_way
from kikime.harness.stats.validation import FloatArray

FORMATS = ["alpaca", "chatml", "llama3", "native"]


def cells(
    effects: list[float], *, n_personas: int = 3, n_items: int = 10, noise: float = 0.05, seed: int = 0
) -> pd.DataFrame:
    """Values around 0.7 plus the formats' effects (the last one is the native format's)."""
    rng = np.random.default_rng(seed)
    items = pd.MultiIndex.from_product([[f"p{i}" for i in range(n_personas)], range(n_items)])
    table = 0.7 + rng.normal(0, 0.1, (len(items), 1)) + rng.normal(0, noise, (len(items), len(effects))) + effects
    wide = pd.DataFrame(table, index=items.set_names(["persona", "item"]), columns=FORMATS[-len(effects) :])
    return wide.rename_axis(columns="format").stack().rename("value").reset_index()


def measure(frame: pd.DataFrame, **options: object) -> Flexibility:
    return flexibility(frame, **{"native": "native", **options})  # type: ignore[arg-type]


def wide(frame: pd.DataFrame) -> FloatArray:
    return frame.pivot(index=["persona", "item"], columns="format", values="value").to_numpy()


def test_retained_is_the_mean_of_the_others_over_the_native_mean() -> None:
    frame = cells([-0.1, -0.2, 0.0, 0.0])
    means = frame.groupby("format")["value"].mean()
    result = measure(frame)
    assert result.retained == pytest.approx(means[FORMATS[:3]].mean() / means["native"])
    assert result.ci_low < result.retained < result.ci_high  # type: ignore[operator]
    assert result.level == pytest.approx(means.mean())
    assert result.format_means == pytest.approx(means.to_dict())
    assert (result.n_items, result.n_personas, result.n_formats) == (30, 3, 4)


def test_means_are_over_personas_first() -> None:
    frame = cells([-0.3, 0.0])
    frame = frame[~((frame["persona"] == "p0") & (frame["item"] > 2))]
    personas = frame.groupby(["format", "persona"])["value"].mean().groupby("format").mean()
    assert measure(frame).level == pytest.approx(personas.mean())


def test_a_uniformly_bad_model_is_not_flexible() -> None:
    frame = cells([0.0, 0.0, 0.0, 0.0]).assign(value=lambda f: f["value"] - 0.55)
    result = measure(frame)
    assert result.native_low is not None
    assert result.native_low < 0.2
    assert (result.retained, result.ci_low, result.ci_high) == (None, None, None)
    assert measure(frame, floor=0.0).retained is not None


def test_the_guard_looks_at_the_lower_bound_not_the_mean() -> None:
    frame = cells([0.0, 0.0], n_personas=1, n_items=4, noise=0.4, seed=3).assign(value=lambda f: f["value"] - 0.2)
    result = measure(frame)
    assert result.native_mean > 0.2
    assert result.retained is None


def test_variance_parts_are_those_of_statsmodels() -> None:
    frame = cells([-0.1, 0.05, 0.0, 0.1]).assign(item=lambda f: f["persona"] + f["item"].astype(str))
    squares = anova_lm(ols("value ~ C(item) + C(format)", frame).fit())["mean_sq"]
    parts = two_way(wide(frame))
    assert (parts.ms_item, parts.ms_format, parts.ms_residual) == pytest.approx(tuple(squares))
    result = measure(frame)
    expected = np.sqrt((squares["C(format)"] - squares["Residual"]) / 30)
    assert result.sigma_format == pytest.approx(expected)
    assert result.tail == pytest.approx(result.level - 1.2815516 * expected)
    assert result.raw_spread == pytest.approx(np.ptp(wide(frame).mean(axis=0)))
    assert result.raw_spread_null == pytest.approx(normal_range(4) * np.sqrt(squares["Residual"] / 30))


def test_shares_of_variance_sum_to_one() -> None:
    result = measure(cells([-0.2, 0.1, 0.0, 0.0]))
    assert result.format_share is not None
    assert result.format_share + result.item_share + result.interaction_share == pytest.approx(1)  # type: ignore[operator]
    assert result.format_share > 0.3


@pytest.mark.parametrize(("n", "expected"), [(2, 1.12838), (8, 2.84720), (25, 3.93063)])
def test_normal_range_is_that_of_control_charts(n: int, expected: float) -> None:
    assert normal_range(n) == pytest.approx(expected, abs=1e-5)


def test_constant_cells_are_finite() -> None:
    result = measure(cells([0.0] * 4).assign(value=1.0))
    assert result.retained == 1.0
    unseen = 1 - 0.025 ** (1 / result.n_items)
    assert (result.ci_low, result.ci_high) == pytest.approx((1 - unseen, 1 + unseen))
    assert (result.sigma_format, result.tail, result.raw_spread, result.raw_spread_null) == (0.0, 1.0, 0.0, 0.0)
    assert (result.format_share, result.item_share, result.interaction_share) == (0.0, 0.0, 0.0)


def test_a_model_that_always_fails_is_finite() -> None:
    result = measure(cells([0.0] * 4).assign(value=0.0))
    assert (result.retained, result.level, result.tail) == (None, 0.0, 0.0)


def test_a_single_item_says_nothing_about_its_spread() -> None:
    result = measure(cells([-0.1, 0.0], n_personas=1, n_items=1))
    assert (result.retained, result.sigma_format, result.tail, result.format_share) == (None, None, None, None)


def test_ten_personas_are_resampled_as_personas() -> None:
    frame = cells([-0.2, 0.0], n_personas=10, n_items=40, noise=0.01)
    moved = np.where(frame["format"] == "alpaca", 0, 0.15 * (frame["persona"].str[1:].astype(int) - 4.5) / 4.5)
    frame = frame.assign(value=frame["value"] + np.where(frame["format"] == "native", 0, moved))
    few = measure(frame[frame["persona"] != "p9"])
    many = measure(frame)
    assert many.ci_high - many.ci_low > 5 * (few.ci_high - few.ci_low)  # type: ignore[operator]


def test_order_never_matters() -> None:
    frame = cells([-0.1, 0.0, 0.1, 0.0])
    shuffled = frame.sample(frac=1, random_state=3)[list(reversed(frame.columns))]
    assert measure(shuffled) == measure(frame)


def test_seeds() -> None:
    frame = cells([-0.1, 0.0])
    assert measure(frame) == measure(frame)
    assert measure(frame).ci_low != measure(frame, seed=1).ci_low


def test_a_native_format_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="'gemma' is not among llama3, native"):
        measure(cells([0.0, 0.0]), native="gemma")


def test_one_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="only the format 'native'"):
        measure(cells([0.0]))


def test_an_item_without_some_format_is_named() -> None:
    frame = cells([0.0, 0.0])
    with pytest.raises(ValueError, match="persona='p0', item='0': there is no value in the format 'llama3'"):
        measure(frame.drop(index=0))


def test_a_duplicate_cell_is_named() -> None:
    frame = cells([0.0, 0.0])
    with pytest.raises(ValueError, match="persona='p0', item='0', format='llama3' is there more than once"):
        measure(pd.concat([frame, frame.iloc[[0]]]))


@pytest.mark.simulation
@pytest.mark.parametrize(("n_personas", "n_items"), [(4, 12), (1, 30), (12, 6)])
def test_a_known_retained_fraction_is_recovered(n_personas: int, n_items: int) -> None:
    rng = np.random.default_rng(31)
    names, truth, retained, covered = FORMATS, 0.8, [], []
    for seed in range(1000):
        level = np.clip(
            0.7 + np.repeat(rng.normal(0, 0.05, n_personas), n_items) + rng.normal(0, 0.1, n_personas * n_items), 0, 1
        )
        table = rng.binomial(6, level[:, None] * [0.9, 0.7, 0.8, 1.0]) / 6
        index = pd.MultiIndex.from_product([range(n_personas), range(n_items)], names=["persona", "item"])
        frame = pd.DataFrame(table, index, names).rename_axis(columns="format").stack().rename("value").reset_index()
        result = measure(frame, seed=seed, n_resamples=500)
        assert result.retained is not None
        retained.append(result.retained)
        covered.append(result.ci_low <= truth <= result.ci_high)  # type: ignore[operator]
    assert np.mean(retained) == pytest.approx(truth, abs=0.01)
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.simulation
def test_without_a_format_effect_sigma_is_near_zero_and_the_raw_spread_near_its_null() -> None:
    results = [measure(cells([0.0] * 4, n_items=17, noise=0.15, seed=seed), n_resamples=2) for seed in range(600)]
    spread = np.mean([result.raw_spread for result in results])
    expected = stats.norm.expect(lambda x: 4 * x * stats.norm.cdf(x) ** 3) * 2 * 0.15 / np.sqrt(51)
    assert spread == pytest.approx(expected, rel=0.05)
    assert np.mean([result.raw_spread_null for result in results]) == pytest.approx(expected, rel=0.03)
    assert np.median([result.sigma_format for result in results]) == 0.0
    assert np.mean([result.sigma_format for result in results]) < 0.25 * spread


@pytest.mark.simulation
def test_sigma_recovers_the_spread_of_the_formats() -> None:
    effects = np.array([-0.1, -0.05, 0.05, 0.1])
    results = [measure(cells(list(effects), noise=0.15, seed=seed), n_resamples=2) for seed in range(300)]
    assert np.mean([result.sigma_format**2 for result in results]) == pytest.approx(np.var(effects, ddof=1), rel=0.05)  # type: ignore[operator]
