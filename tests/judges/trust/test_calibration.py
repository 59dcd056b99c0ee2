from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kikime.harness.core.errors import UsageError
from kikime.harness.stats.agreement import agreement, confusion, interval_alpha
from kikime.judges.trust.calibration import calibrate
from kikime.judges.trust.ratings import MEAN_JUDGE, read_ratings

SCORES = st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=3, max_size=30)
BENCH = Path(os.environ.get("KIKIME_VALIDATION_DATA", "nowhere")) / "japanese-rp-bench" / "annotated_sample.jsonl"
# Spearman, QWK and bias of two judges, Spearman of the mean of four, alpha among the four.
PUBLISHED = {
    "Roleplay Adherence": (0.47, 0.45, 0.28, 0.54, 0.44, -0.54, 0.63, 0.37),
    "Consistency": (0.58, 0.39, 0.44, 0.45, 0.39, -0.50, 0.52, 0.43),
    "Contextual Understanding": (0.42, 0.53, -0.02, 0.48, 0.38, -1.00, 0.53, 0.55),
    "Expressiveness": (0.39, 0.35, 0.30, 0.47, 0.47, -0.28, 0.56, 0.51),
    "Creativity": (0.35, 0.31, 0.28, 0.46, 0.39, -0.60, 0.42, 0.50),
    "Naturalness of Japanese": (0.48, 0.50, 0.12, 0.55, 0.52, -0.28, 0.55, 0.54),
    "Enjoyment of the Dialogue": (0.20, 0.16, 0.26, 0.44, 0.45, -0.34, 0.50, 0.54),
    "Appropriateness of Turn-Taking": (0.53, 0.56, 0.34, 0.36, 0.31, -0.68, 0.62, 0.49),
}


def test_known_values_of_a_hand_computed_example() -> None:
    found = agreement([1, 2, 3, 4, 5], [2, 2, 3, 5, 5])
    assert found.n == 5
    assert found.bias == pytest.approx(0.4)
    assert found.mae == pytest.approx(0.4)
    # 1 − Σ(h−j)² / Σ over all pairs of the margins / n = 1 − 2 / (5 · (2 + 1.84 + 0.16))
    assert found.qwk == pytest.approx(1 - 2 / 20)


def test_icc_of_shrout_and_fleiss_first_two_judges() -> None:
    # Shrout & Fleiss 1979, table 2, judges 1 and 2; ICC(2,1) from their mean squares.
    one, two = np.array([9, 6, 8, 7, 10, 6.0]), np.array([2, 1, 4, 1, 5, 2.0])
    table = np.stack([one, two], axis=1)
    n, k, grand = 6, 2, table.mean()
    bms = k * ((table.mean(1) - grand) ** 2).sum() / (n - 1)
    jms = n * ((table.mean(0) - grand) ** 2).sum() / (k - 1)
    ems = ((table - table.mean(1, keepdims=True) - table.mean(0) + grand) ** 2).sum() / ((n - 1) * (k - 1))
    expected = (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n)
    assert agreement(one, two, low=1, high=10).icc == pytest.approx(expected)


@given(SCORES)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@settings(max_examples=30, deadline=None)
def test_alpha_and_qwk_agree_with_reference_implementations(pairs: list[tuple[int, int]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    statsmodels = pytest.importorskip("statsmodels.stats.inter_rater")
    human, judge = map(list, zip(*pairs, strict=True))
    found = agreement(human, judge)
    if found.alpha is not None:
        expected = krippendorff.alpha([human, judge], level_of_measurement="interval")
        assert found.alpha == pytest.approx(expected)
    if found.qwk is not None:
        table = np.array(confusion(human, judge))
        assert found.qwk == pytest.approx(statsmodels.cohens_kappa(table, wt="quadratic").kappa)


@given(SCORES, st.randoms())
@settings(max_examples=20, deadline=None)
def test_row_order_never_matters(pairs: list[tuple[int, int]], random: object) -> None:
    shuffled = pairs.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert agreement(*zip(*pairs, strict=True)) == agreement(*zip(*shuffled, strict=True))


def test_intervals_hold_the_estimate_and_depend_on_the_seed_only() -> None:
    rng = np.random.default_rng(1)
    human = rng.integers(1, 8, 60)
    judge = np.clip(human + rng.integers(-1, 2, 60), 1, 7)
    found = agreement(human, judge)
    assert found == agreement(human, judge)
    assert found != agreement(human, judge, seed=1)
    for name in ("qwk", "spearman", "alpha", "icc", "bias", "mae"):
        low, value, high = (getattr(found, name + end) for end in ("_low", "", "_high"))
        assert low <= value <= high
        assert low < high


def test_a_constant_rater_has_no_spearman() -> None:
    found = agreement([4, 4, 4, 4], [1, 2, 3, 4])
    assert (found.spearman, found.spearman_low, found.spearman_high) == (None, None, None)
    assert found.bias == pytest.approx(-1.5)


def test_unscored_pairs_are_dropped() -> None:
    missing = agreement([1, None, 3, float("nan"), 5], [1, 2, None, 4, 5])
    assert missing.n == 2
    assert agreement(pd.Series([1, pd.NA, 7], dtype="Int64"), pd.Series([1, 2, 7])).n == 2


def test_series_are_paired_by_index() -> None:
    human = pd.Series([1, 7, 4], index=["a", "b", "c"])
    assert agreement(human, human.iloc[::-1]).mae == 0
    with pytest.raises(ValueError, match="'c'"):
        agreement(human, human.iloc[:2])


@pytest.mark.parametrize(
    ("human", "judge", "problem"),
    [
        ([1, 2], [1], "2 human scores"),
        ([], [], "no pair"),
        ([None], [1], "no pair"),
        ([1, 8], [1, 2], "row 1: 8"),
        ([1, 2], [1, math.inf], "row 1: inf"),
        ([0], [1], "row 0: 0"),
        (["good"], [1], "'good'"),
    ],
)
def test_impossible_input_is_an_error_that_names_the_row(
    human: list[object], judge: list[object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        agreement(human, judge)


def test_confusion_counts_people_in_rows() -> None:
    table = confusion([1, 1, 7], [1, 2, 7])
    assert (table[0][0], table[0][1], table[6][6], sum(map(sum, table))) == (1, 1, 1, 3)


def test_interval_alpha_is_one_for_identical_raters() -> None:
    assert interval_alpha([[1, 2, 3], [1, 2, 3], [1, 2, 3]]) == pytest.approx(1)


def test_long_ratings_are_compared_per_criterion_and_model(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    rng = np.random.default_rng(0)
    rows = ["id,model,criterion,human,judge"]
    for number in range(40):
        human = int(rng.integers(1, 8))
        good, bad = min(7, human + int(rng.random() < 0.2)), int(rng.integers(1, 8))
        rows += [f"{number},m{number % 2},tone,{human},{good}", f"{number},m{number % 2},facts,{human},{bad}"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    report = calibrate(read_ratings(path))
    criteria = {row.criterion: row for row in report.judges[0].criteria}
    assert criteria["tone"].may_rank
    assert not criteria["facts"].may_rank
    assert [row.n for row in criteria["tone"].models] == [20, 20]
    assert sum(map(sum, criteria["tone"].confusion)) == 40


def test_verdict_lines_are_joined_by_id_and_criterion_and_only_ok_ones_count(tmp_path: Path) -> None:
    people, verdicts = tmp_path / "human.jsonl", tmp_path / "verdicts.jsonl"
    people.write_text(
        "\n".join(json.dumps({"id": n, "human_scores": {"tone": n}}) for n in range(1, 6)), encoding="utf-8"
    )
    line = {"criterion": "tone", "judge_id": "j", "expected_score": None}
    rows = [{"id": n, "score": n, "status": "ok" if n > 1 else "ungrounded", **line} for n in range(1, 5)]
    verdicts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = calibrate(read_ratings(people, verdicts))
    assert [(row.n, row.mae) for row in report.judges[0].criteria] == [(3, 0.0)]


def test_a_file_without_ratings_says_which_columns_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="human_scores"):
        read_ratings(path)


def test_the_sentence_says_whether_the_judge_may_rank(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        "\n".join(json.dumps({"human": n % 7 + 1, "judge": n % 7 + 1}) for n in range(30)), encoding="utf-8"
    )
    assert "may rank models" in calibrate(read_ratings(path)).judges[0].sentence
    path.write_text(
        "\n".join(json.dumps({"human": n % 3 + 1, "judge": n % 3 + 3}) for n in range(30)), encoding="utf-8"
    )
    assert "must not rank models" in calibrate(read_ratings(path)).judges[0].sentence


@pytest.mark.skipif(not BENCH.is_file(), reason="set KIKIME_VALIDATION_DATA to a folder that holds japanese-rp-bench")
def test_published_human_ratings_are_reproduced() -> None:
    report = calibrate(read_ratings(BENCH), low=1, high=5)
    judges = {judge.judge: {row.criterion: row for row in judge.criteria} for judge in report.judges}
    raters = {row.criterion: row.alpha for row in report.raters}
    for criterion, expected in PUBLISHED.items():
        found = []
        for judge in ("gpt-4o-2024-08-06", "gemini-1.5-pro-002"):
            found += [getattr(judges[judge][criterion], name) for name in ("spearman", "qwk", "bias")]
        found += [judges[MEAN_JUDGE][criterion].spearman, raters[criterion]]
        assert found == pytest.approx(expected, abs=0.0051), criterion
