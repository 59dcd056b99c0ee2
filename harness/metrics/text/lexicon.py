"""Word lists of Japanese speech that several metrics and the drafting of cards share, each said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FIRST_PERSONS: Mapping[str, tuple[str, ...]] = {
    "わたくし": ("ワタクシ",),
    "わたし": ("ワタシ",),
    "あたくし": ("アタクシ",),
    "あたし": ("アタシ",),
    "あたい": ("アタイ",),
    "俺": ("オレ", "おれ"),
    "僕": ("ボク", "ぼく"),
    "わし": ("儂", "ワシ"),
    "吾輩": ("我輩", "我が輩", "わがはい"),
    "わらわ": ("妾",),
    "おいら": ("オイラ",),
    "うち": ("ウチ",),
    "俺様": ("俺さま", "オレ様"),
    "麻呂": ("まろ",),
}
"""First-person pronouns (一人称) with their further spellings; 俺, オレ and おれ are one word."""

SECOND_PERSONS: Mapping[str, tuple[str, ...]] = {
    "あなた": ("貴方", "貴女", "貴男", "アナタ", "あなた様"),
    "あんた": ("アンタ",),
    "お前": ("おまえ", "オマエ"),
    "君": ("きみ", "キミ"),
    "貴様": ("きさま", "キサマ"),
    "てめえ": ("てめぇ", "テメー", "テメエ", "手前"),
    "そなた": ("其方",),
    "お主": ("おぬし",),
    "you": ("You",),
}
"""Second-person pronouns (二人称) with their further spellings."""

SELF_WORDS = (
    *("わたくし", "わたし", "あたくし", "あたし", "あたい", "私", "僕", "俺", "ボク", "オレ", "ぼく", "おれ", "わし"),
    *("我", "拙者", "小生", "吾輩", "おいら", "あっし", "それがし", "わらわ", "ワシ", "ウチ", "ワタシ", "アタシ"),
)
"""Spellings by which a speaker means itself wherever they stand in a sentence."""

ROUGH_SELF_WORDS = ("俺", "オレ", "僕", "ボク", "うち", "わし", "おれ", "ぼく")
"""First persons of rough and western speech, whose わ is no marker of refined speech; those in hiragana are found inside
other words too."""

FIRST_PERSONS_IF_LISTED = ("うち", "自分", "余")
"""Ordinary words too: a first person only where a card, or its draft, looks for them."""

IS = "です|だ|じゃ|や"
"""Copulas after a noun, as alternatives of a pattern."""

COPULAS = ("です", "ます", "ません", "でした", "ました", "でしょう", "ましょう")
"""Polite sentence ends that a marker follows."""


def words_by_spelling(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The word of each further spelling.

    >>> words_by_spelling({"俺": ("オレ", "おれ")})
    {'オレ': '俺', 'おれ': '俺'}
    """
    return {spelling: word for word, spellings in words.items() for spelling in spellings}
