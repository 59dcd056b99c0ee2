import os

import pytest

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.ratings import (
    FILE,
    Rated,
    annotate,
    pair_rating,
    preferences,
    read_annotations,
    scores_rating,
    shuffled,
    swapped,
)

SAMPLE = Rated(key="k1", pair_key="p1", persona="ojousama", task="talk", item_id="t1")


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path)


def test_a_new_rating_of_the_same_reply_replaces_the_old_one_but_the_file_keeps_both(run):
    for value in (3, 5):
        annotate(run, scores_rating(SAMPLE, {"tone": value}, rater="花子", model="m"))
    assert [rating.human_scores for rating in read_annotations(run)] == [{"tone": 5}]
    assert (run.path / FILE).read_bytes().count(b"\n") == 2


def test_raters_do_not_replace_each_other(run):
    for rater in ("花子", "太郎"):
        annotate(run, scores_rating(SAMPLE, {"tone": 4}, rater=rater, model="m"))
    assert {rating.rater for rating in read_annotations(run)} == {"花子", "太郎"}


def test_a_torn_line_costs_only_itself(run):
    annotate(run, scores_rating(SAMPLE, {"tone": 4}, rater="花子", model="m"))
    with (run.path / FILE).open("ab") as stream:
        stream.write(b'{"mode": "scores", "id": "k2", "ra')
    annotate(run, scores_rating(SAMPLE._replace(key="k3"), {"tone": 6}, rater="花子", model="m"))
    assert [rating.id for rating in read_annotations(run)] == ["k1", "k3"]


@pytest.mark.parametrize("value", [0, 8, True, 4.0, "4"])
def test_only_whole_scores_in_the_scale_count(value):
    with pytest.raises(ValueError, match="not a score"):
        scores_rating(SAMPLE, {"tone": value}, rater="花子", model="m")


def test_preferences_are_counted_for_the_pair_of_runs(run):
    for rater, preference, other in (("花子", "a", "r2"), ("太郎", "tie", "r2"), ("次郎", "b", "r3")):
        annotate(run, pair_rating(SAMPLE, SAMPLE, preference, rater=rater, run_a="r1", run_b=other))
    assert preferences(read_annotations(run), "r2") == {"a": 1, "b": 0, "tie": 1}


def test_a_preference_is_one_of_three():
    with pytest.raises(ValueError, match="not a, b or tie"):
        pair_rating(SAMPLE, SAMPLE, "both", rater="花子", run_a="1", run_b="2")


def test_the_order_differs_between_raters_and_stays_for_one():
    keys = [f"k{i}" for i in range(30)]
    assert shuffled(keys, "花子") == shuffled(keys[::-1], "花子") != shuffled(keys, "太郎")
    assert sorted(shuffled(keys, "花子")) == sorted(keys)


def test_sides_are_drawn_about_evenly():
    drawn = sum(swapped(f"p{i}", "花子") for i in range(400))
    assert 150 < drawn < 250


def test_a_read_only_run_says_so(run, monkeypatch):
    from kikime.harness.core.errors import EnvironmentFault

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        annotate(run, scores_rating(SAMPLE, {"tone": 4}, rater="花子", model="m"))
