"""``annotations.jsonl``: what people, other programs and crashes write into it."""

import itertools
import json

import pytest

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.ratings import (
    FILE,
    HIGH,
    LOW,
    Rated,
    annotate,
    blind_code,
    pair_rating,
    preferences,
    read_annotations,
    scores_rating,
    shuffled,
    swapped,
)

SAMPLE = Rated(key="k1", pair_key="p1", persona="ojousama", task="talk", item_id="t1")
SCORES = {"mode": "scores", "id": "k", "rater": "r", "human_scores": {"tone": 4}}
PAIR = {"mode": "pair", "id": "p", "rater": "r", "preference": "tie", "run_a": "1", "run_b": "2"}


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path)


def written(run, *lines):
    """The file with these lines; gives what counts of them."""
    data = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    (run.path / FILE).write_bytes(data)
    return read_annotations(run)


def test_a_run_that_nobody_rated_has_no_ratings(run):
    assert read_annotations(run) == []


@pytest.mark.parametrize("value", [LOW, HIGH, 4.5, 1.0])
def test_scores_of_the_scale_count_whole_or_not(run, value):
    (found,) = written(run, SCORES | {"human_scores": {"tone": value}})
    assert found.human_scores == {"tone": value}


@pytest.mark.parametrize(
    "line",
    [
        SCORES | {"human_scores": {"tone": 0}},
        SCORES | {"human_scores": {"tone": 7.5}},
        SCORES | {"human_scores": {"tone": "4"}},
        SCORES | {"human_scores": {"tone": None}},
        SCORES | {"human_scores": {}},
        SCORES | {"mode": "stars"},
        {"mode": "scores", "human_scores": {"tone": 4}},
        PAIR | {"preference": None},
        PAIR | {"preference": "A"},
        PAIR | {"run_b": ""},
        {name: value for name, value in PAIR.items() if name != "preference"},
        b"[]\n",
        b"null\n",
        b'{"mode": "scores"\n',
        b"\xff\xfe{}\n",
        b"\n",
    ],
)
def test_a_line_that_is_not_whole_counts_for_nothing_and_harms_no_other(run, line):
    assert [found.id for found in written(run, SCORES, line, PAIR)] == ["k", "p"]


def test_fields_of_other_programs_are_passed_over(run):
    (found,) = written(run, SCORES | {"comment": "とても自然", "seconds": 12})
    assert found.human_scores == {"tone": 4}


def test_a_file_of_windows_lines_is_read(run):
    (run.path / FILE).write_bytes(json.dumps(SCORES).encode() + b"\r\n" + json.dumps(PAIR).encode() + b"\r\n")
    assert len(read_annotations(run)) == 2


@pytest.mark.parametrize(
    "rater", ["花子", "Ｈ.Ｔ.", "a\u0301", "名前\n改行", "\U0001f469\u200d\U0001f4bb", "\u202e", " "]
)
def test_any_name_of_a_rater_comes_back_as_it_was_given(run, rater):
    annotate(run, scores_rating(SAMPLE, {"tone": 4}, rater=rater, model="月"))
    annotate(run, pair_rating(SAMPLE, SAMPLE, "b", rater=rater, run_a="1", run_b="2"))
    assert [found.rater for found in read_annotations(run)] == [rater, rater]
    assert (run.path / FILE).read_bytes().count(b"\n") == 2


def test_a_rating_says_what_was_rated_and_when(run):
    annotate(run, scores_rating(SAMPLE, {"tone": 4}, rater="花子", model="月", rubric="character_v1"))
    line = json.loads((run.path / FILE).read_text())
    assert {name: line[name] for name in ("mode", "id", "rater", "model", "human_scores", "persona", "task")} == {
        "mode": "scores",
        "id": "k1",
        "rater": "花子",
        "model": "月",
        "human_scores": {"tone": 4},
        "persona": "ojousama",
        "task": "talk",
    }
    assert line["utc"].endswith("+00:00")
    assert line["rubric"] == "character_v1"


def test_a_preference_says_which_side_was_seen(run):
    annotate(run, pair_rating(SAMPLE, SAMPLE._replace(key="k2"), "a", rater="r", run_a="1", run_b="2", swapped=True))
    line = json.loads((run.path / FILE).read_text())
    assert (line["key_a"], line["key_b"], line["run_a"], line["run_b"], line["swapped"]) == ("k1", "k2", "1", "2", True)


def test_scores_and_a_preference_for_one_reply_stand_beside_each_other(run):
    found = written(run, SCORES, PAIR | {"id": "k"}, PAIR | {"id": "k", "run_b": "3"})
    assert len(found) == 3


def test_a_changed_mind_takes_the_place_of_the_first_answer(run):
    found = written(run, SCORES, PAIR, SCORES | {"human_scores": {"tone": 1}}, PAIR | {"preference": "a"})
    assert [found[0].human_scores, found[1].preference] == [{"tone": 1}, "a"]


def test_ratings_of_scores_are_no_preferences(run):
    assert preferences(written(run, SCORES, PAIR), "2") == {"a": 0, "b": 0, "tie": 1}
    assert preferences([], "2") == {"a": 0, "b": 0, "tie": 0}


def test_a_code_does_not_tell_the_run_and_never_changes():
    code = blind_code("20261128T000000Z-アイネス-000001")
    assert code == blind_code("20261128T000000Z-アイネス-000001")
    assert len(code) == 16
    assert code.isalnum()
    assert code.isascii()
    assert len({blind_code(f"run{n}") for n in range(500)}) == 500


def test_a_run_whose_name_is_no_unicode_has_a_code_too():
    assert blind_code("run-\udcff") != blind_code("run-\udcfe")


def test_the_sides_do_not_follow_the_order_of_the_queue():
    keys = shuffled([f"p{n}" for n in range(200)], "花子")
    sides = [swapped(key, "花子") for key in keys]
    assert 5 < sum(one != other for one, other in itertools.pairwise(sides)) < 195


def test_raters_see_different_sides_of_one_pair():
    assert {swapped("p", f"rater{n}") for n in range(20)} == {True, False}


def test_nothing_to_shuffle_is_nothing():
    assert shuffled([], "花子") == []
    assert shuffled(["k"], "花子") == ["k"]
