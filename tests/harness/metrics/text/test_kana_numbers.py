"""Numbers that are written in kana."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.text.kana_numbers import kana_numbers, native_numbers, number_readings


@pytest.mark.parametrize(
    ("number", "reading"),
    [
        (10, "じゅう"),
        (19, "じゅうきゅう"),
        (40, "よんじゅう"),
        (300, "さんびゃく"),
        (608, "ろっぴゃくはち"),
        (1000, "せん"),
        (3000, "さんぜん"),
        (9999, "きゅうせんきゅうひゃくきゅうじゅうきゅう"),
    ],
)
def test_a_number_is_read_with_its_sound_changes(number, reading):
    assert reading in kana_numbers(number)


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_other_numbers_have_no_reading(number):
    assert kana_numbers(number) == ()


def test_every_reading_of_a_number_is_its_own():
    readings = [kana for number in range(1, 1000) for kana in set(kana_numbers(number))]
    assert len(readings) == len(set(readings))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, ("ひとつ", "ひとり", "ついたち")),
        (10, ("とお", "とおか")),
        (14, ("じゅうよっか",)),
        (20, ("はつか",)),
        (11, ()),
        (0, ()),
    ],
)
def test_native_words_name_things_people_and_days(number, words):
    assert native_numbers(number) == words


@pytest.mark.parametrize(
    ("answer", "reading"),
    [
        ("17歳", "じゅうななさい"),
        ("8歳", "はっさい"),
        ("2人", "ふたり"),
        ("3人", "さんにん"),
        ("9月", "くがつ"),
        ("12月24日", "じゅうにがつにじゅうよっか"),
        ("1月1日", "いちがつついたち"),
        ("42", "よんじゅうに"),
    ],
)
def test_counted_numbers_and_dates_are_read(answer, reading):
    assert reading in number_readings(answer)


@pytest.mark.parametrize("answer", ["13月", "4月32日", "7", "猫", "3.5歳", "12345歳", ""])
def test_what_is_no_number_or_too_short_a_word_has_no_reading(answer):
    assert number_readings(answer) == ()
