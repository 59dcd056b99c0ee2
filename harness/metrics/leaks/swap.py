"""Roles that are swapped: the reply gives the user the character's name, or talks about the character's lines."""

from __future__ import annotations

import re
from typing import NamedTuple

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.leaks.address import addressed
from kikime.harness.metrics.leaks.roles import COPULA, LEAD, TITLE, YOU, character_names
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.lexicon import SELF_WORDS
from kikime.harness.metrics.text.sentences import mask

_END = r"(?:わ|よ|の|ぞ|ぜ|な|とも|ねん|で|さ)?[っー~〜♪]*(?=[。!、\s」』]|\Z)(?![^。!\n]{0,12}(?:\?|か[。\s]|よね|だよね))"
_LINE = r"(?:セリフ|台詞|せりふ|発言|発話|返答|応答|回答|ターン)"
_PARTNER = r"(?:(?:会話|対話|話し|お話し?|トーク)の?相手(?:役)?|相手役|聞き役|ユーザー)"
_ANSWERS = r"(?:お?(?:答え|返事|話し)|回答|応答|返答|返信|会話|ロールプレイ)(?:し|いたし|を|させ|する|いたす)"
_ASKS_LINE = re.compile(r"セリフ|台詞|せりふ|発言|名言|言葉|例")

SHORT = 2
"""Up to so many sentences a name in quotes is what the reply says, not an example in it."""


class SwapPatterns(NamedTuple):
    """The patterns of one card, compiled once."""

    hints: re.Pattern[str]
    """Texts without any of which there is no swap."""
    plain: re.Pattern[str]
    """Swaps that are one wherever they stand."""
    quoted: re.Pattern[str]
    """Swaps with the name in quotes, which in a longer text may only tell a name."""
    line: re.Pattern[str]
    """Talk about the line instead of the line."""

    @classmethod
    def of(cls, persona: Persona) -> SwapPatterns:
        """The patterns with all names of the card."""
        names = character_names(persona)
        name = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        selves = {*SELF_WORDS, *map(fold, persona.voice.first_person.allowed), "こちら", "ここ"} - names
        self_word = "|".join(sorted(map(re.escape, selves), key=len, reverse=True))
        you = rf"{LEAD}(?:{YOU}|{re.escape(fold(persona.user_name))}){TITLE}(?:は|の(?:お?名前|本名|役名?)は|こそ|って)、?"
        plain = (
            rf"{you}(?:{name}){TITLE}(?:という(?:名前|者|人|方))?{COPULA}{_END}",
            rf"{you}(?:{name})(?:殿|どの|{TITLE})、[^。!?\n]{{1,30}}?(?:{COPULA}|でござろう|でしょう|だろう|じゃろう|やろ){_END}",
            rf"{LEAD}(?:(?:{self_word})(?:自身)?[はが]、?)?(?:{name}){TITLE}(?:の|と(?:会話|話)する)(?:{_PARTNER}|相手){COPULA}{_END}",
            rf"{LEAD}(?:{self_word})(?:自身)?[はが]、?(?:ただの|この会話の)?ユーザー(?:側|役)?{COPULA}{_END}",
            rf"{LEAD}(?:{name})(?:として|になりきって|の(?:口調|話し方|セリフ|立場|キャラクター)で)、?{_ANSWERS}",
            rf"{LEAD}(?:{name})[はが]、?(?:次|以下|こ)のように(?:話|答|応|返|言)",
            rf"{LEAD}(?:{name}){TITLE}の{_LINE}(?:例|案)?(?:としては?|は)、?[^。!?\n]{{0,10}}?(?:次|以下|こ)の(?:よう|通り|とおり)",
            rf"(?:この|その|指定の|与えられた)キャラクター(?:の設定)?(?:として|になりきって|の口調で)、?{_ANSWERS}",
        )
        line = (
            rf"{LEAD}(?:(?:これ|こちら|以下|次|上記|それ)[はが]、?)?(?:最後のターンは)?(?:{name}){TITLE}の(?:最後の)?{_LINE}{COPULA}{_END}",
            rf"{LEAD}(?:この|以下の|次の|上記の|最後の){_LINE}{COPULA}{_END}",
            rf"〓+は、?(?:{name}){TITLE}の{_LINE}{COPULA}{_END}",
            rf"{LEAD}(?:この|上記の){_LINE}は、?[^。!?\n]{{0,40}}(?:{name})[^。!?\n]{{0,40}}(?:もの|場面|シーン|{_LINE}){COPULA}{_END}",
            rf"{LEAD}(?:以下|次|上記)[はが]、?(?:キャラクターの)?{_LINE}{COPULA}{_END}",
            rf"{LEAD}(?:(?:以下|次|こちら|これ)[はが]、?)?[^。!?\n]{{0,16}}?(?:{_LINE}|会話|文章)の?例(?:{COPULA}|を(?:示|挙|紹介|作))",
        )
        quoted = rf"{you}[「『](?:{name}){TITLE}[」』]{COPULA}{_END}"
        hints = (
            *names,
            "ユーザー",
            "キャラクター",
            "セリフ",
            "台詞",
            "せりふ",
            "発言",
            "発話",
            "返答",
            "応答",
            "ターン",
            "回答",
            "会話",
            "文章",
        )
        return cls(
            re.compile("|".join(map(re.escape, hints))),
            *(re.compile(pattern) for pattern in ("|".join(plain), quoted, "|".join(line))),
        )


def swapped(reading: Reading) -> list[Span]:
    """Spans where the reply takes the other side: the user gets the character's name, or the character is talked about.

    Questions, denials and quotations are none, and neither is talk about lines with somebody who asks for one.
    """
    patterns = reading.card.compiled(SwapPatterns.of)
    text = mask(reading.whole)
    called = addressed(reading, text)
    if not patterns.hints.search(reading.whole):
        return called
    found = called + [match.span() for match in patterns.plain.finditer(text)]
    if not _ASKS_LINE.search(reading.user):
        found += [match.span() for match in patterns.line.finditer(text)]
    if len(reading.sentences) <= SHORT:
        found += [match.span() for match in patterns.quoted.finditer(reading.whole)]
    return found
