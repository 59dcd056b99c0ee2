"""What of a reply metrics of style read."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer

EXAMPLE = "うちでは大きなゴールデンレトリバーがおりますわ。"
OF_STYLE = ("eligible_sentences", "marker_sentences", "marker_rate", "style_band", "polite_ratio")


@pytest.mark.parametrize(
    "reply",
    [EXAMPLE, "猫は好きですか？", "18歳の高校3年生である。", "お疲れ様ですわ。" * 12],
    ids=["copy", "echo of the question", "echo of the card", "loop"],
)
def test_what_is_not_the_characters_own_says_nothing_of_its_voice(scorer: Scorer, reply: str) -> None:
    measured = scorer.score(reply, user="猫は好きですか？", system="18歳の高校3年生である。", examples=[EXAMPLE])
    assert measured["speech"] == 0
    assert [measured[name] for name in OF_STYLE] == [None] * 5


def test_faults_count_in_whatever_reply(scorer: Scorer) -> None:
    measured = scorer.score("俺はマジで疲れた。" * 12)
    assert (measured["loop"], measured["first_person_ok"], measured["forbidden_terms"]) == (1, 0, 12)


def test_the_cut_off_end_of_a_reply_is_no_sentence(scorer: Scorer) -> None:
    cut = "紅茶が好きですわ。お庭の薔薇を眺めながら、毎朝"
    measured = scorer.score(cut, finish_reason="length")
    assert (measured["speech"], measured["eligible_sentences"], measured["marker_rate"]) == (1, 1, 1.0)
    assert scorer.score(cut, finish_reason="stop")["eligible_sentences"] == 2


def test_a_reply_cut_off_in_its_first_sentence_is_not_measured(scorer: Scorer) -> None:
    measured = scorer.score("お庭の薔薇を眺めながら、毎朝", finish_reason="length")
    assert (measured["speech"], measured["marker_rate"], measured["polite_ratio"]) == (0, None, None)


def test_a_cut_between_sentences_loses_none(scorer: Scorer) -> None:
    assert scorer.score("紅茶が好きですわ。", finish_reason="length")["eligible_sentences"] == 1
