"""Copying: the reply is taken from an example."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold

MIN_SHARED = 9
"""Shared passages of up to eight characters are phrases, not copies."""

SHARE = 0.54
"""Share of the reply that one passage of an example must cover."""

_LONG = 8192
_IGNORED = re.compile(r"[\s。、,.!?！？ー~〜♪「」『』]+")


def comparable(text: str) -> str:
    """Text without white space and marks, for comparison.

    >>> comparable("はい、 そうですわ！")
    'はいそうですわ'
    """
    return of_folded(fold(text))


def of_folded(text: str) -> str:
    """:func:`comparable` of text that is folded already."""
    return _IGNORED.sub("", text)


def cached_comparable(text: str) -> str:
    """:func:`comparable`, remembered for texts that come again with every reply: prompts and examples."""
    return _remembered(text) if len(text) < _LONG else comparable(text)


@lru_cache(maxsize=512)
def _remembered(text: str) -> str:
    return comparable(text)


def copies(reply: str, source: str, share: float = SHARE) -> bool:
    """Whether one passage of ``source`` covers ``share`` (above 0.5) of ``reply`` and is longer than eight characters.

    Both are :func:`comparable` text. Linear in their lengths: such a passage always holds the reply's middle.

    >>> copies("うちでは大きな犬がおりますのよ", "うちでは大きな犬がおりますわ"), copies("はい", "はい、そうですわ")
    (True, False)
    """
    size = len(reply)
    needed = max(MIN_SHARED, math.ceil(share * size))
    if size < needed or len(source) < needed:
        return False
    if reply in source:
        return True
    low, high = size - needed, needed
    return _extends(reply, source, low, high, needed)


def _extends(reply: str, source: str, low: int, high: int, needed: int) -> bool:
    middle = reply[low:high]
    at = source.find(middle)
    for _ in range(64):
        if at < 0:
            return False
        before = _common_suffix(reply[:low], source[max(0, at - low) : at])
        after = _common_prefix(reply[high:], source[at + len(middle) : at + len(middle) + low])
        if before + len(middle) + after >= needed:
            return True
        at = source.find(middle, at + 1)
    return False


def _common_prefix(a: str, b: str) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        half = (low + high + 1) // 2
        if a[:half] == b[:half]:
            low = half
        else:
            high = half - 1
    return low


def _common_suffix(a: str, b: str) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        half = (low + high + 1) // 2
        if a[len(a) - half :] == b[len(b) - half :]:
            low = half
        else:
            high = half - 1
    return low


def comparable_core(reading: Reading) -> str:
    """The reply before its first leak, as :func:`comparable` text."""
    return of_folded(reading.core)


def is_copy(reading: Reading) -> bool:
    """Whether the reply is taken from one of its examples."""
    reply = reading.shared(comparable_core)
    return any(copies(reply, cached_comparable(text)) for text in reading.examples)


def all_spoken(reading: Reading) -> Span:
    """All that the character says, in ``Reading.whole``."""
    return reading.begin, reading.begin + len(reading.spoken)


def _fewshot_copy(reading: Reading) -> int | None:
    return int(reading.shared(is_copy)) if reading.examples else None


METRICS = (
    Metric(
        name="fewshot_copy",
        kind="binary",
        direction="lower",
        group="repetition",
        ja="例示した返答の丸写し",
        en="an example was copied",
        short_ja="例の丸写し",
        short_en="copied example",
        version="rules/6",
        function=_fewshot_copy,
        spans=lambda reading: [all_spoken(reading)] if reading.shared(is_copy) else [],
    ),
)
