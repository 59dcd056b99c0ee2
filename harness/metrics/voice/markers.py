"""Markers of the character's voice at the end of its sentences (語尾)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import regex

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span
from kikime.harness.metrics.text.lexicon import ROUGH_SELF_WORDS
from kikime.harness.metrics.text.sentences import is_formula
from kikime.harness.metrics.voice.pooled import VoiceSums
from kikime.harness.metrics.voice.speech import speech

WINDOW = 48
"""Characters before the stripped tail of a sentence in which a marker is looked for."""

_TRIM = frozenset(" \t\n　。、,.!?！？ー―—-~〜～…‥・♪♫♬♡♥❤」』)]}】〉》”\"'*_^;:｡ゞっッ〓\u200d\ufe0e\ufe0f")
_MARKS = "".join(_TRIM - {")"})
_SYMBOLS = ("\u2190", "\u2bff")
_ASIDE = re.compile(r"(?<=.)\([^()\n]{1,20}\)\Z", re.DOTALL)
_LAUGH = re.compile(r"(?<=[ぁ-んァ-ヴー一-龥~〜!?。])(?:[wW]+|笑|草)\Z")
_NEVER_MARKER = re.compile(r"(?:こん(?:にち|ばん)|(?<![ぁ-ん])う|あわ)わ\Z")
_QUOTATION = re.compile(r"(?:「.*」|『.*』|\(.*\)|\*[^*]+\*)[。.!?]*\Z", re.DOTALL)
_THREE_LETTERS = re.compile(r"(?:[\W\d_]*+[^\W\d_]){3}")
_KANSAI = re.compile(r"(?:やわ|へんわ?|やん|やねん|めっちゃ|ねん|ほんま|あかん)(?![ぁ-ん]{3})")
_ROUGH_SELF = re.compile(
    "|".join(
        rf"(?<![ぁ-ん一-龥]){word}(?=[はがもの])" if re.fullmatch("[ぁ-ん]+", word) else word
        for word in ROUGH_SELF_WORDS
    )
)
_CLAUSE_END = r"[\s、,。.!?ー~〜♪・」』)]|\Z"
_GOES_ON = re.compile(r"[ぁ-んァ-ヴ一-龥](?<![けいよねなでにとのっえぁぇさかへ])")
_LONG_MARKER = 3
_MASU_MARKER = re.compile("ま(?:す|した|せん)[わの]")
_BROKEN_FORM = re.compile(
    r"(?:[うくぐすつぬぶむる]る|[べめれけせてねえげ]る|です|[ァ-ヴー]{2})ま(?:す|した|せん)(?:わ|の)"
)


def strip_tail(sentence: str) -> int:
    """End of a folded sentence without ー〜!?。…♪, emoji, closing brackets, (asides) and laughter.

    >>> [s[: strip_tail(s)] for s in ("ですわ〜♪", "ますの!?😊", "ですわ(にっこり)", "ますわwww")]
    ['ですわ', 'ますの', 'ですわ', 'ますわ']
    """
    end = len(sentence)
    while True:
        before = end
        if end and sentence[end - 1] == ")" and (aside := _ASIDE.search(sentence, max(0, end - 24), end)):
            end = aside.start()
        while end := len(sentence[:end].rstrip(_MARKS)):
            if not _is_trim(sentence[end - 1]):
                break
            if sentence[end - 1] == ")" and _ASIDE.search(sentence, max(0, end - 24), end):
                break
            end -= 1
        if end and sentence[end - 1] in "wW笑草" and (laugh := _LAUGH.search(sentence, max(0, end - WINDOW), end)):
            end = laugh.start()
        if end == before:
            return end


def _is_trim(char: str) -> bool:
    if char < "\u2190":
        return char in _TRIM
    return char in _TRIM or _SYMBOLS[0] <= char <= _SYMBOLS[1] or char >= "\U0001f000"


def is_eligible(sentence: str) -> bool:
    """Whether a folded sentence could carry a marker: no greeting, interjection, quotation or stage direction.

    >>> [is_eligible(s) for s in ("はい、ええ。", "ごきげんよう!", "「行くよ」", "(微笑む)", "散歩に行きました")]
    [False, False, False, False, True]
    """
    if is_formula(sentence):
        return False
    if sentence[0] in "「『(*" and _QUOTATION.match(sentence):
        return False
    return _THREE_LETTERS.match(sentence, 0, 64) is not None


class MarkerPatterns:
    """The marker patterns of one card, compiled once.

    >>> from kikime.harness.cards.persona import Length, Markers, Voice
    >>> voice = Voice(markers=Markers(strong=("ですわ(ね)?",), target_rate=0.8))
    >>> card = Persona(id="o", name="絢音", profile="高校生", voice=voice, length=Length(chars=(15, 45), target=30))
    >>> patterns = MarkerPatterns(card)
    >>> patterns.find("素敵ですわね〜♪"), patterns.find("そうですわけ")
    ((2, 6), None)
    """

    def __init__(self, persona: Persona) -> None:
        markers = persona.voice.markers
        self._strong = _compile(markers.strong)
        self._both = _compile((*markers.strong, *markers.weak)) if markers.weak else self._strong
        self._anywhere = self._doubled = None
        if markers.strong:
            marker = "|".join(f"(?:{pattern})" for pattern in markers.strong)
            self._anywhere = regex.compile(marker)
            self._doubled = regex.compile(rf"(?P<one>{marker})[\s、,ー~〜♪・]*(?P<two>{marker})(?={_CLAUSE_END})")
        own = "".join(persona.voice.first_person.allowed)
        self._rough = not any(word in own for word in ROUGH_SELF_WORDS)

    @property
    def active(self) -> bool:
        """Whether the card has any marker."""
        return self._both is not None

    def weak_allowed(self, text: str) -> bool:
        """Whether weak markers count in a reply: not where 俺, 僕, わし or Kansai forms explain its わ."""
        return not (self._rough and (_ROUGH_SELF.search(text) or _KANSAI.search(text)))

    def find(self, sentence: str, *, weak: bool = True, end: int | None = None) -> Span | None:
        """Span of the marker that ends a folded sentence, or None; ``end`` is its :func:`strip_tail`, when known."""
        pattern = self._both if weak else self._strong
        if pattern is None:
            return None
        end = strip_tail(sentence) if end is None else end
        match = pattern.search(sentence, max(0, end - WINDOW), end)
        if match is None:
            return None
        if sentence[end - 1] == "わ" and _NEVER_MARKER.search(sentence, max(0, end - 8), end):
            return None
        span: Span = match.span()
        return span

    def spam(self, text: str, sentences: Sequence[Span]) -> list[Span]:
        """Spans of markers that were piled up: doubled, after no predicate, alone, or inside a clause more than once.

        >>> from kikime.harness.cards.persona import Length, Markers, Voice
        >>> voice = Voice(markers=Markers(strong=("(です|ます)わ",), target_rate=0.8))
        >>> card = Persona(id="o", name="絢音", profile="高校生", voice=voice, length=Length(chars=(15, 45), target=30))
        >>> MarkerPatterns(card).spam("好きですわですわ", [(0, 8)])
        [(2, 8)]
        >>> MarkerPatterns(card).spam("好きですわ。行きますわ", [(0, 6), (6, 11)])
        []
        """
        if self._anywhere is None or self._doubled is None:
            return []
        spans = [match.span() for match in _BROKEN_FORM.finditer(text)] if _MASU_MARKER.search(text) else []
        found = [match.span() for match in self._anywhere.finditer(text)]
        if len(found) > 1:
            spans += [match.span() for match in self._doubled.finditer(text) if _is_doubled(match)]
            long = [(a, b) for a, b in found if b - a >= _LONG_MARKER]
            spans += _piled_up(text, long, sentences) if len(long) > 1 else []
        return sorted(set(spans))


def _piled_up(text: str, markers: Sequence[Span], sentences: Sequence[Span]) -> list[Span]:
    """Those of long ``markers`` that stand inside a clause, where several do, or make a whole sentence, where several do."""
    inside = [(a, b) for a, b in markers if _GOES_ON.match(text, b)]
    bare = {(a, a + strip_tail(text[a:b])) for a, b in sentences}
    alone = [span for span in markers if span in bare]
    return (inside if len(inside) > 1 else []) + (alone if len(alone) > 1 else [])


def _is_doubled(match: regex.Match[str]) -> bool:
    """Whether two neighbouring matches are one marker said twice (ですわですわ), not two particles (わ + ね)."""
    one, two = match["one"], match["two"]
    if one != two or len(one) < 2:
        return min(len(one), len(two)) >= _LONG_MARKER
    attached = match.start() > 0 and match.string[match.start() - 1].isalnum()
    return attached or len(one) >= _LONG_MARKER


def _compile(patterns: Sequence[str]) -> regex.Pattern[str] | None:
    if not patterns:
        return None
    return regex.compile("(?:" + "|".join(f"(?:{pattern})" for pattern in patterns) + r")\Z")


def sentence_ends(reading: Reading) -> list[int]:
    """Length of each sentence of the character's own speech without its final marks."""
    return [strip_tail(reading.voiced[start:end]) for start, end in reading.shared(speech) or ()]


def _voice(reading: Reading) -> VoiceSums | None:
    """Marked and eligible sentences of one reply, none where the card has no marker; None where it is no speech."""
    own = reading.shared(speech)
    if own is None:
        return None
    patterns, markers = reading.card.compiled(MarkerPatterns), reading.persona.voice.markers
    eligible = marked = 0
    if patterns.active:
        weak = patterns.weak_allowed(reading.voiced) if markers.weak else False
        for (start, end), tail in zip(own, reading.shared(sentence_ends), strict=True):
            sentence = reading.voiced[start:end]
            found = patterns.find(sentence, weak=weak, end=tail) is not None
            marked += found
            eligible += found or is_eligible(sentence)
    return VoiceSums(marked, eligible, markers.target_rate, markers.tolerance)


def _spam(reading: Reading) -> list[Span]:
    return reading.card.compiled(MarkerPatterns).spam(reading.voiced, reading.voiced_sentences)


def _marker_spans(reading: Reading) -> list[Span]:
    patterns = reading.card.compiled(MarkerPatterns)
    weak = patterns.weak_allowed(reading.voiced)
    own = reading.shared(speech) or ()
    tails = [(start, patterns.find(reading.voiced[start:end], weak=weak)) for start, end in own]
    return reading.in_whole([(start + span[0], start + span[1]) for start, span in tails if span])


METRICS = (
    Metric(
        name="eligible_sentences",
        kind="int",
        low=0,
        group="style",
        ja="語尾を判定できる文の数",
        en="sentences that could carry a marker",
        short_en="sentences to mark",
        of_speech=True,
        version="rules/7",
        function=lambda reading: None if (sums := reading.shared(_voice)) is None else sums.eligible,
    ),
    Metric(
        name="marker_sentences",
        kind="int",
        low=0,
        group="style",
        ja="役柄の語尾で終わる文の数",
        en="sentences that end in the character's marker",
        short_en="marked sentences",
        of_speech=True,
        version="rules/7",
        function=lambda reading: None if (sums := reading.shared(_voice)) is None else sums.marked,
        spans=_marker_spans,
    ),
    Metric(
        name="marker_rate",
        kind="rate",
        low=0,
        high=1,
        group="style",
        ja="役柄の語尾で終わる文の割合",
        en="share of sentences with the marker",
        short_ja="語尾の割合",
        of_speech=True,
        version="rules/7",
        function=lambda reading: None if (sums := reading.shared(_voice)) is None else sums.marker_rate,
    ),
    Metric(
        name="marker_spam",
        kind="binary",
        direction="lower",
        group="style",
        ja="語尾の不自然な重ね使い",
        en="markers are piled up",
        short_ja="語尾の重ね使い",
        version="rules/7",
        function=lambda reading: int(bool(_spam(reading))),
        spans=lambda reading: reading.in_whole(_spam(reading)),
    ),
    Metric(
        name="style_level",
        kind="rate",
        direction="higher",
        low=0,
        high=1,
        group="style",
        ja="語尾の割合が「まったくない」から「本人と同じ」までのどこにあるか（多すぎれば下がる）",
        en="marker rate between never and the character's own; falls when overdone",
        short_ja="口調の水準",
        of_speech=True,
        version="rules/7",
        function=lambda reading: None if (sums := reading.shared(_voice)) is None else sums.style_level,
    ),
    Metric(
        name="style_band",
        kind="rate",
        direction="higher",
        low=0,
        high=1,
        group="style",
        ja="語尾の割合が本人の水準に近い",
        en="marker rate is near the character's own",
        short_ja="語尾の帯",
        of_speech=True,
        version="rules/7",
        function=lambda reading: None if (sums := reading.shared(_voice)) is None else sums.style_band,
    ),
)
