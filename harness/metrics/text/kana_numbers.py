"""How numbers are written in kana: じゅういち, いつつ, ふたり, ついたち."""

from __future__ import annotations

import re
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
_MONTHS = (
    *(
        "",
        "いちがつ",
        "にがつ",
        "さんがつ",
        "しがつ",
        "ごがつ",
        "ろくがつ",
        "しちがつ",
        "はちがつ",
        "くがつ",
        "じゅうがつ",
    ),
    *("じゅういちがつ", "じゅうにがつ"),
)
_KANA_OF_COUNTERS = {
    "歳": ("さい", "っさい"),
    "才": ("さい", "っさい"),
    "人": ("にん",),
    "名": ("めい",),
    "年": ("ねん",),
    "年生": ("ねんせい",),
    "年目": ("ねんめ",),
    "番": ("ばん",),
    "階": ("かい", "がい", "っかい"),
    "回": ("かい", "っかい"),
    "羽": ("わ", "ぱ"),
    "時": ("じ",),
    "本": ("ほん", "ぽん"),
}
_COUNTED = re.compile(rf"(\d{{1,4}})({'|'.join(sorted(_KANA_OF_COUNTERS, key=len, reverse=True))})?")
_DATE = re.compile(r"(\d{1,2})月(?:(\d{1,2})日)?")


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


@lru_cache(maxsize=2048)
def number_readings(answer: str) -> tuple[str, ...]:
    """How an answer that is a number, a counted number or a date is read; empty for any other.

    >>> number_readings("4月7日"), number_readings("5階")
    (('しがつなのか',), ('ごかい', 'ごがい', 'ごっかい'))
    """
    if date := _DATE.fullmatch(answer):
        month, day = int(date[1]), int(date[2] or 0)
        if not 0 < month <= 12 or day > 31:
            return ()
        days = (_DAYS[day],) if day in _DAYS else tuple(f"{kana}にち" for kana in kana_numbers(day))
        return tuple(_MONTHS[month] + kana for kana in days) if day else (_MONTHS[month],)
    counted = _COUNTED.fullmatch(answer)
    if counted is None:
        return ()
    number, counter = int(counted[1]), counted[2]
    if counter is None:
        return kana_numbers(number) if number > 9 else ()
    native = [_PEOPLE[number]] if counter == "人" and number in _PEOPLE else []
    return (*native, *(kana + after for kana in kana_numbers(number) for after in _KANA_OF_COUNTERS[counter]))
