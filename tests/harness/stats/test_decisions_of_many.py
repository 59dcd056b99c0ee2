from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from kikime.harness.stats.decisions import benjamini_hochberg, holm

FAMILIES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@settings(deadline=None, max_examples=50)
@given(FAMILIES)
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@settings(deadline=None, max_examples=50)
@given(FAMILIES)
def test_benjamini_hochberg_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_no_question_no_answer(adjust: object) -> None:
    assert adjust([]) == []  # type: ignore[operator]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
def test_a_p_outside_its_range_is_named(adjust: object, bad: float) -> None:
    with pytest.raises(ValueError, match="p-value 1 is"):
        adjust([0.5, bad])  # type: ignore[operator]
