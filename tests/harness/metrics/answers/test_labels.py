"""Scores from log-probabilities."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.answers.labels import label_scores, measure_logprobs, probe_scores


def logprobs(labels, free):
    given = zip(("label", "free"), (labels, free), strict=True)
    return {f"{kind}.{number}": value for kind, values in given for number, value in enumerate(values)}


@pytest.mark.parametrize(
    ("labels", "free", "label", "margin"),
    [
        ([-1.0, -2.0], [-3.0, -3.0], 0, 1.0),
        ([-1.0, -2.0], [-3.0, -3.0], 1, -1.0),
        ([-1.0, -2.0], [-0.5, -3.0], 1, 1.5),
        ([-1.0, -2.0, -4.0], [-1.0, -1.0, -5.0], 2, 1.0),
    ],
)
def test_a_label_wins_once_each_prior_is_taken_off(labels, free, label, margin):
    scores = label_scores(logprobs(labels, free), label)
    assert scores == {"label_correct": int(margin > 0), "label_margin": pytest.approx(margin)}


def test_a_tie_is_not_right():
    assert label_scores(logprobs([-1.0, -1.0], [-2.0, -2.0]), 0)["label_correct"] == 0


def test_more_than_nine_labels_keep_their_numbers():
    scores = label_scores(logprobs([-5.0] * 10 + [-1.0], [-2.0] * 11), 10)
    assert scores == {"label_correct": 1, "label_margin": 4.0}


def test_a_probe_says_how_far_the_new_fact_leads():
    assert probe_scores({"old": -5.0, "new": -2.0}) == {"probe_shift": 3.0, "probe_new_first": 1}
    assert probe_scores({"old": -2.0, "new": -2.0}) == {"probe_shift": 0.0, "probe_new_first": 0}


def test_an_item_with_labels_is_scored_by_them_and_any_other_as_a_probe():
    both = logprobs([-1.0, -2.0], [-2.0, -2.0]) | {"old": -1.0, "new": -2.0}
    assert measure_logprobs(both, {"labels": ["甲", "乙"], "label": 0}).keys() == {"label_correct", "label_margin"}
    assert measure_logprobs(both, {}).keys() == {"probe_shift", "probe_new_first"}
