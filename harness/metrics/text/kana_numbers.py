"""How numbers are written in kana: じゅういち, いつつ, ふたり, ついたち."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

_ONES = (
    (),
    ("いち", "いっ"),
    ("に",),
    ("さん",),
    ("よん", "し", "よ"),
    ("ご",),
    ("ろく", "ろっ"),
    ("なな", "しち"),
    ("はち", "はっ"),
    ("きゅう", "く"),
)
_HUNDREDS = (
    "",
    "ひゃく",
    "にひゃく",
    "さんびゃく",
    "よんひゃく",
    "ごひゃく",
    "ろっぴゃく",
    "ななひゃく",
    "はっぴゃく",
    "きゅうひゃく",
)
_THOUSANDS = ("", "せん", "にせん", "さんぜん", "よんせん", "ごせん", "ろくせん", "ななせん", "はっせん", "きゅうせん")
_NATIVE = ("", "ひとつ", "ふたつ", "みっつ", "よっつ", "いつつ", "むっつ", "ななつ", "やっつ", "ここのつ", "とお")
_PEOPLE = {1: "ひとり", 2: "ふたり"}
_FIRST_DAYS = ("ついたち", "ふつか", "みっか", "よっか", "いつか", "むいか", "なのか", "ようか", "ここのか", "とおか")
_DAYS = {**dict(enumerate(_FIRST_DAYS, 1)), 14: "じゅうよっか", 20: "はつか", 24: "にじゅうよっか"}


@lru_cache(maxsize=512)
def kana_numbers(number: int) -> tuple[str, ...]:
    """Sino-Japanese readings of a number from 1 to 9,999, as they stand alone and before counters.

    >>> kana_numbers(11)
    ('じゅういち', 'じゅういっ')
    >>> kana_numbers(4)
    ('よん', 'し', 'よ')
    """
    if not 0 < number < 10_000:
        return ()
    high = _THOUSANDS[number // 1000] + _HUNDREDS[number // 100 % 10]
    tens, ones = number // 10 % 10, number % 10
    ten = [""] if tens == 0 else [f"{digit}じゅう" for digit in (("",) if tens == 1 else _ONES[tens])]
    if ones:
        return tuple(high + a + b for a, b in product(ten, _ONES[ones]))
    shortened = [f"{high}{a[:-1]}っ" for a in ten if a]
    return tuple(dict.fromkeys([*(high + a for a in ten if high + a), *shortened]))


def native_numbers(number: int) -> tuple[str, ...]:
    """Native counting words that name the number by themselves: things, people, days of the month.

    >>> native_numbers(2)
    ('ふたつ', 'ふたり', 'ふつか')
    """
    thing = _NATIVE[number] if 0 < number < len(_NATIVE) else ""
    return tuple(filter(None, (thing, _PEOPLE.get(number, ""), _DAYS.get(number, ""))))
