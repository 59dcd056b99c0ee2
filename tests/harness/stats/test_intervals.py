from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from kikime.harness.stats import intervals

rng = np.random.default_rng(7)


@pytest.mark.parametrize(("successes", "n"), [(0, 12), (1, 3), (17, 40), (40, 40)])
def test_wilson_is_that_of_statsmodels(successes: int, n: int) -> None:
    expected = proportion_confint(successes, n, method="wilson")
    assert intervals.wilson_interval(successes, n) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 4), (5, 4)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes among"):
        intervals.wilson_interval(successes, n)


def test_unseen_share_is_clopper_pearson_after_no_event() -> None:
    assert intervals.unseen_share(20) == pytest.approx(stats.binomtest(0, 20).proportion_ci().high, abs=1e-12)


def test_equal_items_leave_open_what_so_few_can_miss() -> None:
    missed = stats.binomtest(0, 20).proportion_ci().high
    low, high = intervals.or_unseen(
        np.array([0.3, 0.5]), np.array([0.4, 0.5 + 1e-16]), np.array([0.35, 0.5]), n=20, reach=2
    )
    assert low == pytest.approx([0.3, 0.5 - 2 * missed])
    assert high == pytest.approx([0.4, 0.5 + 2 * missed])


def test_mean_interval_is_that_of_statsmodels() -> None:
    values = rng.normal(size=9)
    assert intervals.mean_interval(values) == pytest.approx(DescrStatsW(values).tconfint_mean())
    assert intervals.mean_interval(values[:1]) is None


def test_bca_is_that_of_scipy_for_the_same_draws() -> None:
    values = rng.exponential(size=25)
    result = stats.bootstrap((values,), np.mean, method="BCa", n_resamples=4000, rng=np.random.default_rng(1))
    without = (values.sum() - values) / 24
    acceleration = intervals.acceleration([24 * (without.mean() - without)])
    ends = intervals.bca_interval(result.bootstrap_distribution, values.mean(), acceleration)
    assert ends == pytest.approx(tuple(result.confidence_interval), abs=1e-12)


def test_bca_without_a_bias_estimate_is_the_percentile_interval() -> None:
    draws = np.linspace(1, 2, 101)
    assert intervals.percentile_interval(draws) == pytest.approx((1.025, 1.975))
    assert intervals.bca_interval(draws, 0.0, 0.1) == intervals.percentile_interval(draws)


def test_nothing_varies_no_acceleration() -> None:
    assert intervals.acceleration([np.zeros(4)]) == 0.0
    assert intervals.welch_df([np.zeros(4)]) == math.inf


def test_degrees_of_freedom_are_welch_s() -> None:
    samples = [rng.normal(size=7), rng.normal(scale=3, size=12)]
    expected = CompareMeans(*map(DescrStatsW, samples)).dof_satt()
    assert intervals.welch_df([sample - sample.mean() for sample in samples]) == pytest.approx(expected)


def test_t_over_z_shrinks_to_one() -> None:
    assert intervals.t_over_z(15) == pytest.approx(1.0875, abs=1e-4)
    assert intervals.t_over_z(math.inf) == 1.0
    with pytest.raises(ValueError, match="two units"):
        intervals.t_over_z(0)


def test_detectable_difference_has_the_promised_power() -> None:
    n, sd = 30, 1.5
    effect = intervals.detectable(sd / math.sqrt(n), n - 1) / sd
    assert TTestPower().power(effect, n, 0.05) == pytest.approx(0.8, abs=0.005)
    assert intervals.detectable(1.0) == pytest.approx(2.8016, abs=1e-4)
