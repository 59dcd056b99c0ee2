from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kikime.harness.stats.lengths import length_summary, ratio_of_means


def test_summary_of_lengths() -> None:
    summary = length_summary([10, 20, 30, 40], low=[15, 15, 15, 15], high=[30, 30, 30, 30])
    assert (summary.n, summary.mean, summary.median, summary.q1, summary.q3) == (4, 25, 25, 17.5, 32.5)
    assert summary.share_in_range == 0.5
    expected = stats.binomtest(2, 4).proportion_ci(method="wilson")
    assert (summary.share_low, summary.share_high) == pytest.approx((expected.low, expected.high))


def test_each_reply_has_the_range_of_its_persona_ends_included() -> None:
    assert length_summary([15, 45, 46, 5], low=[15, 15, 15, 5], high=[45, 45, 45, 6]).share_in_range == 0.75


@pytest.mark.parametrize(
    ("lengths", "problem"),
    [
        ([], "one number per reply"),
        ([1, 2], "one number per reply"),
        ([-1], "row 0: length"),
        ([np.nan], "row 0: length"),
    ],
)
def test_a_summary_needs_lengths(lengths: list[float], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        length_summary(lengths, low=[0], high=[9])


def replies(n_personas: int = 2, n_items: int = 40, factor: float = 1.75, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"p{i:02}" for i in range(n_personas)], range(n_items)], names=["persona", "item"]
    )
    base = rng.lognormal(3, 0.4, len(index))
    a, b = (np.rint(base * scale * rng.lognormal(0, 0.2, len(index))) for scale in (1, factor))
    return pd.DataFrame({"a": a, "b": b}, index=index).reset_index()


def test_ratio_is_that_of_the_means_over_personas() -> None:
    frame = replies().iloc[:-10]
    means = frame.groupby("persona")[["a", "b"]].mean().mean()
    result = ratio_of_means(frame)
    assert result.ratio == pytest.approx(means["b"] / means["a"])
    assert (result.mean_a, result.mean_b) == pytest.approx((means["a"], means["b"]))
    assert result.ci_low < result.ratio < result.ci_high  # type: ignore[operator]
    assert result.ci_high / result.ci_low < 1.25  # type: ignore[operator]


def test_ten_personas_are_drawn_as_personas() -> None:
    frame = replies(12)
    frame["b"] *= 1 + frame["persona"].str[1:].astype(int) / 6
    narrow = ratio_of_means(frame[frame["persona"] < "p09"])
    wide = ratio_of_means(frame)
    assert wide.ci_high / wide.ci_low > narrow.ci_high / narrow.ci_low  # type: ignore[operator]


def test_order_never_matters() -> None:
    frame = replies()
    assert ratio_of_means(frame.sample(frac=1, random_state=2)[["b", "item", "a", "persona"]]) == ratio_of_means(frame)


def test_empty_replies_on_one_side_are_no_error() -> None:
    frame = replies()
    nothing_before, nothing_after = ratio_of_means(frame.assign(a=0)), ratio_of_means(frame.assign(b=0))
    assert (nothing_before.ratio, nothing_before.ci_low) == (None, None)
    assert (nothing_after.ratio, nothing_after.ci_low, nothing_after.ci_high) == (0.0, 0.0, 0.0)


def test_one_item_has_no_interval() -> None:
    result = ratio_of_means(replies(1, 1))
    assert result.ratio is not None
    assert result.ci_low is None


def test_a_negative_length_is_named() -> None:
    frame = replies()
    frame.loc[3, "b"] = -1
    with pytest.raises(ValueError, match="persona='p00', item='3'"):
        ratio_of_means(frame)


@pytest.mark.simulation
def test_intervals_of_ratios_cover() -> None:
    covered = []
    for seed in range(800):
        result = ratio_of_means(replies(3, 15, 1.5, seed), seed=seed, n_resamples=500)
        covered.append(result.ci_low <= 1.5 <= result.ci_high)  # type: ignore[operator]
    assert 0.93 <= np.mean(covered) <= 0.97
