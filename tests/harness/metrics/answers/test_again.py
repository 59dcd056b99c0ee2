"""What a character made up is what it has to say again."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.metrics.answers.again import said_before
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.suites.task import load_task

COLOURS = [["青", "紺", "あお"], ["赤", "朱"], ["白"]]


def test_the_choice_that_was_told_is_right_and_the_others_are_wrong():
    assert said_before("紺ですわ。", COLOURS) == {
        "answers": ["青", "紺"],
        "readings": ["あお"],
        "wrong": ["赤", "朱", "白"],
    }


@pytest.mark.parametrize("told", ["さあ、忘れましたわ。", "持っておりませんの。", "青と赤がありますわ。", ""])
def test_what_was_not_told_is_not_asked_for(told):
    assert said_before(told, COLOURS) == {}


def test_a_choice_that_is_denied_is_not_the_one():
    assert said_before("赤ではなく、青ですわ。", COLOURS)["answers"] == ["青", "紺"]


@pytest.mark.parametrize(
    ("told", "again", "correct", "wrong"),
    [
        ("藍色の手ぬぐいでござる。", "青でござるよ。", 1, 0),
        ("白いハンカチですわ。", "赤いハンカチですわ。", 0, 1),
        ("白いハンカチですわ。", "あら、失念いたしましたわ。", 0, 0),
        ("ハンカチは持っておりませんの。", "赤いハンカチですわ。", None, None),
    ],
)
def test_the_same_has_to_be_said_again(told, again, correct, wrong):
    item = next(item for item in load_task("long_memory").items if item.id == "own_color_03")
    asked = max(item.keeps) - 1
    expect = item.kept_expect(asked, [told] + ["ええ。"] * (asked - 1))
    measured = scorer_of(load_persona("ojousama")).score(again, user=item.script[asked - 1], expect=expect)
    assert (measured.get("fact_correct"), measured.get("fact_wrong")) == (correct, wrong)
