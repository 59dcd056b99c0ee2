"""First-person and second-person pronouns of Japanese speech."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from kikime.harness.cards.persona import Persona, Pronouns
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.lexicon import FIRST_PERSONS, SECOND_PERSONS, words_by_spelling
from kikime.harness.metrics.text.sentences import mask

_HAN = "一-龥々〆"
_KANA_EDGE = r"(?<![ァ-ヴー]){}(?![ァ-ヴー])"
_AFTER = r"(?=[はがもをにのでとやへっ、。,.!?\s)」ー~〜]|たち|達|ら(?![ぁ-ん])|なら|だ|じゃ|って|なんか|\Z)"

_FIRST: dict[str, tuple[str, ...]] = {
    "わたくし": (r"わたくし", _KANA_EDGE.format("ワタクシ")),
    "私": (
        r"(?<![公無滅])私(?![立物有的服語鉄道設費情欲財見怨営案邸室塾学事信家刑腹兵利憤淑選])(?!生活|小説|書箱|用(?:で|の|に))",
    ),
    "わたし": (
        r"(?<!手)(?:(?<!お)わたし|(?<=お)わたし(?!し[まて]|いた))(?!ま(?:す|し[たて]|せ)|た(?!ち)|て|船|ぶね|守)",
        _KANA_EDGE.format("ワタシ"),
    ),
    "あたくし": (r"あたくし", _KANA_EDGE.format("アタクシ")),
    "あたし": (r"(?<!ひ)あたし", _KANA_EDGE.format("アタシ")),
    "あたい": (r"あたい(?!する|し[たて]|せ|ます)", _KANA_EDGE.format("アタイ")),
    "俺様": (r"俺様|俺さま", _KANA_EDGE.format("オレ様")),
    "俺": (r"俺", r"(?<![ァ-ヴー])(?<!カフェ[・ ])オレ(?![ァ-ヴー])", rf"(?<![ぁ-ん{_HAN}])おれ{_AFTER}"),
    "僕": (
        r"(?<![下公忠老従家奴婢])僕(?!婢)",
        r"(?<![ァ-ヴー])ボク(?![ァ-ヴー])",
        rf"(?<![ぁ-ん{_HAN}])ぼく(?!と[うつ]){_AFTER}",
    ),
    "わし": (
        rf"(?:(?<![ぁ-んァ-ヴ{_HAN}])|(?<=[はがもを]))わし(?:{_AFTER}|(?=ゃあ?[、。{_HAN}]))",
        r"儂",
        _KANA_EDGE.format("ワシ"),
    ),
    "吾輩": (r"[吾我]輩|わがはい",),
    "我": (
        rf"(?<![{_HAN}])我(?=[々等]|ら|こそ|は|も(?!の)|に(?![返帰])|を(?!忘)|が(?![ぁ-ん]?[まま家校社国子身物町街]|まま))",
    ),
    "拙者": (r"拙者",),
    "小生": (r"小生",),
    "わらわ": (rf"(?<![ぁ-ん])わらわ{_AFTER}", r"妾(?=[はがもをにの、])"),
    "おいら": (rf"(?<![ぁ-ん])おいら{_AFTER}", _KANA_EDGE.format("オイラ")),
    "あっし": (r"(?<![ぁ-ん])あっし(?=[はがもにの、])",),
    "それがし": (r"それがし",),
    "朕": (r"朕",),
    "麻呂": (r"麻呂|(?<![ぁ-ん])まろ(?=[はがもの、])",),
}
_FIRST_IF_LISTED: dict[str, tuple[str, ...]] = {
    "うち": (rf"(?<![ぁ-ん{_HAN}])うち(?=[はもがの、]|ら[はもがの])", _KANA_EDGE.format("ウチ")),
    "自分": (rf"自分(?![{_HAN}])(?=[はがもの、])",),
    "余": (rf"(?<![{_HAN}ぁ-ん])余(?=[はがもの、])",),
    "I": (r"(?<![A-Za-z])I(?![A-Za-z])",),
}
_SECOND: dict[str, tuple[str, ...]] = {
    "あなた": (r"あなた", r"貴[方女男]", _KANA_EDGE.format("アナタ")),
    "あんた": (r"(?<![じゃ])あんた(?!ん)", _KANA_EDGE.format("アンタ")),
    "お前": (r"お前", r"(?<![ぁ-ん])おまえ|(?<=[はがもをにでと])おまえ", _KANA_EDGE.format("オマエ")),
    "君": (
        rf"(?:(?<![ぁ-んァ-ヴー{_HAN}A-Za-z])|(?<=[はがもをにでとへよねか]))君(?![主臨子]|が代|影草)",
        rf"(?<![ぁ-ん{_HAN}])きみ(?!が悪|がわる|悪){_AFTER}",
        _KANA_EDGE.format("キミ"),
    ),
    "貴様": (r"(?<![おご])貴様", r"(?<![ぁ-ん])きさま", _KANA_EDGE.format("キサマ")),
    "てめえ": (r"てめ[えぇー]", r"テメ[エェー]", r"手前(?=[はがら])(?!が(?:わ|側))"),
    "そなた": (r"そなた", r"其方"),
    "お主": (r"お主", r"(?<![ぁ-ん])おぬし", r"御主(?!人)"),
    "汝": (r"汝", r"(?<![ぁ-ん])なんじ(?=[はがもをにの、])"),
    "貴殿": (r"貴殿",),
    "貴公": (r"貴公(?!子)",),
}
_SECOND_IF_LISTED: dict[str, tuple[str, ...]] = {
    "you": (r"(?<![A-Za-z])[Yy]ou(?![A-Za-z])",),
    "うぬ": (r"(?<![ぁ-ん])うぬ(?=[はがもらの、])",),
}
_FIRST_SPELLINGS = words_by_spelling(FIRST_PERSONS)
_SECOND_SPELLINGS = words_by_spelling(SECOND_PERSONS)


class PronounCheck:
    """The pronouns of one grammatical person that a card allows and forbids, compiled once.

    A pronoun is judged by its own spelling first, then by its word (俺, オレ and おれ are one); one that the card does not
    list breaks character when the card allows others.

    >>> check = PronounCheck.first(Pronouns(allowed=("わたくし",), forbidden=("俺",)))
    >>> check.find("わたくしは我慢します。私立の下僕"), check.find("オレのだ")
    ([(0, 4, True)], [(0, 2, False)])
    """

    def __init__(
        self,
        pronouns: Pronouns,
        *,
        known: Mapping[str, Sequence[str]],
        if_listed: Mapping[str, Sequence[str]],
        spellings: Mapping[str, str],
    ) -> None:
        self._verdicts: dict[str, bool] = {}
        self._spellings = spellings
        self._allowed = frozenset(map(fold, pronouns.allowed))
        self._forbidden = frozenset(map(fold, pronouns.forbidden))
        self._allowed_words = {spellings.get(word, word) for word in self._allowed}
        self._forbidden_words = {spellings.get(word, word) for word in self._forbidden}
        listed = self._allowed_words | self._forbidden_words
        words = {**known, **{word: rules for word, rules in if_listed.items() if word in listed}}
        words |= {word: (_literal(word),) for word in listed - words.keys()}
        self._words = list(words)
        ordered = sorted(words.items(), key=lambda item: -len(item[0]))
        groups = {f"w{self._words.index(word)}": rules for word, rules in ordered}
        initials = "".join(sorted({word[0] for word in (*words, *spellings)}))
        any_word = "|".join(f"(?P<{name}>{'|'.join(rules)})" for name, rules in groups.items())
        self._pattern = re.compile(
            f"(?=[{re.escape(initials)}])(?:{any_word})"
        )  # most positions fail at the first look
        self.judges = bool(self._allowed or self._forbidden)

    @classmethod
    @cache
    def first(cls, pronouns: Pronouns) -> PronounCheck:
        """Check of 一人称."""
        return cls(pronouns, known=_FIRST, if_listed=_FIRST_IF_LISTED, spellings=_FIRST_SPELLINGS)

    @classmethod
    @cache
    def second(cls, pronouns: Pronouns) -> PronounCheck:
        """Check of 二人称."""
        return cls(pronouns, known=_SECOND, if_listed=_SECOND_IF_LISTED, spellings=_SECOND_SPELLINGS)

    def find(self, text: str) -> list[tuple[int, int, bool]]:
        """Pronouns of folded ``text`` outside quotations, as (start, end, in character)."""
        return self.find_masked(mask(text))

    def find_masked(self, masked: str) -> list[tuple[int, int, bool]]:
        """Pronouns of text whose quotations are masked already (:func:`kikime.harness.metrics.text.sentences.mask`)."""
        return [
            (match.start(), match.end(), self._in_character(match[0], match.lastgroup or ""))
            for match in self._pattern.finditer(masked)
        ]

    def _in_character(self, spelling: str, group: str) -> bool:
        verdict = self._verdicts.get(spelling)
        if verdict is None:
            verdict = self._verdicts[spelling] = self._judge(spelling, self._words[int(group[1:])])
        return verdict

    def _judge(self, spelling: str, word: str) -> bool:
        if spelling in self._allowed or spelling in self._forbidden:
            return spelling in self._allowed
        if word in self._allowed_words or word in self._forbidden_words:
            return word in self._allowed_words
        return not self._allowed


def spans_of(found: Sequence[tuple[int, int, bool]], *, in_character: bool) -> list[Span]:
    """Spans of the pronouns that are (not) in character.

    >>> spans_of([(0, 1, True), (3, 4, False)], in_character=False)
    [(3, 4)]
    """
    return [(start, end) for start, end, good in found if good is in_character]


def _literal(word: str) -> str:
    escaped = re.escape(word)
    if re.fullmatch(r"[A-Za-z' ]+", word):
        return rf"(?<![A-Za-z]){escaped}(?![A-Za-z])"
    if re.fullmatch(r"[ァ-ヴー]+", word):
        return _KANA_EDGE.format(escaped)
    if re.fullmatch(rf"[{_HAN}]", word):
        return rf"(?<![{_HAN}]){escaped}(?![{_HAN}])"
    if re.fullmatch(r"[ぁ-んー]{1,2}", word):
        return rf"(?<![ぁ-ん]){escaped}{_AFTER}"
    return escaped


Found = list[tuple[int, int, bool]]


def _first_check(persona: Persona) -> PronounCheck:
    return PronounCheck.first(persona.voice.first_person)


def _second_check(persona: Persona) -> PronounCheck:
    return PronounCheck.second(persona.voice.second_person)


def _first(reading: Reading) -> Found:
    return reading.card.compiled(_first_check).find_masked(reading.masked)


def _second(reading: Reading) -> Found:
    return reading.card.compiled(_second_check).find_masked(reading.masked)


def _all_good(check: PronounCheck, found: Found) -> int | None:
    return int(all(good for _, _, good in found)) if found and check.judges else None


def _wrong(reading: Reading, check: PronounCheck, found: Found) -> list[Span]:
    return reading.in_whole(spans_of(found, in_character=False)) if check.judges else []


METRICS = (
    Metric(
        name="first_person_used",
        kind="binary",
        group="style",
        ja="一人称を使っている",
        en="a first-person pronoun is used",
        short_ja="一人称の使用",
        version="rules/7",
        function=lambda reading: int(bool(reading.shared(_first))),
    ),
    Metric(
        name="first_person_ok",
        pooled=True,
        kind="binary",
        direction="higher",
        group="style",
        ja="一人称が役柄どおり",
        en="first-person pronouns are in character",
        short_ja="一人称の正しさ",
        short_en="first person right",
        version="rules/7",
        function=lambda reading: _all_good(reading.card.compiled(_first_check), reading.shared(_first)),
        spans=lambda reading: _wrong(reading, reading.card.compiled(_first_check), reading.shared(_first)),
    ),
    Metric(
        name="second_person_ok",
        pooled=True,
        kind="binary",
        direction="higher",
        group="style",
        ja="二人称が役柄どおり",
        en="second-person pronouns are in character",
        short_ja="二人称の正しさ",
        short_en="second person right",
        version="rules/7",
        function=lambda reading: _all_good(reading.card.compiled(_second_check), reading.shared(_second)),
        spans=lambda reading: _wrong(reading, reading.card.compiled(_second_check), reading.shared(_second)),
    ),
)
