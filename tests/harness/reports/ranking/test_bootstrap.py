"""Joint draws of many models."""

import numpy as np

from kikime.harness.reports.ranking.bootstrap import MOST_PAIRED, above


def test_who_is_above_whom_is_the_share_of_draws_and_ties_count_half():
    found = above(["a", "b"], np.array([[2.0, 1.0], [1.0, 2.0], [3.0, 1.0], [1.0, 1.0]]))
    assert found == {"a": {"b": 0.625}, "b": {"a": 0.375}}


def test_nothing_is_said_without_draws_and_of_very_many_models():
    assert above(["a", "b"], None) == {}
    assert above([str(n) for n in range(MOST_PAIRED + 1)], np.zeros((2, MOST_PAIRED + 1))) == {}
