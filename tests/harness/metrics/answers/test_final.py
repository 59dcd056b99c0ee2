"""The number that a reply ends on."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.answers.final import ends_on
from kikime.harness.metrics.text.fold import fold
from kikime.harness.metrics.text.numerals import normal_numbers


def ends(text, answer, **asked):
    return ends_on(normal_numbers(fold(text)), [answer], **asked)


@pytest.mark.parametrize(
    "reply",
    [
        "12個ですわ",
        "十二個ですわ",
        "１２こだよ",
        "8個に4個を足して、12個ですわ",
        "8+4=12ですの",
        "最初は20個。8個食べたから、残りは12個じゃ",
        "答えは12個。20個から8個を引くのです",
        "12個よ。20個あったんだから",
        "20個ではなくて12個ですわ",
        "じゅうにこだよ",
        "You had 20 and ate 8. The answer is 12.",
        "Twelve!",
    ],
)
def test_the_number_that_is_given_as_the_answer_is_right(reply):
    assert ends(reply, "12", units=["個", "こ"]) is True


@pytest.mark.parametrize(
    "reply",
    [
        "20個ですわ",
        "12個……いえ、13個ですわ",
        "12から8を引いて、4個ですわ",
        "12個ではありませんわ、20個ですの",
        "12.5個ですわ",
        "1200個ですわ",
    ],
)
def test_another_number_at_the_end_is_wrong(reply):
    assert ends(reply, "12", units=["個", "こ"]) is False


@pytest.mark.parametrize("reply", ["", "分かりませんわ", "たくさんですわ"])
def test_a_reply_without_a_number_gives_none(reply):
    assert ends(reply, "12", units=["個"]) is None


def test_answers_without_a_number_are_no_matter_of_counting():
    assert ends("12個ですわ", "たくさん") is None


def test_another_counter_makes_another_number():
    assert ends("3人で分けて、12個ですわ", "12", units=["個"]) is True
    assert ends("12人ですわ", "12", units=["個"]) is False
    assert ends("12人ですわ", "12") is True


@pytest.mark.parametrize(("name", "right"), [("太郎", True), ("花子", False)])
def test_of_several_persons_the_one_who_was_asked_for_counts(name, right):
    assert ends("太郎くんは5個、花子さんは8個ですわ", "5", units=["個"], of=name) is right


def test_a_date_counts_whole():
    assert ends("4月の末の次だから、5月1日ですわ", "5月1日") is True
    assert ends("4月30日の次は31日ですわ", "5月1日") is False
