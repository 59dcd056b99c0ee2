"""Length of a reply against the card.

Lengths count what a reader gets, stage directions and narration included: a card that wants them has a range that holds them.
Style is measured on what is said; how much is told is a metric of its own (``narration_share``).
"""

from __future__ import annotations

import math
import re

from kikime.harness.metrics.leaks.ending import no_eos
from kikime.harness.metrics.metric import RULES, Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, graphemes, newline_runs, visible
from kikime.harness.metrics.text.sentences import split_sentences

_ENDS_WELL = re.compile(
    r"[。.!?！？｡♪♫♬♡♥❤☆★」』)\]）》〉\"'*〓\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]\Z|(?<=[ぁ-ん一-龥ー~〜])(?:[wW]+|笑)\Z"
)
_LIST_LINE = re.compile(r"[-*・•●○◦■□◆◇▪➢✓\d①-⑳#|>(]")


def length_closeness(length: int, target: int) -> float:
    """Closeness of a length to the wanted one: exp(−|ln(length / target)| / ln 1.5), so 1.5 times too long is 0.37.

    >>> length_closeness(30, 30), round(length_closeness(45, 30), 2), round(length_closeness(20, 30), 2)
    (1.0, 0.37, 0.37)
    >>> length_closeness(0, 30)
    0.0
    """
    if length <= 0:
        return 0.0
    return math.exp(-abs(math.log(length / target)) / math.log(1.5))


def inside(value: int, bounds: tuple[int, int]) -> int:
    """1 when ``value`` is in the closed range ``bounds``, else 0.

    >>> inside(15, (15, 45)), inside(46, (15, 45))
    (1, 0)
    """
    return int(bounds[0] <= value <= bounds[1])


def unterminated(text: str, sentences: list[Span]) -> list[Span]:
    """Sentences that lack 。!?…♪, a closing bracket or an emoji at their end; list items need none.

    >>> unterminated("素敵ですわ", [(0, 5)]), unterminated("素敵ですわ。", [(0, 6)]), unterminated("・薔薇", [(0, 3)])
    ([(0, 5)], [], [])
    """
    return [span for span in sentences if not ends_well(text, span) and not _LIST_LINE.match(text, *span)]


def ends_well(text: str, sentence: Span) -> bool:
    """Whether a sentence has its final mark.

    >>> ends_well("素敵ですわ♪", (0, 6)), ends_well("素敵ですわ", (0, 5))
    (True, False)
    """
    start, end = sentence
    return _ENDS_WELL.search(text, max(start, end - 24), end) is not None


def _all_chars(reading: Reading) -> int:
    return graphemes(visible(reading.response))


def _own_chars(reading: Reading) -> int:
    """Characters before another turn or a control string: what the card's length is about."""
    if reading.uttered == reading.whole:
        return reading.shared(_all_chars)
    return graphemes(visible(reading.uttered))


def _length_fit(reading: Reading) -> int | None:
    wanted = reading.wanted_length
    return None if wanted is None else inside(reading.shared(_own_chars), wanted.chars)


def _closeness(reading: Reading) -> float | None:
    wanted = reading.wanted_length
    return None if wanted is None else length_closeness(reading.shared(_own_chars), wanted.target)


def _sentence_fit(reading: Reading) -> int | None:
    wanted = reading.wanted_length
    return None if wanted is None else inside(len(reading.sentences), wanted.sentences)


def _unterminated(reading: Reading) -> list[Span]:
    """Sentences without a final mark, in ``Reading.whole``; none where the reply was cut off."""
    if no_eos(reading.finish_reason):
        return []
    if reading.uttered == reading.core:
        return reading.in_whole(unterminated(reading.spoken, reading.sentences))
    return unterminated(reading.uttered, split_sentences(reading.uttered))


METRICS = (
    Metric(
        name="length_chars",
        kind="int",
        low=0,
        group="length",
        ja="返答の文字数（ト書きと地の文も含む）",
        en="characters of the reply, stage directions and narration included",
        short_ja="文字数",
        short_en="characters",
        version=RULES,
        function=lambda reading: reading.shared(_all_chars),
    ),
    Metric(
        name="length_fit",
        kind="binary",
        direction="higher",
        group="length",
        ja="文字数が求められた範囲内",
        en="length is inside the range that was asked for",
        short_ja="長さの適合",
        of_speech=True,
        version="rules/6",
        function=_length_fit,
    ),
    Metric(
        name="length_closeness",
        kind="rate",
        direction="higher",
        low=0,
        high=1,
        group="length",
        ja="目標文字数への近さ",
        en="closeness to the wanted length",
        short_ja="目標文字数への近さ",
        short_en="closeness to target",
        of_speech=True,
        version="rules/6",
        function=_closeness,
    ),
    Metric(
        name="sentences",
        kind="int",
        low=0,
        group="length",
        ja="文の数",
        en="sentences of the reply",
        short_ja="文の数",
        version="rules/6",
        function=lambda reading: len(reading.sentences),
    ),
    Metric(
        name="sentence_fit",
        kind="binary",
        direction="higher",
        group="length",
        ja="文数が求められた範囲内",
        en="sentence count is inside the range that was asked for",
        short_ja="文数の適合",
        short_en="sentence count fit",
        of_speech=True,
        version="rules/6",
        function=_sentence_fit,
    ),
    Metric(
        name="newlines",
        kind="int",
        low=0,
        group="length",
        ja="改行の数（連続は1回）",
        en="line breaks, runs counted once",
        short_ja="改行",
        short_en="line breaks",
        version=RULES,
        function=lambda reading: newline_runs(reading.response),
    ),
    Metric(
        name="missing_kuten",
        kind="binary",
        group="style",
        ja="句点などの文末記号がない文がある（自分で終わった返答のみ）",
        en="a sentence lacks its final mark (replies that ended by themselves)",
        short_ja="文末記号の欠落",
        short_en="missing final mark",
        of_speech=True,
        version="rules/6",
        function=lambda reading: None if no_eos(reading.finish_reason) else int(bool(_unterminated(reading))),
        spans=_unterminated,
    ),
)
