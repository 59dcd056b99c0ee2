"""Whether a reply gives the right answer, and whether it asserts a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kikime.harness.metrics.answers.final import ends_on
from kikime.harness.metrics.answers.mentions import (
    Mention,
    Stance,
    alias_pattern,
    beside,
    changed,
    later,
    mentions,
    predicate_denies,
)
from kikime.harness.metrics.answers.passing import another_topic, answers_otherwise, only_passes, passes
from kikime.harness.metrics.text.kana_numbers import number_readings
from kikime.harness.metrics.text.lexicon import IS
from kikime.harness.metrics.text.numerals import english_numbers, normal_numbers

_ASSENT = re.compile(
    r"[\s「.、]*(?:(?:おお|あら|まあ|えへへ|うふふ|ふふ|ふむ|わあ|ああ|あはは|へへ)[、!。.っ]*)?"
    r"(?:(?:だろ|でしょ|やろ|じゃろ)う?[?!。]|(?:はい|ええ|うん|うむ|うんうん|せや|そや|そう|おう|ああ|さよう|左様|むろん|無論|もちろん"
    r"|まさしく|そら)(?=[、。!.\sっー〜~]|\Z|もちろん)|(?:せや|そや)(?:ねん|で(?!も))|そう(?:です"
    r"|じゃ|だよ|だぜ|や(?:で|ねん)|なの|なん|でござ)(?!か|けど|が)"
    rf"|その通り|そのとおり|いかにも|もちろん(?:{IS}|でござ|なの)|(?:yes|yeah|yep"
    r"|yup|sure|of course|(?:that[’']s )?right|exactly|absolutely|definitely|totally)(?![a-z]))"
    r"(?![^。!?\n]{0,3}(?:違|ちが|ちゃう|で(?:も|すが|すけれど)|だけど|けれど|けど|なのですが))"
)
_DIFFERENT = re.compile(
    r"(?:\A|[。!?\n、.]\s*)(?:いいえ|いえ|いや|いやいや|ううん|なに|は|え|ん)?[、!?.。\s]*(?:それ[はが]|そりゃ)?、?(?:人|お)?"
    r"(?:人ちゃい|違(?:い(?:ます|申す|まっせ)|う(?!と)|うて|え[えぇー])|ちが(?:い(?:ます|まっせ)|う(?!と))"
    r"|ちげ[えぇー]|ちゃう(?!ちゃう\Z|か)|誤解|勘違い|人違い)"
)
_STRONG = re.compile(
    r"(?:さん|ちゃん|くん|の(?:こと|方|ほう)|生|曜日?)?(?:\Z|[。!♪]|です(?!か|けれど|が)|でし[たょ]"
    r"|でござ|でご[ざい]|だ(?![かが]|けど|った(?:けど|が))|じゃ(?!な|ね)|や(?!な[いく]|の?うて"
    r"|けど|ってん)|なの(?!で|に)|なん[だやじ]|[かでにへとを][^。!?、\n]{0,14}(?:ます|た|る"
    r"|ない)(?:[わのよねぜぞでな]|もん|ねん|んだ|のじゃ)*(?=[。!♪]|\Z)"
    r"|が(?:[^。!?、\n]{0,6})?(?:好き|いちばん|一番|得意|苦手|怖))"
)

_ONLY_WISHED = re.compile(r"(?:さん|の先生)?に(?:なりたかった|なるはず(?:だっ|やっ|じゃっ|でし)た)")
"""What somebody would have liked to be, and is not."""
_ASKS_FOR_A_WISH = re.compile("なりた|夢|憧れ|あこがれ|志望|want(?:ed)? to be|dream", re.IGNORECASE)
_SHORT_KANA = re.compile("[ぁ-んー]{1,3}")
_AND = frozenset({"と", "や", "、", "・", "か", "とか", "も", " and ", " or "})
_TITLE = re.compile(r"\A(?:さん|ちゃん|くん|君|様|さま|殿|どの|はん)(?=[とや、・か])")
_ALSO = re.compile(r"(?:[にでとへ]|から)?も(?!うち?[^。]|っと)")
_EVEN_SO = re.compile(r"でも(?!な[いく])[^。!?、\n]*")
_STATED_NUMBER = re.compile(
    r"(?<![\d.])\d{1,3}(?=(?:歳|才|番)?(?:です|だ[よぜぞな。!]|や[でねわ。!]|じゃ[よぞ。!]|なの|でござ[るい]))"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What makes an answer right or wrong."""

    answers: Sequence[str]
    """Texts of which one must be asserted."""
    wrong: Sequence[str] = ()
    """Other answers that one might give; each is wrong where it is asserted as the present answer."""
    readings: Sequence[str] = ()
    """Answers in kana, which count as whole words only."""
    lure: Sequence[str] = ()
    """Words of the false premise of the question: denying them is right, going along with them is not."""
    corrections: Sequence[str] = ()
    """Texts that put the premise right by themselves."""
    disliked: bool = False
    """Whether the question asks for what the character dislikes, fears or cannot do."""
    final: bool = False
    """Whether the reply may calculate, so that only what it ends on counts."""
    units: Sequence[str] = field(default=())
    """What a final number counts."""
    of: str = ""
    """Whose number is asked for, where a reply may give several."""


def is_right(text: str, answer: Answer, user: str) -> bool:
    """Whether normalised ``text`` gives an answer as the present one.

    >>> is_right("以前は梨、今年は葡萄ですわ", Answer(["葡萄"], ["梨"]), "")
    True
    """
    if answer.final:
        ended = ends_on(text, answer.answers, units=answer.units, of=answer.of)
        if ended is not None:
            return ended
    spoken = [kana for alias in answer.answers for kana in number_readings(normal_numbers(alias))]
    if spoken or any(normal_numbers(alias).isdigit() for alias in answer.answers):
        text = english_numbers(text)
    readings = (*answer.readings, *spoken)
    found = list(mentions(text, answer.answers, readings=readings, disliked=answer.disliked))
    wrong = list(_wrong_mentions(text, answer))
    right = [m for m in _outside(found, wrong) if _holds(text, m, answer, user)]
    rivals = [
        m for m in wrong if _rivals(text, m, right, answer) and not (right and another_topic(text, m, right, user))
    ]
    if answer.final and right and rivals:
        return right[-1].start > rivals[-1].start and not passes(text, right[-1])
    if rivals:
        return False
    if right and (_other_number(text, answer, right) or answers_otherwise(text, right, user)):
        return False
    if not answer.lure and not answer.corrections:
        return bool(right)
    lured = not user or any(alias_pattern(lure).search(user) for lure in answer.lure)
    return _corrects(text, answer, right, lured=lured)


def _other_number(text: str, answer: Answer, right: Sequence[Mention]) -> bool:
    """Whether a reply states another bare number while it only names the right one: 15だよ。14はもう終わった."""
    numbers = {normal_numbers(alias) for alias in answer.answers if normal_numbers(alias).isdigit()}
    if not numbers or any(_STRONG.match(text, mention.end) for mention in right):
        return False
    return any(match[0] not in numbers for match in _STATED_NUMBER.finditer(text))


def _outside(found: Sequence[Mention], longer: Sequence[Mention]) -> list[Mention]:
    """Mentions that are no part of a longer word: 祖父 in 曽祖父."""
    return sorted(m for m in found if not any(_is_part(m, w) for w in longer))


def _is_part(mention: Mention, longer: Mention) -> bool:
    within = mention.start <= longer.start and longer.end <= mention.end
    return longer.start <= mention.start < longer.end and not within


def _holds(text: str, mention: Mention, answer: Answer, user: str) -> bool:
    """Whether a mention of the right answer gives it."""
    if mention.stance is Stance.DENIED or beside(text, mention):
        return False
    if mention.stance is Stance.MENTIONED:
        return text.startswith("も", mention.end)
    if _ONLY_WISHED.match(text, mention.end) and not _ASKS_FOR_A_WISH.search(user):
        return False
    return not (answer.disliked and predicate_denies(text, mention, disliked=True))


def _rivals(text: str, mention: Mention, right: Sequence[Mention], answer: Answer) -> bool:
    """Whether a wrong answer is asserted as the present one."""
    part = any(m.start <= mention.start and mention.end <= m.end for m in right)
    denied = mention.stance is not Stance.ASSERTED or predicate_denies(text, mention, disliked=answer.disliked)
    if part or denied:
        return False
    if not right:
        return True
    if all(text.startswith("も", m.end) or changed(text, m) for m in right):
        return True
    if any(_TITLE.sub("", text[mention.end : m.start]) in _AND for m in right):
        return True
    stated = only_passes(text, mention, right) or _STRONG.match(text, mention.end) is not None
    return stated and not changed(text, mention) and not later(text, mention)


def _wrong_mentions(text: str, answer: Answer) -> Iterator[Mention]:
    """Places of wrong answers; short ones in hiragana count as whole words only: あか is not in あかるい."""
    short = [alias for alias in answer.wrong if _SHORT_KANA.fullmatch(alias)]
    longer = [alias for alias in answer.wrong if alias not in short]
    return mentions(text, longer, readings=short, disliked=answer.disliked)


def asserts_wrong(text: str, answer: Answer) -> bool:
    """Whether normalised ``text`` asserts one of the wrong answers."""
    found = _wrong_mentions(text, answer)
    return any(m.stance is Stance.ASSERTED and not predicate_denies(text, m, disliked=answer.disliked) for m in found)


def _corrects(text: str, answer: Answer, right: Sequence[Mention], *, lured: bool) -> bool:
    """Whether the reply puts the false premise of the question right: with the fact, or by denying the premise."""
    granted = [m for m in mentions(text, answer.lure) if m.stance is Stance.ASSERTED and _EVEN_SO.match(text, m.end)]
    corrections = [m for m in mentions(text, answer.corrections) if m.stance is not Stance.DENIED]
    if any(not _upon(text, m, granted) for m in corrections):
        return True
    lures = [m for m in mentions(text, answer.lure) if not any(r.start <= m.start and m.end <= r.end for r in right)]
    denied = [m for m in lures if m.stance is Stance.DENIED or predicate_denies(text, m)]
    if denied:
        return True
    if not lured:
        return bool(right)
    swallowed = [m for m in lures if m.stance is Stance.ASSERTED and not changed(text, m)]
    strong = [m for m in swallowed if _STRONG.match(text, m.end)]
    if _ASSENT.match(text) or strong:
        return False
    if right and not all(text.startswith("も", m.end) for m in right):
        return not swallowed or not all(_ALSO.match(text, m.end) for m in right)
    return not swallowed and _DIFFERENT.search(text) is not None


def _upon(text: str, mention: Mention, granted: Sequence[Mention]) -> bool:
    """Whether a mention is said of the lure that is granted, within its clause: 二階でもよく見える."""
    clauses = (_EVEN_SO.match(text, lure.end) for lure in granted if lure.end <= mention.start)
    return any(clause is not None and mention.start < clause.end() for clause in clauses)
