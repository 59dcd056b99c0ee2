"""The character spoken to by its own reply: called by its own name, told its own profile, quoted as somebody else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.leaks.roles import COPULA, LEAD, SELVES, TITLE, YOU, character_names
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.numerals import normal_numbers

_CALLED = r"(?:さん|さま|様|ちゃん|くん|君|先生|先輩|殿|どの|はん|氏)"
_TRADES = r"博士|先生|教授|師匠|親方|大将|女将さん?|店長(?:さん)?|店主(?:さん)?|隊長|院長|お嬢(?:様|さま|さん)|お侍(?:様|さん)|メイドさん"
_GREETS = (
    r"(?:ただいま|おはよう|こんにち[はわ]|こんばん[はわ]|お疲れ|おつかれ|お?久しぶり|ありがとう|ご苦労|お[帰か]え?り|元気(?:か|だ|に)|大丈夫(?:か|\?|で)"
    r"|聞いて(?:く|よ|。|!)|待って(?:く|よ|。|!))(?!参|より|から|の|と|って|ござい)"
)
_GREETING = (
    r"(?:ただいま|おはよう|こんにち[はわ]|こんばん[はわ]|お疲れ(?:様|さま)?|おつかれ(?:さま)?|お?久しぶり|ありがとう|ごめん|ご苦労(?:様|さま)?"
    r"|お[帰か]え?り|やあ|ねえ|なあ|おい)(?:ございま(?:す|した)|なさい|です|ね|な)?"
)
_ASKS_FOR = r"[^。!?\n]{1,30}?て(?:くれ|くだ|ちょうだい|もらえ|ほしい|欲しい)"
_ASKS_OF = r"[^。!?\n]{1,40}?(?:です|ます|ました|でした|だった)(?:の(?:です)?)?(?:か|\?)"
_RETOLD = re.compile(
    r"\A(?:と|って|て[はもな]|だ(?:って|なんて)|なん[てか]|など|で(?:す|ご|い|よ|結|かま|ええ|も)|言|いう|ゆう|呼|よ[んぶば])"
    r"|呼|よ(?:ば|んで|ぶ)|名前|名乗|(?:と|って)(?:声|言|いう|い[いわっ]|書|褒|叱|笑|聞[かこ]|頼|おっしゃ|申)|おっしゃ"
)
"""What follows a name that is told, and not called."""
_ASKS_OR_DENIES = re.compile(
    r"\?|(?:か|かしら|かな|かのう)[。!\s]*\Z|(?<!す)(?:ない|ません|ねえ|ねぇ|へん|ござら|じゃな|ちゃう)|くださ|なさい|ちょうだい|たまえ|ましょう|よう(?:な|に|です)|みたい"
)
_SAME_NAME = r"(?:{name})(?:です|だ|や|と申|と(?:い|言)い|って(?:い|言)(?!.{{0,12}}(?:か|\?)))(?!か|よね|ね|\?)"
_SAYS = (
    r"[^。!?\n]{0,8}?〓+(?:と|って|などと)[^。!?\n]{0,6}?(?:[答応]え|返事|返[しす]|言[いう])[^。!?\n]{0,8}?"
    r"(?:と?思|でしょう|だろう|はず)"
)
_OUTSIDER = (
    r"(?:お?客(?:さん|様|さま)?|友(?:達|だち|人)|ファン|知り合い|知人|同級生|クラスメ[イー]ト|後輩|先輩|ご?主人(?:様)?|雇い主"
    r"|弟子|教え子|上司|部下)"
)
_INSIDE = re.compile(r"[^ぁ-ん].*[ぁ-ん].*")
_PERSON = re.compile(YOU)
_QUOTES = re.compile("[「」『』]")
_PIECE = 8


class AddressPatterns(NamedTuple):
    """The patterns of one card, compiled once."""

    hints: re.Pattern[str]
    """Texts without any of which nobody is called."""
    called: re.Pattern[str]
    """The character's name or trade as a call, at the start of a sentence."""
    sides: re.Pattern[str]
    """The character as somebody else, whom the speaker knows, quotes or speaks for."""
    user: re.Pattern[str]
    """Where a user has the character's name."""
    you: re.Pattern[str]
    """Sentences about the one who is spoken to."""
    profile: frozenset[str]
    """Pieces of eight characters of the profile, without quotation marks and with numbers in digits, that are no mere name."""

    @classmethod
    def of(cls, persona: Persona) -> AddressPatterns:
        """The patterns with all names of the card."""
        names = character_names(persona)
        full = fold(persona.name)
        selves = set(map(fold, persona.voice.first_person.allowed))
        short = {fold(answer) for fact in persona.facts if fact.id == "name" for answer in fact.answers}
        titled = names | {name for name in short if len(name) == 1 and name in full}
        nicknames = {name for name in short if re.search(rf"{_CALLED}\Z", name)} - {fold(persona.user_name)}
        bare = {name for name in titled - {full} if not name.startswith(tuple(selves))}
        return cls(
            re.compile(_any((*titled, *nicknames, *_trades(persona)))),
            re.compile(_call(titled, nicknames, bare, _trades(persona))),
            re.compile(_sides(names, selves)),
            re.compile(_SAME_NAME.format(name=_any(titled))),
            re.compile(rf"{LEAD}(?:{YOU}){TITLE}は、?([^。!?\n]{{{_PIECE},90}})[。!?]?"),
            frozenset(_pieces(fold(persona.profile))),
        )


def addressed(reading: Reading, text: str) -> list[Span]:
    """Spans of ``text``, the reply without its quotations, where the character is called or told who it is.

    A user who has the character's name may be called by it, and a name may be told: 絢音さん、と呼ばれますの.
    """
    patterns = reading.card.compiled(AddressPatterns.of)
    found = []
    if _PERSON.search(text):
        found = [match.span() for match in patterns.you.finditer(text) if _tells_profile(match[1], patterns.profile)]
    if not patterns.hints.search(text):
        return found
    heard = [reading.user, *(turn["content"] for turn in reading.history if turn["role"] == "user")]
    if any(patterns.user.search(fold(line)) for line in heard):
        return found
    found += [match.span() for match in patterns.sides.finditer(text)]
    return found + [m.span() for m in patterns.called.finditer(text) if not _RETOLD.search(_rest(text, m.end()))]


def _call(titled: Iterable[str], nicknames: Iterable[str], bare: Iterable[str], trades: Iterable[str]) -> str:
    english = [name for name in bare if name.isascii()]
    return "|".join(
        (
            rf"{LEAD}(?:{_any(titled)}){_CALLED}[、!]+",
            rf"{LEAD}(?:{_any((*nicknames, *trades))})[、!]+",
            rf"{LEAD}(?:{_any(bare)})[、!]+(?={_GREETS})",
            rf"{LEAD}(?:{_any(bare)})、(?={_ASKS_FOR})",
            rf"{LEAD}(?:{_any(titled)}){_CALLED}は、?(?={_ASKS_OF})",
            rf"{LEAD}{_GREETING}、(?:(?:{_any(titled)}){_CALLED}|{_any(bare)})(?=[。!?]|\Z)",
            rf"{LEAD}(?:{_any(english)}), (?=(?:how|what|where|can|could|would|do|did|are|have)(?: [a-z'’]+){{0,2}} you(?![a-z])|thank)",
        )
    )


def _sides(names: set[str], selves: set[str]) -> str:
    english = _any(name for name in names if name.isascii())
    return "|".join(
        (
            rf"(?:{_any(names)}){_CALLED}(?:なら|は){_SAYS}",
            rf"(?:{_any(names - selves)})なら{_SAYS}",
            rf"{LEAD}(?:{SELVES})(?:自身)?は、?(?:{_any(names)}){TITLE}の{_OUTSIDER}{COPULA}",
            rf"(?<![A-Za-z])[Yy]ou(?:['’]re| are) (?:{english})(?![A-Za-z'’])|[Yy]our name is (?:{english})(?![A-Za-z'’])",
            rf"(?<![A-Za-z])(?:{english}) would (?:say|reply|answer|respond)(?![a-z])",
        )
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True)) or "(?!)"


def _trades(persona: Persona) -> set[str]:
    """What the questions of the card call the character: 博士の年齢を教えてください."""
    asked = [fold(line) for fact in persona.facts for line in (fact.question, *fact.paraphrases)]
    return {match[1] for line in asked for match in re.finditer(rf"(?:\A|、)({_TRADES})(?=[はの、])", line)}


def _plain(text: str) -> str:
    return normal_numbers(_QUOTES.sub("", text))


def _pieces(profile: str) -> Iterable[str]:
    text = _plain(profile)
    pieces = (text[start : start + _PIECE] for start in range(len(text) - _PIECE + 1))
    return (piece for piece in pieces if _INSIDE.fullmatch(piece) and "。" not in piece)


def _tells_profile(clause: str, profile: Collection[str]) -> bool:
    if _ASKS_OR_DENIES.search(clause):
        return False
    told = _plain(clause)
    return any(told[start : start + _PIECE] in profile for start in range(len(told) - _PIECE + 1))


def _rest(text: str, start: int) -> str:
    sentence = re.compile(r"[^。!?\n]*").match(text, start)
    return sentence[0] if sentence else ""
