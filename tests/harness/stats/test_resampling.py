from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from kikime.harness.stats.resampling import Stream, count_blocks, exchangeable_units, mean_draws, sign_flip_p
from kikime.harness.stats.validation import FloatArray


def test_each_stratum_draws_as_many_as_it_has() -> None:
    blocks = list(count_blocks([3, 500_000], Stream(0), 9))
    assert [rows.stop for rows, _ in blocks] == [3, 6, 9]
    for _, counts in blocks:
        assert (counts[:, :3].sum(axis=1) == 3).all()
        assert (counts[:, 3:].sum(axis=1) == 500_000).all()


def test_draws_spread_as_much_as_the_standard_error_of_a_stratified_mean() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=40), rng.normal(5, 2, size=60)
    observed, draws = mean_draws(
        np.concatenate([first, second])[:, None], [40, 60], stream=Stream(3), n_resamples=40_000
    )
    assert observed[0] == pytest.approx((first.mean() + second.mean()) / 2)
    error = np.hypot(stats.sem(first), stats.sem(second)) / 2
    t_over_z = stats.t.ppf(0.975, 98) / stats.norm.ppf(0.975)
    assert draws.std() == pytest.approx(error * t_over_z, rel=0.02)


def test_columns_share_the_draws() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(30, 1))
    _, draws = mean_draws(np.hstack([values, values + 1]), [30], stream=Stream(4), n_resamples=50)
    assert np.ptp(draws[:, 1] - draws[:, 0]) < 1e-12


def test_units_are_items_unless_a_persona_has_one_or_personas_are_many() -> None:
    values = np.arange(6.0)[:, None]
    assert exchangeable_units(values, [3, 3])[1] == [3, 3]
    assert exchangeable_units(values, [6])[1] == [6]
    units, sizes = exchangeable_units(values, [1, 5])
    assert (units.ravel().tolist(), sizes) == ([0.0, 3.0], [2])
    assert exchangeable_units(values, [2, 2, 2], new_personas_from=3)[1] == [3]


def mean_of(differences: FloatArray):
    return lambda signs: signs @ differences / len(differences)


def test_few_units_give_the_exact_p_of_scipy() -> None:
    differences = np.random.default_rng(5).normal(0.4, 1, size=10)
    expected = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    p = sign_flip_p(mean_of(differences), 10, stream=Stream(0), n_resamples=9999)
    assert p == pytest.approx(expected, abs=1e-12)


def test_many_units_give_about_the_p_of_the_t_test() -> None:
    differences = np.random.default_rng(6).normal(0.2, 1, size=80)
    p = sign_flip_p(mean_of(differences), 80, stream=Stream(0), n_resamples=9999)
    assert p == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.01)


def test_random_exchanges_never_give_a_p_of_zero() -> None:
    differences = np.full(60, 1.0)
    assert sign_flip_p(mean_of(differences), 60, stream=Stream(0), n_resamples=99) == 0.01


def test_streams_of_one_seed_differ_and_repeat() -> None:
    first, second = (Stream(1, index).generator().random() for index in range(2))
    assert first != second
    assert [Stream(1, index).generator().random() for index in range(2)] == [first, second]


def test_counts_that_are_asked_for_again_are_the_same_and_the_caller_s_own() -> None:
    ((_, first),) = count_blocks([4, 3], Stream(7), 20)
    expected = first.copy()
    first[:] = 0
    ((_, again),) = count_blocks([4, 3], Stream(7), 20)
    assert (again == expected).all()
    ((_, other),) = count_blocks([4, 3], Stream(8), 20)
    assert (other != expected).any()
