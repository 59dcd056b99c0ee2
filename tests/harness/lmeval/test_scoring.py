"""Numbers and texts as lm-eval passes them on."""

from __future__ import annotations

import pickle

import pytest

from kikime.harness.lmeval.scoring import (
    Finished,
    Score,
    mean_style_level,
    persona_mean,
    pooled_style_band,
)
from kikime.harness.metrics import VoiceSums


def voiced(marked, eligible, persona="a", target=0.8, tolerance=0.4):
    return Score(marked / eligible, persona, VoiceSums(marked, eligible, target, tolerance))


def test_a_score_is_the_number_that_it_is():
    score = Score(0.25, "ojousama")
    assert score == 0.25
    assert score + 1 == 1.25
    assert f"{score:.2f}" == "0.25"
    assert (score.persona, score.voice) == ("ojousama", None)


def test_a_score_goes_to_other_processes_whole():
    score = pickle.loads(pickle.dumps(voiced(1, 2, "bushi")))
    assert (float(score), score.persona, score.voice.eligible) == (0.5, "bushi", 2)


@pytest.mark.parametrize("text", ["", "薔薇", "\U0001f600\n", "\ud800"])
def test_a_text_is_the_text_that_it_is(text):
    finished = Finished(text, "length")
    assert finished == text
    assert len(finished) == len(text)
    assert finished.finish_reason == "length"
    assert Finished(text).finish_reason == ""


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([("a", 1.0)], 1.0),
        ([("a", 1.0), ("b", 0.0)], 0.5),
        ([("a", 1.0), ("a", 1.0), ("a", 1.0), ("b", 0.0)], 0.5),
        ([("", 0.0), ("", 1.0)], 0.5),
    ],
)
def test_personas_weigh_the_same_however_many_replies_they_have(values, mean):
    assert persona_mean([Score(value, persona) for persona, value in values]) == mean


def test_the_order_of_replies_changes_no_mean():
    scores = [Score(n / 7, "ab"[n % 2]) for n in range(11)]
    assert persona_mean(scores) == persona_mean(scores[::-1])


def test_a_level_is_that_of_the_mean_rate_in_which_every_reply_counts_once():
    scores = [voiced(1, 1), voiced(0, 3), voiced(4, 5, "b")]
    assert mean_style_level(scores) == pytest.approx((0.5 / 0.8 + 1) / 2)


def test_a_band_is_that_of_the_pooled_rate_and_not_the_mean_of_bands():
    alone = [pooled_style_band([voiced(8, 10)]), pooled_style_band([voiced(2, 10)])]
    assert alone[0] == 1.0
    assert pooled_style_band([voiced(8, 10), voiced(2, 10)]) != pytest.approx(sum(alone) / 2)
    assert pooled_style_band([voiced(8, 10), voiced(8, 10, "b")]) == 1.0


def test_replies_without_a_sentence_do_not_weigh():
    assert mean_style_level([voiced(1, 2), Score(0.0, "a")]) == pytest.approx(0.5 / 0.8)
