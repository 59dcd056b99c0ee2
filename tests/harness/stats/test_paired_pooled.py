from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kikime.harness.stats.paired import PairedDifference, paired_difference
from kikime.harness.stats.validation import FloatArray


def band(rates: FloatArray) -> FloatArray:
    """1 at a rate of 0.8, 0 from 0.3 away."""
    return np.maximum(0.0, 1 - np.abs(rates - 0.8) / 0.3)


def marked(n_personas: int, n_items: int, *, a: float = 0.5, b: float = 0.7, seed: int = 0) -> pd.DataFrame:
    """Marker sentences among eligible sentences, a few of each per item."""
    rng = np.random.default_rng(seed)
    n = n_personas * n_items
    a_den, b_den = rng.integers(1, 4, n), rng.integers(1, 4, n)
    return pd.DataFrame(
        {
            "persona": np.repeat([f"persona{i:02}" for i in range(n_personas)], n_items),
            "item": np.tile(np.arange(n_items), n_personas),
            "a_num": rng.binomial(a_den, a),
            "a_den": a_den,
            "b_num": rng.binomial(b_den, b),
            "b_den": b_den,
        }
    )


def compare(frame: pd.DataFrame, **options: object) -> PairedDifference:
    return paired_difference(frame, **{"margin": 0.1, "n_resamples": 1999, **options})  # type: ignore[arg-type]


def test_the_transform_sees_the_rate_of_all_items_of_a_persona_together() -> None:
    frame = marked(3, 10)
    sums = frame.groupby("persona")[["a_num", "a_den", "b_num", "b_den"]].sum()
    a, b = (band((sums[f"{s}_num"] / sums[f"{s}_den"]).to_numpy()).mean() for s in "ab")
    result = compare(frame, transform=band)
    assert (result.mean_a, result.mean_b, result.delta) == pytest.approx((a, b, b - a))


def test_without_a_transform_it_is_the_pooled_rate() -> None:
    frame = marked(1, 10)
    sums = frame.sum(numeric_only=True)
    assert compare(frame).delta == pytest.approx(sums["b_num"] / sums["b_den"] - sums["a_num"] / sums["a_den"])


def test_denominators_of_one_make_it_the_plain_comparison() -> None:
    frame = marked(3, 12)[["persona", "item", "a_num", "b_num"]]
    pooled = compare(frame.assign(a_den=1, b_den=1))
    plain = compare(frame.rename(columns={"a_num": "a", "b_num": "b"}))
    same = ("delta", "ci_low", "ci_high", "p_value", "mde", "verdict")
    assert [getattr(pooled, name) for name in same] == [getattr(plain, name) for name in same]


def test_each_persona_may_have_its_own_target() -> None:
    frame = marked(2, 10)
    own = compare(frame, transform={"persona00": band, "persona01": lambda rates: 0 * rates})
    assert own.mean_b == pytest.approx(compare(frame[frame["persona"] == "persona00"], transform=band).mean_b / 2)


def test_a_persona_without_a_transform_is_an_error() -> None:
    with pytest.raises(ValueError, match="persona01"):
        compare(marked(2, 5), transform={"persona00": band})


def test_a_transform_of_single_numbers_gives_the_same() -> None:
    frame = marked(3, 10)
    assert compare(frame, transform=lambda rate: max(0.0, 1 - abs(rate - 0.8) / 0.3)) == compare(frame, transform=band)


def test_many_personas_are_compared_by_their_bands() -> None:
    result = compare(marked(12, 6), transform=band)
    assert result.ci_method == "persona_t"
    assert result.verdict == "better"


def test_the_interval_is_that_of_scipy_on_rates_recomputed_in_every_draw() -> None:
    frame = marked(1, 200, a=0.6, b=0.7, seed=2)
    columns = [frame[name].to_numpy() for name in ("a_num", "a_den", "b_num", "b_den")]

    def statistic(*parts: FloatArray, axis: int) -> FloatArray:
        a_num, a_den, b_num, b_den = (part.sum(axis=axis) for part in parts)
        return band(b_num / b_den) - band(a_num / a_den)

    reference = stats.bootstrap(
        columns, statistic, paired=True, vectorized=True, n_resamples=20_000, rng=np.random.default_rng(0)
    ).confidence_interval
    result = compare(frame, transform=band, n_resamples=20_000)
    wider = np.sqrt(200 / 199) * stats.t.ppf(0.975, 199) / stats.norm.ppf(0.975)
    expected = [result.delta + wider * (end - result.delta) for end in reference]
    assert (result.ci_low, result.ci_high) == pytest.approx(expected, abs=0.01)


def test_items_without_any_sentence_say_nothing() -> None:
    frame = marked(2, 8)
    silent = frame.iloc[[0]].assign(item="silent", a_num=0, a_den=0, b_num=0, b_den=0)
    assert compare(pd.concat([silent, frame]), transform=band) == compare(frame, transform=band)


def test_a_side_with_one_eligible_item_makes_personas_the_units() -> None:
    frame = marked(3, 6)
    frame.loc[1:5, ["a_num", "a_den"]] = 0
    assert compare(frame, transform=band).ci_method == "persona_t"


def test_one_persona_with_one_eligible_item_has_no_interval() -> None:
    frame = marked(1, 6)
    frame.loc[1:5, ["a_num", "a_den"]] = 0
    result = compare(frame, transform=band)
    assert (result.ci_method, result.verdict) == ("none", "inconclusive")


def test_a_persona_without_any_eligible_sentence_is_named() -> None:
    frame = marked(2, 3)
    frame.loc[frame["persona"] == "persona01", ["b_num", "b_den"]] = 0
    with pytest.raises(ValueError, match="persona='persona01': b_den is 0"):
        compare(frame)


def test_a_negative_denominator_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        compare(marked(1, 3).assign(a_den=[-1, 2, 2]))


def test_a_transform_without_a_result_is_an_error() -> None:
    with pytest.raises(ValueError, match="transform gives"):
        compare(marked(1, 3), transform=lambda rates: rates * np.nan)


def test_dominance_counts_personas_whose_items_have_no_value_of_their_own() -> None:
    assert compare(marked(4, 30, a=0.5, b=0.75), transform=band).dominance == 1.0


def test_pooled_columns_are_required_by_a_transform() -> None:
    frame = pd.DataFrame({"persona": ["x"], "item": ["1"], "a": [1.0], "b": [1.0]})
    with pytest.raises(ValueError, match="a_num"):
        compare(frame, transform=band)


def test_order_never_matters() -> None:
    frame = marked(3, 7)
    shuffled = frame.sample(frac=1, random_state=4)[list(reversed(frame.columns))]
    assert compare(shuffled, transform=band) == compare(frame, transform=band)
