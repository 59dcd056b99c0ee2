from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kikime.harness.stats.paired import ALPHA, PairedDifference, paired_difference


def judged(n_personas: int, n_items: int, *, shift: float = 0.4, seed: int = 0) -> pd.DataFrame:
    """Ordinal 1–7 scores of two models, a persona effect and an item effect in both."""
    rng = np.random.default_rng(seed)
    personas = np.repeat([f"persona{i:02}" for i in range(n_personas)], n_items)
    base = 4.2 + np.repeat(rng.normal(0, 0.8, n_personas), n_items) + rng.normal(0, 0.7, n_personas * n_items)
    a, b = (np.clip(np.rint(base + move + rng.normal(0, 0.9, len(base))), 1, 7) for move in (0.0, shift))
    return pd.DataFrame({"persona": personas, "item": np.tile(np.arange(n_items), n_personas), "a": a, "b": b})


def compare(frame: pd.DataFrame, **options: object) -> PairedDifference:
    return paired_difference(frame, **{"margin": 0.3, **options})  # type: ignore[arg-type]


def both(a: list[float], b: list[float], personas: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"persona": personas or ["maid"] * len(a), "item": range(len(a)), "a": a, "b": b})


def finite(result: PairedDifference) -> bool:
    return all(math.isfinite(v) for v in dataclasses.astuple(result) if isinstance(v, float))


def test_delta_is_the_mean_over_personas_of_the_mean_over_items() -> None:
    result = compare(both([1, 1, 1, 1], [2, 2, 2, 5], ["x", "x", "x", "y"]))
    assert (result.mean_a, result.mean_b, result.delta) == (1.0, 3.5, 2.5)
    assert (result.n_items, result.n_personas) == (4, 2)


def test_dominance_counts_items_and_ignores_sizes() -> None:
    assert compare(both([1, 1, 1, 1, 4], [1, 7, 2, 3, 1])).dominance == pytest.approx((3 - 1) / 5)


def test_no_interval_reaches_beyond_what_a_difference_on_the_scale_can_be() -> None:
    frame = both([0.0, 0.0, 0.1], [1.0, 0.7, 1.0], ["x", "y", "z"])
    free, held = compare(frame), compare(frame, bounds=(0.0, 1.0))
    assert free.ci_high is not None
    assert free.ci_high > 1
    assert (held.ci_high, held.persona_ci_high, held.ci_low) == (1.0, 1.0, free.ci_low)
    assert compare(frame, bounds=(0.0,)).ci_high == free.ci_high


@pytest.mark.parametrize("moved", [1, 2, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("still", [0, 3, 12])
def test_what_is_printed_holds_0_exactly_where_its_p_finds_nothing(moved: int, still: int) -> None:
    values = [0.2] * moved + [0.0] * still
    said = compare(both([0.0] * len(values), values)).estimate
    if said.ci_low is not None:
        assert said.ci_high is not None
        assert (said.ci_low <= 0 <= said.ci_high) == (said.p_value >= ALPHA)


def test_a_sure_interval_is_printed_as_it_was_found() -> None:
    result = compare(judged(3, 24, shift=0.9))
    assert (result.estimate.ci_low, result.estimate.ci_high) == (result.ci_low, result.ci_high)


def test_ten_personas_give_the_t_interval_over_their_means() -> None:
    frame = judged(10, 6)
    result = compare(frame)
    means = (frame["b"] - frame["a"]).groupby(frame["persona"]).mean()
    expected = stats.ttest_1samp(means, 0).confidence_interval()
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected))
    assert (result.ci_method, result.scope) == ("persona_t", "new personas")
    assert (result.persona_ci_low, result.persona_ci_high) == pytest.approx(tuple(expected))


def test_ten_personas_flip_whole_personas_exactly() -> None:
    frame = judged(10, 6)
    means = (frame["b"] - frame["a"]).groupby(frame["persona"]).mean().to_numpy()
    exact = stats.permutation_test((means,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert compare(frame).p_value == pytest.approx(exact)


def test_few_personas_give_the_rescaled_stratified_bca_of_scipy() -> None:
    frame = judged(3, 24)
    frame["b"] += np.random.default_rng(1).exponential(size=len(frame))
    result = compare(frame, n_resamples=40_000)
    samples = [part["b"].to_numpy() - part["a"].to_numpy() for _, part in frame.groupby("persona")]
    reference = stats.bootstrap(
        samples,
        lambda *parts, axis: np.mean([part.mean(axis=axis) for part in parts], axis=0),
        method="BCa",
        n_resamples=40_000,
        rng=np.random.default_rng(9),
    ).confidence_interval
    free = sum(np.var(s, ddof=1) for s in samples) ** 2 / sum(np.var(s, ddof=1) ** 2 / 23 for s in samples)
    wider = math.sqrt(24 / 23) * stats.t.ppf(0.975, free) / stats.norm.ppf(0.975)
    expected = [result.delta + wider * (end - result.delta) for end in reference]
    assert (result.ci_low, result.ci_high) == pytest.approx(expected, abs=0.01)
    assert (result.ci_method, result.scope) == ("item_bca", "these personas")


def test_few_personas_flip_items() -> None:
    frame = judged(2, 6, seed=3)
    differences = (frame["b"] - frame["a"]).to_numpy()
    exact = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert compare(frame).p_value == pytest.approx(exact)


def test_one_item_in_a_persona_makes_personas_the_units() -> None:
    frame = judged(4, 6).drop(index=range(5))
    result = compare(frame)
    means = (frame["b"] - frame["a"]).groupby(frame["persona"]).mean()
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(stats.ttest_1samp(means, 0).confidence_interval()))
    assert result.ci_method == "persona_t"


def test_the_detectable_difference_shrinks_with_the_root_of_n() -> None:
    small, large = (compare(judged(4, n, seed=5), margin=0.3).mde for n in (25, 400))
    assert small is not None
    assert large is not None
    assert small / large == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize(("higher", "verdict"), [(True, "better"), (False, "worse")])
def test_direction_decides_the_verdict_and_nothing_else(higher: bool, verdict: str) -> None:
    result = compare(judged(5, 40, shift=0.9), higher_is_better=higher)
    assert result.verdict == verdict
    assert result.delta > 0
    assert result.dominance > 0


def test_an_interval_inside_the_margin_is_equivalent_even_off_zero() -> None:
    result = compare(judged(5, 200, shift=0.25), margin=0.6)
    assert result.ci_low is not None
    assert result.ci_low > 0
    assert result.verdict == "equivalent"


def test_a_sure_but_small_difference_is_not_called_better() -> None:
    result = compare(judged(5, 100, shift=0.3), margin=0.4)
    assert result.ci_low is not None
    assert result.ci_low > 0
    assert result.delta < 0.4
    assert result.verdict == "inconclusive"


def test_a_wide_interval_is_inconclusive() -> None:
    assert compare(judged(2, 6, shift=0.0)).verdict == "inconclusive"


@pytest.mark.parametrize(
    "frame",
    [
        both([3.0], [5.0]),
        both([3.0, 4.0], [6.0, 6.5]),
        both([3.0, 3.0], [3.0, 3.0]),
        both([3.0, 3.0], [6.0, 6.0], ["x", "y"]),
        both([3.0, 3.0], [6.0, 6.2], ["x", "y"]),
    ],
)
def test_two_items_or_fewer_are_inconclusive_and_finite(frame: pd.DataFrame) -> None:
    result = compare(frame)
    assert result.verdict == "inconclusive"
    assert finite(result)
    assert result.p_value >= 0.5


def test_a_single_item_has_no_interval() -> None:
    result = compare(both([3.0], [5.0]))
    assert (result.ci_low, result.ci_high, result.mde, result.ci_method) == (None, None, None, "none")


def test_two_items_of_one_persona_get_their_t_interval() -> None:
    result = compare(both([3.0, 4.0], [6.0, 6.5]))
    expected = stats.ttest_1samp([3.0, 2.5], 0).confidence_interval()
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(expected))


def test_no_difference_anywhere_is_equivalent_only_when_enough_was_seen() -> None:
    ratings = list(np.random.default_rng(0).integers(1, 8, 40).astype(float))
    few, many = compare(both(ratings[:4], ratings[:4])), compare(both(ratings, ratings))
    assert (few.verdict, many.verdict) == ("inconclusive", "equivalent")
    for result in (few, many):
        assert (result.delta, result.dominance, result.p_value, result.ci_method) == (0.0, 0.0, 1.0, "no_variation")
        assert finite(result)
        assert result.ci_low is not None
        assert result.ci_low < 0 < result.ci_high  # type: ignore[operator]


def test_two_models_that_never_fail_keep_the_clopper_pearson_bound() -> None:
    result = compare(both([0.0] * 20, [0.0] * 20), margin=0.05)
    assert result.ci_high == pytest.approx(stats.binomtest(0, 20).proportion_ci().high)
    assert result.verdict == "inconclusive"


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 12])
def test_the_same_shift_everywhere_is_believed_when_the_sign_test_does(n: int) -> None:
    result = compare(both([0.1] * n, [0.1 + 0.4] * n))
    assert result.ci_low is not None
    assert (result.ci_low > 0) == (result.p_value < 0.05) == (result.verdict == "better") == (n >= 6)
    assert finite(result)


def test_personas_that_are_all_the_same_are_degenerate_too() -> None:
    frame = both([1.0] * 30, [1.5] * 30, [f"p{i % 15}" for i in range(30)])
    result = compare(frame)
    assert (result.ci_method, result.verdict) == ("no_variation", "better")
    assert finite(result)


def test_rounding_of_averages_is_not_a_difference() -> None:
    result = compare(both([0.1 + 0.2] * 10, [0.3] * 10))
    assert (result.delta, result.dominance, result.p_value) == (0.0, 0.0, 1.0)


def test_scale_does_not_matter() -> None:
    frame = judged(3, 10)
    scaled = frame.assign(a=frame["a"] * 1e6, b=frame["b"] * 1e6)
    result, large = compare(frame), compare(scaled, margin=0.3e6)
    assert (large.ci_low, large.ci_high) == pytest.approx((result.ci_low * 1e6, result.ci_high * 1e6))  # type: ignore[operator]
    assert (large.p_value, large.verdict) == (result.p_value, result.verdict)


def test_swapping_the_models_turns_every_sign() -> None:
    frame = judged(3, 30, seed=8)
    there, back = compare(frame), compare(frame.rename(columns={"a": "b", "b": "a"}))
    assert back.delta == pytest.approx(-there.delta)
    assert back.dominance == -there.dominance
    assert (back.ci_low, back.ci_high) == pytest.approx((-there.ci_high, -there.ci_low), abs=0.02)  # type: ignore[operator]


def test_a_seed_repeats_and_another_moves_only_a_little() -> None:
    frame = judged(3, 20)
    frame["b"] += np.random.default_rng(2).normal(size=len(frame))
    first, again, other = compare(frame), compare(frame), compare(frame, seed=1)
    assert first == again
    assert first.ci_low != other.ci_low
    assert first.ci_low == pytest.approx(other.ci_low, abs=0.03)


@settings(deadline=None, max_examples=25)
@given(shape=st.tuples(st.integers(1, 12), st.integers(1, 5)), order=st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_never_matters(shape: tuple[int, int], order: object) -> None:
    frame = judged(*shape).assign(note="x")
    rows, columns = list(frame.index), list(frame.columns)
    order.shuffle(rows)  # type: ignore[attr-defined]
    order.shuffle(columns)  # type: ignore[attr-defined]
    assert compare(frame.loc[rows, columns], n_resamples=99) == compare(frame, n_resamples=99)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from("xyz"), st.sampled_from([0.0, 0.5, 1.0, 7.0]), st.sampled_from([0.0, 0.5, 1.0, 7.0])),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_the_data_the_answer_is_finite_and_contains_delta(rows: list[tuple[str, float, float]]) -> None:
    personas, a, b = (list(column) for column in zip(*rows, strict=True))
    result = compare(both(a, b, personas), n_resamples=199)
    assert finite(result)
    assert 0 < result.p_value <= 1
    assert -1 <= result.dominance <= 1
    if result.ci_low is not None and result.ci_high is not None:
        assert result.ci_low <= result.delta <= result.ci_high
    if result.verdict in ("better", "worse"):
        assert len(rows) > 2


@pytest.mark.parametrize("column", ["persona", "item", "a", "b"])
def test_a_missing_column_is_an_error(column: str) -> None:
    with pytest.raises(ValueError, match=f"'{column}' is missing"):
        compare(judged(2, 3).drop(columns=column))


def test_a_nan_is_an_error_that_names_the_item() -> None:
    frame = judged(2, 3)
    frame.loc[4, "b"] = np.nan
    with pytest.raises(ValueError, match="persona='persona01', item='1': b is nan"):
        compare(frame)


def test_a_negative_margin_is_an_error() -> None:
    with pytest.raises(ValueError, match="margin"):
        compare(judged(2, 3), margin=-1)
