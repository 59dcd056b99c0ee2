"""Right answers that only come up in passing."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.answers.mentions import mentions
from kikime.harness.metrics.answers.passing import another_topic, answers_otherwise, only_passes, passes

WHERE = "どこに住んでいますか"


def of(text, word):
    return list(mentions(text, [word]))


@pytest.mark.parametrize(
    ("text", "in_passing"),
    [
        ("トロントにも行くよ", True),
        ("トロントは寒いよ", True),
        ("トロントなら存じておりますわ", True),
        ("トロントだよ", False),
        ("トロントに住んでるよ", False),
        ("トロントがいちばん好き", False),
    ],
)
def test_a_word_in_passing_is_told_from_an_answer(text, in_passing):
    assert passes(text, of(text, "トロント")[0]) == in_passing


@pytest.mark.parametrize(
    ("text", "otherwise"),
    [
        ("ロンドンだよ。トロントにも行くよ", True),
        ("冬は寒いよ。トロントに住んでるよ", False),
        ("トロントだよ。ロンドンにも行くよ", False),
        ("トロントだよ", False),
    ],
)
def test_another_answer_may_come_before_the_right_one(text, otherwise):
    assert answers_otherwise(text, of(text, "トロント"), WHERE) == otherwise


def test_without_a_question_nothing_is_another_answer():
    text = "ロンドンだよ。トロントにも行くよ"
    assert not answers_otherwise(text, of(text, "トロント"), "")


def test_a_right_answer_in_a_later_sentence_may_be_in_passing_only():
    text = "ロンドンだよ。トロントにも行くよ"
    assert only_passes(text, of(text, "ロンドン")[0], of(text, "トロント"))
    text = "ロンドンじゃなくてトロントだよ"
    assert not only_passes(text, of(text, "ロンドン")[0], of(text, "トロント"))


@pytest.mark.parametrize(
    ("text", "another"),
    [
        ("鷹取でございます。庭師は榊でございます", True),
        ("鷹取でございます。執事は榊でございます", False),
        ("庭師は榊でございます", False),
    ],
)
def test_a_wrong_answer_may_be_said_of_something_else(text, another):
    assert another_topic(text, of(text, "榊")[0], of(text, "鷹取"), "執事の名前は？") == another
