"""The final answer of a reply that calculates: the number it ends on, not one it passes on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kikime.harness.metrics.answers.mentions import alias_pattern
from kikime.harness.metrics.text.kana_numbers import kana_numbers, native_numbers
from kikime.harness.metrics.text.lexicon import IS
from kikime.harness.metrics.text.numerals import english_numbers, normal_numbers

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE = re.compile(r"[^。!?\n]+[。!?\n]*")
_OPERAND = re.compile(
    r"(?:[^\d。、!?\s]{0,4}?)(?:[+×x*÷/＋]|-(?=\s?\d)|=(?=\s?\d)|足す|たす|引く|ひく|かける"
    r"|掛ける|割る|ずつ|倍|から(?![なねよだ]|です|じゃ|や)"
    r"|を(?:足|引|掛|割|配|合わせ|た[しす]|ひ[きい]|かけ|わ[りっ]|[0-9])|で割|に(?:足|掛|かけ"
    r"|分け|\d|配)|と(?=\d)|の(?:うち|半分|次)|より|目までに|買っ|食べ(?:た|て)|割れ(?:た|て))"
)
_REASON = re.compile(
    rf"(?:から|ので|もの|もん)(?:{IS}|でござる|でございます)?(?:[なねよわのさ]|のう|から)*[。!…]*\s*\Z"
)
_ANSWER = re.compile(
    r"(?:答え?|こたえ|正解|結論)(?:は|が|:|、)|(?:つまり|よって|したがって|すなわち|ゆえに|ということは|となると)、?|the answer is|so,? "
)
_NOT = re.compile(
    r"[^。!?、\n]{0,6}?(?:では?な[いく]|じゃな[いく]|じゃね|やな[いく]|や(?:の|ぉ)うて|ではござ|ではあり|ちゃう(?!か)|とは違)"
)
_FOREIGN = re.compile(r"[一-龥ァ-ヴ%a-z]")
_VERBS = re.compile(r"(?:残|余|必要|通り|合|足|番|丁度|以上|と|more|left|in|of|ok)")
_KANA_COUNTER = (
    r"(?:こ|[ほぽ]|にん|[ほぽぼ]ん|まい|さつ|えん|じかん|[ぷふ]ん|[ひびぴ]き|わ|かい|さい|ねん"
    r"|にち|ばんめ|ばん|ちゃく|とおり|くみ|じ|つ)?"
)
_KANA_END = r"(?=\Z|[^ぁ-ん]|です|でご|でし|だ|じゃ|や|なの|なん|に|と|が|の|ね|よ|かしら)"


def ends_on(text: str, answers: Sequence[str], *, units: Sequence[str] = (), of: str = "") -> bool | None:
    """Whether the number that normalised ``text`` gives as its answer is one of ``answers``; None: it gives no number.

    Args:
        text: see :func:`kikime.harness.metrics.text.numerals.normal_numbers`.
        answers: numbers, with or without what they count.
        units: what a bare number may count; another counter makes it another number. Empty: anything.
        of: whose number is asked for, where the reply may give several.

    >>> ends_on("4月1日の次は2日だから4月2日だぜ", ["4月1日"]), ends_on("24個。29から引くと、5個残る", ["5"], units=["個"])
    (False, True)
    >>> ends_on("5人分足りない", ["5"], units=["個"]), ends_on("いとこだよ", ["5"])
    (False, None)
    """
    if not any(map(_NUMBER.search, map(normal_numbers, answers))):
        return None
    scope = english_numbers(_of(text, of) if of else text)
    numbers = _stated(scope)
    spans = [span for answer in answers for span in _answer_spans(scope, answer, units)]
    kana = [span for answer in answers if answer.isdigit() for span in _kana_spans(scope, int(answer))]
    counted = [span for span in numbers if _counts(scope, span[1], units)] if units else numbers
    if kana and not counted:
        return True
    numbers = counted or numbers
    if not numbers:
        return True if kana or any(_NUMBER.search(scope, *span) for span in spans) else None
    if kana and kana[-1][0] > numbers[-1][1]:
        return True
    start, end = numbers[-1]
    return any(a <= start and end <= b for a, b in spans)


def _of(text: str, name: str) -> str:
    found = re.search(rf"{re.escape(name)}(?:君|くん|さん|ちゃん|様|さま|殿|どの|はん)?[はがのも](?!より)", text)
    if found is None:
        return text
    rest = text[found.end() :]
    other = re.search(r"[、。]?[^、。\d]{1,6}[はが]\d", rest)
    sentence = re.search(r"[。!?\n]", rest)
    ends = [match.start() for match in (other, sentence) if match and match.start() > 0]
    return rest[: min(ends)] if ends else rest


def _stated(text: str) -> list[tuple[int, int]]:
    """Numbers that a reply states, operands and denied ones aside; those of the sentence with the answer, else all."""
    marked = [match.end() for match in _ANSWER.finditer(text)]
    sentences = [match.span() for match in _SENTENCE.finditer(text)]
    told = [(a, b) for a, b in sentences if not _REASON.search(text[a:b])] or sentences
    stated = [
        match.span()
        for a, b in told
        for match in _NUMBER.finditer(text, a, b)
        if not _OPERAND.match(text, match.end()) and not _NOT.match(text, match.end())
    ]
    if not stated:
        stated = [m.span() for a, b in told for m in _NUMBER.finditer(text, a, b) if not _NOT.match(text, m.end())]
    after = [span for span in stated if marked and span[0] >= marked[-1]]
    return after or stated


def _answer_spans(text: str, answer: str, units: Sequence[str]) -> list[tuple[int, int]]:
    found = [match.span() for match in alias_pattern(answer).finditer(text)]
    if not answer.isdigit() or not units:
        return found
    return [span for span in found if _counts(text, span[1], units)]


def _counts(text: str, end: int, units: Sequence[str]) -> bool:
    rest = text[end : end + 8].lstrip()
    return rest.startswith(tuple(units)) or not _FOREIGN.match(rest) or _VERBS.match(rest) is not None


@lru_cache(maxsize=512)
def _kana_pattern(number: int) -> re.Pattern[str]:
    forms = "|".join(sorted(kana_numbers(number), key=len, reverse=True))
    native = "|".join(native_numbers(number)) or "(?!)"
    before = r"(?:(?<![ぁ-んー])|(?<=[はで])|(?<=って))"
    return re.compile(rf"{before}(?:(?:{forms}){_KANA_COUNTER}|{native}){_KANA_END}" if forms else "(?!)")


def _kana_spans(text: str, number: int) -> list[tuple[int, int]]:
    return [match.span() for match in _kana_pattern(number).finditer(text) if not _NOT.match(text, match.end())]
