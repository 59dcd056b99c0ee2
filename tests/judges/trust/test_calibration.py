from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from kikime.harness.core.errors import UsageError
from kikime.judges.trust.calibration import calibrate
from kikime.judges.trust.ratings import MEAN_JUDGE, read_ratings

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


def test_long_ratings_are_compared_per_criterion_and_model(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    rng = np.random.default_rng(0)
    rows = ["id,model,criterion,human,judge"]
    for number in range(40):
        human = int(rng.integers(1, 8))
        good, bad = min(7, human + int(rng.random() < 0.2)), int(rng.integers(1, 8))
        rows += [f"{number},m{number % 2},tone,{human},{good}", f"{number},m{number % 2},facts,{human},{bad}"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    report = calibrate(read_ratings(path).pairs)
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
    report = calibrate(read_ratings(people, verdicts).pairs)
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
    assert "may rank models" in calibrate(read_ratings(path).pairs).judges[0].sentence
    path.write_text(
        "\n".join(json.dumps({"human": n % 3 + 1, "judge": n % 3 + 3}) for n in range(30)), encoding="utf-8"
    )
    assert "must not rank models" in calibrate(read_ratings(path).pairs).judges[0].sentence


@pytest.mark.skipif(not BENCH.is_file(), reason="set KIKIME_VALIDATION_DATA to a folder that holds japanese-rp-bench")
def test_published_human_ratings_are_reproduced() -> None:
    report = calibrate(read_ratings(BENCH, scale=(1, 5)).pairs, low=1, high=5)
    judges = {judge.judge: {row.criterion: row for row in judge.criteria} for judge in report.judges}
    raters = {row.criterion: row.alpha for row in report.raters}
    for criterion, expected in PUBLISHED.items():
        found = []
        for judge in ("gpt-4o-2024-08-06", "gemini-1.5-pro-002"):
            found += [getattr(judges[judge][criterion], name) for name in ("spearman", "qwk", "bias")]
        found += [judges[MEAN_JUDGE][criterion].spearman, raters[criterion]]
        assert found == pytest.approx(expected, abs=0.0051), criterion


def test_a_judge_of_one_score_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    rows = [
        f"{n},{judge},tone,{1 + n % 7},{4 if judge == 'same' else 1 + n % 5}"
        for n in range(8)
        for judge in ("same", "other")
    ]
    path.write_text("\n".join(["id,judge_id,criterion,human,judge", *rows]) + "\n", encoding="utf-8")
    same, other = calibrate(read_ratings(path).pairs).judges
    assert [(found.code, found.values) for found in same.warning_codes] == [
        ("one_score", {"judge": "same", "score": 4.0, "n": 8})
    ]
    assert other.warnings == []


def test_a_judge_without_a_score_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    each = [{"judge_model_name": "x", "tone": 4}, {"judge_model_name": "y", "tone": "N/A"}]
    row = {"human_scores": {"tone": 5}, "individual_evaluations": each}
    path.write_text(f"{json.dumps(row)}\n" * 3, encoding="utf-8")
    report = calibrate(read_ratings(path).pairs)
    assert [judge.judge for judge in report.judges] == ["x"]
    assert [bad.where for bad in report.unreadable] == ["y"]
