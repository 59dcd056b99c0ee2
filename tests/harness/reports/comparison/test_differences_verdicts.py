"""The verdict of a row and what is printed beside it never contradict each other."""

import numpy as np
import pandas as pd
import pytest

from kikime.harness.reports.comparison.differences import difference, settled
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.stats.decisions import benjamini_hochberg, holm
from kikime.harness.stats.paired import ALPHA

CARD = {"voice": {"markers": {"target_rate": 0.8, "tolerance": 0.3}}}
BANDS = Bands({"personas": dict.fromkeys("abcdefghijkl", CARD)})
METRICS = ("length_fit", "length_chars", "critical_failure", "style_level", "first_person_ok", "quality")


def replies(rng, personas, n, shift):
    """Replies to ``n`` questions of each persona; ``shift`` is how much more often things are as they should be."""
    size = len(personas) * n
    rate = float(np.clip(rng.beta(2, 2) + shift, 0.0, 1.0))
    return pd.DataFrame(
        {
            "persona": np.repeat(list(personas), n),
            "item": [f"t/{number}" for number in range(n)] * len(personas),
            "failed": False,
            "length_fit": rng.random(size) < rate,
            "length_chars": np.round(rng.lognormal(3, 0.6, size)) * (1 + shift),
            "critical_failure": rng.random(size) > rate,
            "marker_sentences": rng.binomial(2, rate, size),
            "eligible_sentences": 2,
            "first_person_ok": np.where(rng.random(size) < 0.7, rng.random(size) < rate, np.nan),
            "quality": rng.random(size) ** 3 * rate,
        }
    ).astype({"length_fit": float, "critical_failure": float})


def compared(seed):
    rng = np.random.default_rng(seed)
    personas, n = "abcdefghijkl"[: rng.choice([1, 2, 5, 12])], int(rng.integers(1, 25))
    sides = [replies(rng, personas, n, shift) for shift in (0.0, rng.choice([0.0, 0.02, 0.1, 0.3, 0.6]))]
    found = [difference(*sides, metric, BANDS, seed=seed, n_resamples=200) for metric in METRICS]
    return [row for row in found if row is not None]


@pytest.mark.parametrize("seed", range(12))
def test_verdict_arrow_interval_and_p_never_contradict(seed):
    rows = compared(seed)
    for adjust in (holm, benjamini_hochberg, list):
        assert_no_contradiction(settled(rows, "family", adjust))


def assert_no_contradiction(rows):
    for row in rows:
        p, found = row.p_adjusted, row.p_adjusted < ALPHA
        assert p >= row.p_value
        assert (row.verdict in {"better", "worse"}) == (
            found and abs(row.delta) >= row.margin and row.direction != "none"
        )
        assert (row.change != "unclear") == found
        if found:
            assert row.ci_low > 0 or row.ci_high < 0
            assert row.change == ("up" if row.delta > 0 else "down")
        if row.verdict == "equivalent":
            assert -row.margin < row.ci_low <= row.ci_high < row.margin


def constant(metric, value, n=40, **more):
    rows = pd.DataFrame({"persona": ["a"] * n + ["b"] * n, "item": [f"t/{i}" for i in range(n)] * 2, "failed": False})
    return rows.assign(**{metric: value, **more})


@pytest.mark.parametrize(("metric", "value"), [("length_fit", 0.0), ("length_fit", 1.0), ("forbidden_terms", 0.0)])
def test_two_values_at_the_same_end_of_the_scale_are_no_evidence_of_equality(metric, value):
    rows = constant(metric, value, n=400)
    row = difference(rows, rows, metric, BANDS, seed=0, n_resamples=200)
    assert (row.delta, row.verdict, row.verdict_code.code) == (0.0, "inconclusive", "at_bound")


def test_a_criterion_that_both_runs_top_is_no_evidence_of_equality_on_its_own_scale():
    rows = constant("rp_bench_v1.creativity", 5.0, n=400)
    row = difference(rows, rows, "rp_bench_v1.creativity", BANDS, seed=0, n_resamples=200, top=5)
    assert (row.verdict_code.code, row.margin) == ("at_bound", pytest.approx(0.2))


def test_two_values_in_the_middle_of_the_scale_can_be_equivalent():
    rows = constant("length_fit", [0.0, 1.0] * 400, n=400)
    row = difference(rows, rows, "length_fit", BANDS, seed=0, n_resamples=200)
    assert (row.verdict, row.verdict_code) == ("equivalent", None)


def test_a_band_at_its_floor_is_undecided_while_the_level_has_moved():
    never = constant("eligible_sentences", 2, marker_sentences=[0] * 80)
    third = constant("eligible_sentences", 2, marker_sentences=[0, 0, 1, 1] * 20)
    band, level = (
        difference(never, third, metric, BANDS, seed=0, n_resamples=400) for metric in ("style_band", "style_level")
    )
    assert (band.delta, band.verdict, band.verdict_code.code) == (0.0, "inconclusive", "at_bound")
    assert (round(level.mean_a, 3), round(level.mean_b, 3), level.verdict) == (0.0, 0.312, "better")
