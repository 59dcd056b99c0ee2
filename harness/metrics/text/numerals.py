"""Text in which numbers and spaces can be compared."""

from __future__ import annotations

import re
from functools import lru_cache

from kikime.harness.metrics.text.fold import fold

_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十百千]+")
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ZERO_FRACTION = re.compile(r"(?<=\d)(?<!\.\d)\.0+(?![\d.])")
_TENS_AND_ONES = re.compile(
    "([二三四五六七八九]?[十百千])と([一二三四五六七八九])(?=[つ人歳才年匹個本枚回日円文]|です|で[ごす]|だ|じゃ|や|なの|[、。!]|$)"
)
_MONTH_AND_DAY = re.compile(r"(?<=\d月)の(?=\d{1,2}日)")
_TIMES_TABLE = "九九"
_ENGLISH = (
    *(
        "",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
    ),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH_NUMBER = re.compile(
    rf"(?<![a-z])(?:({'|'.join(_ENGLISH_TENS[2:])})(?:[- ]({'|'.join(_ENGLISH[1:10])}))?|({'|'.join(_ENGLISH[2:])}))(?![a-z])"
)
_LONG = 1024
_SPACES = re.compile(r"\s+")
_NO_SPACE = re.compile(r"(?<=\d) (?=\d)|(?<![!-~]) | (?![!-~])")


@lru_cache(maxsize=4096)
def _remembered(text: str) -> str:
    return _normal(text)


def normal_numbers(text: str) -> str:
    """Folded text with 漢数字 as digits, in lower case; spaces stay, as one each, only between Latin words.

    >>> normal_numbers("十八歳、二〇〇五年生まれ、1,200円、百二十三")
    '18歳、2005年生まれ、1200円、123'
    >>> normal_numbers("四十と二人、4月の7日、九九")
    '42人、4月7日、九九'
    >>> normal_numbers("2.0じゃよ、10.05秒")
    '2じゃよ、10.05秒'
    >>> normal_numbers("小野寺 絢音 です。My name is Emily")
    '小野寺絢音です。my name is emily'
    """
    return _remembered(text) if len(text) < _LONG else _normal(text)


def _normal(text: str) -> str:
    joined = _TENS_AND_ONES.sub(r"\1\2", fold(text))
    folded = _MONTH_AND_DAY.sub("", _DIGIT_COMMA.sub("", _KANJI_NUMBER.sub(_digits, joined)))
    if ".0" in folded:
        folded = _ZERO_FRACTION.sub("", folded)
    return _NO_SPACE.sub("", _SPACES.sub(" ", folded)).casefold()


def english_numbers(text: str) -> str:
    """Lower-case text with English numbers from 2 to 99 as digits.

    >>> english_numbers("so it's forty-two, sixty or seven")
    "so it's 42, 60 or 7"
    """
    return _ENGLISH_NUMBER.sub(_english_digits, text)


def _english_digits(match: re.Match[str]) -> str:
    tens, ones, alone = match.groups()
    if alone:
        return str(_ENGLISH.index(alone))
    return str(10 * _ENGLISH_TENS.index(tens) + (_ENGLISH.index(ones) if ones else 0))


def _digits(match: re.Match[str]) -> str:
    text = match[0]
    if text == _TIMES_TABLE:
        return text
    if not any(char in _UNITS for char in text):
        return "".join(_DIGITS[char] for char in text)
    total, current = 0, 0
    for char in text:
        if char in _UNITS:
            total += (current or 1) * _UNITS[char]
            current = 0
        else:
            current = current * 10 + int(_DIGITS[char])
    return str(total + current)
