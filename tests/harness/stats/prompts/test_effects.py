from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from kikime.harness.stats.paired import paired_difference
from kikime.harness.stats.prompts.effects import (
    OVERALL,
    ExamplesEffect,
    InstructionEffect,
    few_shot_gain,
    size_slope,
    steerability,
)

EFFECTS = {"alpaca": 0.0, "chatml": 0.3, "native": 0.6}


def instructed(n_items: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for persona, item, (name, effect) in product("ab", range(n_items), EFFECTS.items()):
        base, noise = rng.normal(0.3, 0.1), rng.normal(0, 0.1)
        rows.append((persona, item, name, base + effect + noise, base))
    return pd.DataFrame(rows, columns=["persona", "item", "format", "with_instruction", "without_instruction"])


def table_of(rows: Sequence[InstructionEffect] | Sequence[ExamplesEffect]) -> pd.DataFrame:
    return pd.DataFrame([vars(row) for row in rows])


def test_the_instruction_s_effect_is_paired_within_each_format() -> None:
    frame = instructed()
    table = table_of(steerability(frame)).set_index("format")
    one = frame[frame["format"] == "chatml"].rename(columns={"without_instruction": "a", "with_instruction": "b"})
    expected = paired_difference(one, margin=0)
    assert table.loc["chatml", ["effect", "ci_low", "ci_high"]].tolist() == [
        expected.delta,
        expected.ci_low,
        expected.ci_high,
    ]
    assert table.loc["alpaca", "ci_low"] < 0 < table.loc["alpaca", "ci_high"]
    assert table.loc["native", "ci_low"] > 0.5


def test_the_overall_row_averages_formats_within_items() -> None:
    table = table_of(steerability(instructed())).set_index("format")
    assert table.loc[OVERALL, "effect"] == pytest.approx(table.loc[list(EFFECTS), "effect"].mean())
    assert table.loc[OVERALL, "n_items"] == 60


def test_an_item_without_some_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="persona='a', item='0': there is no value with format='alpaca'"):
        steerability(instructed().drop(index=0))


def shots(sets: int = 3, n_items: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    quality = rng.normal(0, 0.05, sets)
    rows = []
    for persona, item in product("ab", range(n_items)):
        base = rng.normal(0.4, 0.1)
        rows.append((persona, item, 0, 0, base + rng.normal(0, 0.05)))
        for k, chosen in product((1, 4), range(sets)):
            rows.append((persona, item, k, chosen, base + 0.1 * k**0.5 + quality[chosen] + rng.normal(0, 0.05)))
    return pd.DataFrame(rows, columns=["persona", "item", "shots", "example_set", "value"])


def test_gain_is_k_shot_minus_zero_shot_over_the_sets() -> None:
    frame = shots()
    table = table_of(few_shot_gain(frame)).set_index("shots")
    means = frame.groupby("shots")["value"].mean()
    assert table["gain"].tolist() == pytest.approx([means[1] - means[0], means[4] - means[0]])
    assert (table["ci_low"] > 0).all()
    assert table["n_sets"].tolist() == [3, 3]


def test_spread_between_sets_is_reported_with_its_own_interval() -> None:
    frame = shots()
    row = table_of(few_shot_gain(frame)).set_index("shots").loc[4]
    by_set = (
        frame[frame["shots"] == 4].groupby("example_set")["value"].mean() - frame[frame["shots"] == 0]["value"].mean()
    )
    assert row["set_sd"] == pytest.approx(by_set.std())
    assert row["set_low"] < row["gain"] < row["set_high"]
    assert row["set_high"] - row["set_low"] > row["ci_high"] - row["ci_low"]


def test_two_sets_do_not_speak_of_new_ones() -> None:
    table = table_of(few_shot_gain(shots(sets=2)))
    assert table["set_low"].isna().all()
    assert table["set_sd"].notna().all()


def test_zero_shot_rows_are_needed() -> None:
    with pytest.raises(ValueError, match="shots=0"):
        few_shot_gain(shots().query("shots > 0"))


def test_few_shot_rows_are_needed() -> None:
    with pytest.raises(ValueError, match="above 0"):
        few_shot_gain(shots().query("shots == 0"))


def test_a_number_of_shots_is_a_whole_number() -> None:
    with pytest.raises(ValueError, match="'many'"):
        few_shot_gain(shots().assign(shots="many"))


def test_every_item_needs_every_set_and_the_zero_shot_row() -> None:
    frame = shots()
    with pytest.raises(ValueError, match="item='0': there is no value with example_set='2'"):
        few_shot_gain(frame.drop(index=3))
    with pytest.raises(ValueError, match="persona='a', item='0'"):
        few_shot_gain(frame.drop(index=0))


def sizes() -> pd.DataFrame:
    return pd.DataFrame(
        {"model": list("abcde"), "params": [4e9, 7e9, 13e9, 32e9, 70e9], "value": [0.61, 0.64, 0.72, 0.7, 0.85]}
    )


def test_slope_is_per_tenfold_with_the_interval_of_statsmodels() -> None:
    frame = sizes()
    fit = sm.OLS(frame["value"], sm.add_constant(np.log10(frame["params"]))).fit()
    slope = size_slope(frame)
    assert slope.slope == pytest.approx(fit.params["params"])
    assert (slope.ci_low, slope.ci_high) == pytest.approx(tuple(fit.conf_int().loc["params"]))
    assert slope.n_models == 5


def test_two_models_have_a_slope_without_an_interval() -> None:
    slope = size_slope(sizes().iloc[[0, 4]])
    assert slope.slope > 0
    assert (slope.ci_low, slope.ci_high) == (None, None)


@pytest.mark.parametrize(("params", "problem"), [([4e9] * 5, "no slope"), ([0, 1, 2, 3, 4], "model='a'")])
def test_a_slope_needs_sizes(params: list[float], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        size_slope(sizes().assign(params=params))
