"""Where a reply says a word, and what it says of it."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.answers.mentions import (
    Stance,
    alias_pattern,
    changed,
    mentions,
    predicate_denies,
    reading_pattern,
)
from kikime.harness.metrics.text.fold import fold
from kikime.harness.metrics.text.numerals import normal_numbers


def stances(text, alias, **asked):
    return [mention.stance for mention in mentions(normal_numbers(fold(text)), [alias], **asked)]


@pytest.mark.parametrize(
    ("alias", "text"),
    [
        ("バイオリン", "ヴァイオリンですわ"),
        ("ヴァイオリン", "バイオリンですわ"),
        ("バイオリン", "ばいおりんだよ"),
        ("コーヒー", "コーヒですわ"),
        ("ゴールデンレトリバー", "ゴールデン・レトリバー"),
        ("18歳", "十八歳"),
        ("月曜…開け", "月曜もふつうに開けてるよ"),
        ("third-year", "third year"),
    ],
)
def test_an_answer_is_found_however_it_is_written(alias, text):
    assert alias_pattern(alias).search(normal_numbers(fold(text)))


@pytest.mark.parametrize(
    ("alias", "text"),
    [
        ("インド", "インドネシア"),
        ("18", "180"),
        ("18", "1.18"),
        ("クモ", "行くものは"),
        ("Emily", "emilyson"),
        ("リス", "クリス"),
    ],
)
def test_an_answer_is_no_part_of_another_word(alias, text):
    assert not alias_pattern(alias).search(normal_numbers(fold(text)).casefold())


@pytest.mark.parametrize(
    ("reading", "text", "found"),
    [
        ("ふゆ", "ふゆなの!", True),
        ("はる", "はるかに遠い", False),
        ("いぬ", "すきなのは、いぬだよ", True),
        ("あか", "あかるい", False),
    ],
)
def test_a_reading_is_a_whole_word(reading, text, found):
    assert bool(reading_pattern(reading).search(text)) == found


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("梨ですわ", Stance.ASSERTED),
        ("梨が好きだよ", Stance.ASSERTED),
        ("梨ではありませんわ", Stance.DENIED),
        ("梨じゃなくて葡萄だよ", Stance.DENIED),
        ("梨やあらへん", Stance.DENIED),
        ("梨ではござらぬ", Stance.DENIED),
        ("梨？ まさか", Stance.MENTIONED),
        ("梨だって？ 違うよ", Stance.MENTIONED),
        ("梨でしょう？", Stance.ASSERTED),
    ],
)
def test_what_is_said_of_a_word_is_told_apart(text, stance):
    assert stances(text, "梨") == [stance]


def test_of_what_one_dislikes_liking_is_the_denial():
    assert stances("雷は好きですわ", "雷", disliked=True) == [Stance.DENIED]
    assert stances("雷が苦手ですの", "雷", disliked=True) == [Stance.ASSERTED]


def test_every_place_is_told_in_the_order_of_the_text():
    found = list(mentions("梨ではなく葡萄、葡萄ですわ", ["葡萄"]))
    assert [(mention.start, mention.end) for mention in found] == [(5, 7), (8, 10)]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("梨は食べませんの", True),
        ("梨は食べへんで", True),
        ("梨は食べぬ", True),
        ("梨が好きですわ", False),
        ("梨しか食べませんの", False),
        ("梨を食べない日はありませんわ", False),
        ("梨は嫌いですわ", True),
        ("梨は嫌いではありませんわ", False),
    ],
)
def test_a_predicate_may_deny_what_stands_before_it(text, denied):
    mention = next(mentions(text, ["梨"]))
    assert predicate_denies(text, mention) == denied


@pytest.mark.parametrize(
    ("text", "past"),
    [
        ("以前は梨だった", True),
        ("昔は梨、今は葡萄ですわ", True),
        ("梨から葡萄に変えましたの", True),
        ("今は梨ですわ", False),
        ("以前は葡萄、今は梨ですわ", False),
        ("梨ですわ", False),
    ],
)
def test_what_was_so_before_is_told_from_what_is(text, past):
    assert changed(text, next(mentions(text, ["梨"]))) == past
