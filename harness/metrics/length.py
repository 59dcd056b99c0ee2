"""Length of a reply against the card."""

from __future__ import annotations

import math
import re

from kikime.harness.metrics.text.fold import Span

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
    return [
        (start, end)
        for start, end in sentences
        if not _ENDS_WELL.search(text, max(start, end - 24), end) and not _LIST_LINE.match(text, start, end)
    ]
