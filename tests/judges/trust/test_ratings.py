"""Scores of people and judges from the shapes that files come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.words.catalogue import Translator
from kikime.judges.trust.ratings import MEAN_JUDGE, Rating, read_ratings


def rows(path: Path, *lines: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def read(tmp_path: Path, *lines: dict[str, object]) -> list[Rating]:
    return read_ratings(rows(tmp_path / "r.jsonl", *lines)).pairs


def test_one_row_may_be_one_pair_of_scores(tmp_path: Path) -> None:
    [found] = read(tmp_path, {"id": "a", "human": 5, "judge": 6, "criterion": "tone", "judge_id": "j", "model": "m"})
    assert found == Rating("j", "tone", "m", "1:a", 5.0, 6.0)


def test_what_is_not_named_has_a_usual_name(tmp_path: Path) -> None:
    [found] = read(tmp_path, {"human": "5", "judge": "6.5"})
    assert found == Rating("judge", "score", "", "1:1", 5.0, 6.5)


def test_one_row_may_hold_all_criteria(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": 7, "human_scores": {"tone": 5, "facts": 3}, "judge_scores": {"tone": 6}})
    assert [(r.criterion, r.item, r.human, r.score) for r in found] == [
        ("tone", "1:7", 5, 6),
        ("facts", "1:7", 3, None),
    ]


def test_several_judges_have_a_mean_that_is_a_judge_too(tmp_path: Path) -> None:
    evaluations = [{"judge_model_name": "a", "tone": 4}, {"judge_model_name": "b", "tone": 6}]
    found = read(tmp_path, {"human_scores": {"tone": 5}, "individual_evaluations": evaluations})
    assert {r.judge: r.score for r in found} == {"a": 4, "b": 6, MEAN_JUDGE: 5}


def test_one_judge_has_no_mean(tmp_path: Path) -> None:
    evaluations = [{"judge_model_name": "a", "tone": 4}, {"judge_model_name": "b"}]
    found = read(tmp_path, {"human_scores": {"tone": 5}, "individual_evaluations": evaluations})
    assert {r.judge: r.score for r in found} == {"a": 4, "b": None}


def test_verdicts_of_another_file_join_by_id_and_criterion(tmp_path: Path) -> None:
    people = rows(tmp_path / "p.jsonl", {"id": "x", "human_scores": {"tone": 5, "facts": 2}})
    line = {"id": "x", "judge_id": "j", "status": "ok", "score": 6}
    verdicts = rows(
        tmp_path / "v.jsonl",
        {**line, "criterion": "tone", "expected_score": 5.5},
        {**line, "criterion": "tone", "judge_id": "k"},
        {**line, "criterion": "facts", "status": "refused", "score": None},
        {**line, "criterion": "tone", "id": "y"},
    )
    found = read_ratings(people, verdicts).pairs
    assert [(r.judge, r.criterion, r.score) for r in found] == [("j", "tone", 5.5), ("k", "tone", 6.0)]


def test_a_criterion_by_its_title_joins_verdicts_by_its_id(tmp_path: Path) -> None:
    people = rows(tmp_path / "p.jsonl", {"id": "x", "human_scores": {"Appropriateness of Turn-Taking": 5}})
    line = {"id": "x", "judge_id": "j", "status": "ok", "score": 4, "criterion": "appropriateness_of_turn_taking"}
    [found] = read_ratings(people, rows(tmp_path / "v.jsonl", line)).pairs
    assert (found.human, found.score) == (5, 4)
    assert Translator("ja").criterion(found.criterion) == "発言の受け渡し"


def test_the_same_id_twice_is_two_items(tmp_path: Path) -> None:
    found = read(tmp_path, {"id": "a", "human": 1, "judge": 1}, {"id": "a", "human": 2, "judge": 2})
    assert len({r.item for r in found}) == 2


@pytest.mark.parametrize("missing", [None, ""])
def test_a_score_that_is_missing_is_none(tmp_path: Path, missing: object) -> None:
    found = read(tmp_path, {"human": missing, "judge": 3}, {"human": 4, "judge": missing}, {"human": 1, "judge": 1})
    assert [(r.human, r.score) for r in found] == [(None, 3), (4, None), (1, 1)]


@pytest.mark.parametrize("wrong", ["seven", [5], {"a": 1}, True])
def test_a_row_without_a_score_is_left_out_and_named(tmp_path: Path, wrong: object) -> None:
    path = rows(tmp_path / "r.jsonl", {"human": 1, "judge": 1}, {"human": wrong, "judge": 1}, {"human": 2, "judge": 2})
    found = read_ratings(path)
    assert [(r.human, r.score) for r in found.pairs] == [(1, 1), (2, 2)]
    assert [bad.where for bad in found.unreadable] == [f"{path}:2"]


@pytest.mark.parametrize("missing", ["N/A", "n/a", "-", "nan", "なし"])
def test_what_stands_for_no_score_is_none(tmp_path: Path, missing: str) -> None:
    each = [{"judge_model_name": "x", "tone": 4}, {"judge_model_name": "y", "tone": missing}]
    found = read(tmp_path, {"human_scores": {"tone": 5}, "individual_evaluations": each})
    assert [(r.judge, r.score) for r in found] == [("x", 4), ("y", None)]


@pytest.mark.parametrize("row", ["なし,3", "4,なし", "N/A,3"])
def test_a_word_for_a_score_loses_its_pair_and_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"human,judge\n1,2\n{row}\n3,4\n", encoding="utf-8")
    found = read_ratings(path)
    assert [(r.human, r.score) for r in found.pairs] == [(1, 2), (3, 4)]
    assert [bad.where for bad in found.unreadable] == [f"{path}:3"]


def test_a_score_outside_the_scale_names_its_line(tmp_path: Path) -> None:
    path = rows(tmp_path / "r.jsonl", *[{"human": 1, "judge": 1}] * 3, {"human": 9, "judge": 1})
    with pytest.raises(UsageError, match=r"r\.jsonl:4: 9 is no score\n.*--scale"):
        read_ratings(path)


@pytest.mark.parametrize(("name", "encoding"), [("r.csv", "cp932"), ("R.TSV", "utf-16"), ("r.csv", "utf-8-sig")])
def test_ratings_are_read_in_every_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    text = "criterion,human,judge\n口調,３,4\n"
    (tmp_path / name).write_bytes((text.replace(",", "\t") if "TSV" in name else text).encode(encoding))
    assert [(r.criterion, r.human, r.score) for r in read_ratings(tmp_path / name).pairs] == [("口調", 3, 4)]


@pytest.mark.parametrize("line", [{"text": "no scores"}, {"human": 5}, {"judge": 5}, {"human_scores": {}}])
def test_a_file_without_a_pair_of_scores_is_refused(tmp_path: Path, line: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        read(tmp_path, line)


def test_spreadsheets_are_read(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes("\ufeffid,criterion,human,judge\nあ,口調,5,6\n".encode())
    [found] = read_ratings(tmp_path / "r.csv").pairs
    assert (found.item, found.criterion, found.human, found.score) == ("1:あ", "口調", 5.0, 6.0)
