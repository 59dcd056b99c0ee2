"""Replies that are taken from an example."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.repeats.copying import MIN_SHARED, comparable, copies

SOURCE = comparable("我が家の庭では、祖母の代から白い薔薇を育てておりますの。")


@pytest.mark.parametrize(
    "reply",
    [
        "我が家の庭では祖母の代から白い薔薇を育てておりますの",
        "祖母の代から白い薔薇を育てておりますの",
        "ええ、祖母の代から白い薔薇を育てておりますわ！",
    ],
)
def test_a_passage_that_is_most_of_the_reply_is_a_copy(reply):
    assert copies(comparable(reply), SOURCE)


@pytest.mark.parametrize(
    "reply",
    [
        "白い薔薇ですわ",
        "祖母の代から伝わる紅茶を、朝の温室でゆっくりといただくのがわたくしの楽しみですわ",
        "ごきげんよう、今日はとてもよいお天気ですわね",
        "",
    ],
)
def test_a_short_phrase_or_a_small_part_is_none(reply):
    assert not copies(comparable(reply), SOURCE)


@pytest.mark.parametrize("size", [1, MIN_SHARED - 1])
def test_up_to_eight_characters_are_a_phrase(size):
    assert not copies("あ" * size, "あ" * 100)


def test_marks_and_white_space_make_no_difference():
    assert comparable("はい、 そう\nですわ…！？") == comparable("はいそうですわ…")


def test_a_passage_that_comes_again_and_again_is_searched_in_time():
    assert not copies("あい" * 2000 + "う" * 4000, "あい" * 50_000)
