"""How one judge's scale maps to another's."""

from __future__ import annotations

import numpy as np
import pytest

from kikime.judges.trust.linking import MIN_REPLIES, link

NEW = np.array([1, 2, 3, 4, 5, 6, 7] * 30, dtype=float)


def test_a_judge_is_linked_to_itself_by_the_identity() -> None:
    found = link("tone", NEW, NEW)
    assert (found.slope, found.intercept, found.bias) == (1.0, 0.0, 0.0)
    assert found.equipercentile == {point: pytest.approx(point, abs=0.01) for point in range(1, 8)}
    assert found.qwk == found.spearman == pytest.approx(1.0)


def test_a_milder_judge_is_shifted() -> None:
    old = np.clip(NEW - 1, 1, 7)
    found = link("tone", old, NEW)
    assert found.bias == pytest.approx((NEW - old).mean())
    assert found.intercept_low <= found.intercept <= found.intercept_high
    assert found.slope_low <= found.slope <= found.slope_high
    assert found.mean_old < found.mean_new


def test_mean_and_spread_are_mapped_exactly() -> None:
    rng = np.random.default_rng(1)
    old, new = rng.integers(1, 8, 300).astype(float), rng.integers(2, 6, 300).astype(float)
    found = link("tone", old, new)
    mapped = found.intercept + found.slope * new
    assert mapped.mean() == pytest.approx(old.mean())
    assert mapped.std(ddof=1) == pytest.approx(old.std(ddof=1))


def test_a_judge_that_gives_one_score_only_moves_the_mean() -> None:
    found = link("tone", NEW, np.full_like(NEW, 6.0))
    assert found.slope == 1.0
    assert found.intercept == pytest.approx(NEW.mean() - 6)
    assert set(found.equipercentile) == {6}


def test_scores_map_upwards() -> None:
    rng = np.random.default_rng(2)
    old, new = rng.integers(1, 8, 300).astype(float), rng.integers(1, 8, 300).astype(float)
    mapped = list(link("tone", old, new).equipercentile.values())
    assert mapped == sorted(mapped)


@pytest.mark.parametrize(("n", "enough"), [(2, False), (MIN_REPLIES - 1, False), (MIN_REPLIES, True)])
def test_a_link_says_whether_it_stands_on_enough_replies(n: int, enough: bool) -> None:
    found = link("tone", NEW[:n], NEW[:n])
    assert (found.n, found.enough) == (n, enough)


def test_the_same_replies_give_the_same_interval() -> None:
    old = np.clip(NEW[::-1] - 1, 1, 7)
    assert link("tone", old, NEW) == link("tone", old, NEW)
