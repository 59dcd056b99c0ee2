"""Text in which numbers and spaces can be compared."""

from __future__ import annotations

import re

from kikime.harness.metrics.text.fold import fold

_DIGITS = {char: str(value) for value, char in enumerate("〇一二三四五六七八九")}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_KANJI_NUMBER = re.compile("[〇一二三四五六七八九十百千]+")
_DIGIT_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ZERO_FRACTION = re.compile(r"(?<=\d)(?<!\.\d)\.0+(?![\d.])")
_SPACES = re.compile(r"\s+")
_NO_SPACE = re.compile(r"(?<=\d) (?=\d)|(?<![!-~]) | (?![!-~])")


def normal_numbers(text: str) -> str:
    """Folded text with 漢数字 as digits, in lower case; spaces stay, as one each, only between Latin words.

    >>> normal_numbers("十八歳、二〇〇五年生まれ、1,200円、百二十三")
    '18歳、2005年生まれ、1200円、123'
    >>> normal_numbers("2.0じゃよ、10.05秒")
    '2じゃよ、10.05秒'
    >>> normal_numbers("小野寺 絢音 です。My name is Emily")
    '小野寺絢音です。my name is emily'
    """
    folded = _DIGIT_COMMA.sub("", _KANJI_NUMBER.sub(_digits, fold(text)))
    if ".0" in folded:
        folded = _ZERO_FRACTION.sub("", folded)
    return _NO_SPACE.sub("", _SPACES.sub(" ", folded)).casefold()


def _digits(match: re.Match[str]) -> str:
    text = match[0]
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
