"""Contrasts of cells: against the paired comparison, against a known truth, and where nothing varies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kikime.harness.stats.paired import paired_difference
from kikime.harness.stats.prompts.factorial import cell_contrasts
from kikime.harness.stats.validation import TableError

DID = {"did": {"b1": 1, "b0": -1, "a1": -1, "a0": 1}}


def design(values: dict[str, list[float]], persona: str = "p") -> pd.DataFrame:
    rows = [(persona, f"i{n:03d}", cell, x, 1.0) for cell, xs in values.items() for n, x in enumerate(xs)]
    return pd.DataFrame(rows, columns=["persona", "item", "cell", "num", "den"])


def drawn(rng: np.random.Generator, n: int, effect: float = 0.0) -> pd.DataFrame:
    item = rng.normal(size=n)
    cells = {
        name: list(item + rng.normal(size=n) + (effect if name == "b1" else 0)) for name in ("a0", "a1", "b0", "b1")
    }
    return design(cells)


def test_a_difference_in_differences_is_that_of_the_means():
    frame = design({"a0": [0, 1], "a1": [1, 1], "b0": [0, 0], "b1": [1, 0]})
    assert cell_contrasts(frame, DID)["did"].value == pytest.approx((0.5 - 0) - (1 - 0.5))


def test_two_cells_agree_with_the_paired_comparison():
    rng = np.random.default_rng(1)
    frame = pd.concat([drawn(rng, 40).assign(persona=name) for name in ("p", "q")], ignore_index=True)
    found = cell_contrasts(frame, {"d": {"b0": 1, "a0": -1}})["d"]
    wide = frame.pivot_table(index=["persona", "item"], columns="cell", values="num").reset_index()
    expected = paired_difference(wide.rename(columns={"a0": "a", "b0": "b"})[["persona", "item", "a", "b"]], margin=0)
    assert found.value == pytest.approx(expected.delta)
    assert (found.ci_low, found.ci_high) == pytest.approx((expected.ci_low, expected.ci_high), abs=0.04)


def test_rates_are_pooled_per_persona_and_then_transformed():
    frame = design({"a": [1, 3], "b": [2, 2]}).assign(den=[1, 9, 4, 4])
    found = cell_contrasts(frame, {"d": {"a": 1, "b": -1}}, transform={"p": lambda rates: 2 * rates})["d"]
    assert found.value == pytest.approx(2 * (4 / 10 - 4 / 8))


def test_row_order_does_not_matter_and_a_seed_fixes_the_interval():
    frame = drawn(np.random.default_rng(2), 20)
    assert cell_contrasts(frame, DID) == cell_contrasts(frame.sample(frac=1, random_state=3), DID)


def test_where_nothing_varies_the_interval_is_what_so_few_items_can_miss():
    found = cell_contrasts(design({"a0": [1] * 20, "a1": [1] * 20}), {"d": {"a1": 1, "a0": -1}})["d"]
    assert found.value == 0
    assert found.ci_high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert found.p_value == 1


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2, 0.3, 0.5])
def test_p_is_below_the_level_exactly_where_the_interval_excludes_zero(shift):
    values = np.random.default_rng(5).normal(shift, 0.4, 20)
    found = cell_contrasts(design({"a": values, "b": [0.0] * 20}), {"d": {"a": 1, "b": -1}})["d"]
    assert (found.p_value < 0.05) == (not found.ci_low <= 0 <= found.ci_high)


def test_rounding_is_no_effect():
    steady = design({name: [0.7] * 8 for name in "abcde"}).assign(den=3.0, num=[0.7 * 3] * 40)
    slope = dict(zip("abcde", (-0.2, -0.1, 0.0, 0.1, 0.2), strict=True))
    assert sum(weight * 0.7 for weight in slope.values()) != 0
    found = cell_contrasts(steady, {"drift": slope}, n_resamples=199)["drift"]
    assert (found.value, found.p_value) == (0.0, 1.0)
    assert found.ci_high == pytest.approx(0.3 * (1 - 0.025 ** (1 / 8)))


def test_a_single_item_has_no_interval():
    found = cell_contrasts(design({"a": [1.0], "b": [0.0]}), {"d": {"a": 1, "b": -1}})["d"]
    assert (found.value, found.ci_low, found.ci_high, found.p_value) == (1.0, None, None, 1.0)


@pytest.mark.parametrize(
    ("frame", "contrast", "message"),
    [
        (design({"a": [1, 2]})[:-1], {"a": 1, "b": 1}, "cell 'b'"),
        (pd.concat([design({"a": [1, 2]}), design({"b": [1]})]), {"a": 1}, "a cell is missing"),
        (design({"a": [1, 2]}).assign(den=0.0), {"a": 1}, "no denominator"),
        (pd.concat([design({"a": [1]})] * 2), {"a": 1}, "more than once"),
    ],
)
def test_a_hole_is_named(frame, contrast, message):
    with pytest.raises(TableError, match=message):
        cell_contrasts(frame, {"x": contrast})


@pytest.mark.simulation
def test_intervals_of_an_interaction_cover_the_truth():
    rng = np.random.default_rng(4)
    covered = 0
    for seed in range(400):
        found = cell_contrasts(drawn(rng, 15, effect=0.5), DID, seed=seed, n_resamples=999)["did"]
        covered += found.ci_low <= 0.5 <= found.ci_high
    assert 0.92 <= covered / 400 <= 0.98
