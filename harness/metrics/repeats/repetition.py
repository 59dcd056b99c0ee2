"""Repetition inside a reply and across the turns of a dialogue."""

from __future__ import annotations

from collections.abc import Sequence

from kikime.harness.metrics.metric import RULES, Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold

MIN_CHARS = 20
"""Shorter replies have no measurable repetition."""

PIECE = 8
"""Length of the piece whose next place tells the period of a loop."""


def repetition(text: str) -> float:
    """Share of the reply's character 4-grams that occurred before in it: 1 − distinct / all, 0–1.

    White space is left out; replies under 20 characters have 0.

    >>> repetition("素敵ですわ" * 10) > 0.8, repetition("今日は庭の薔薇を眺めながら紅茶をいただきましたわ")
    (True, 0.0)
    """
    squeezed = "".join(text.split())
    total = len(squeezed) - 3
    if len(squeezed) < MIN_CHARS:
        return 0.0
    return 1.0 - len({squeezed[i : i + 4] for i in range(total)}) / total


def loop(text: str) -> Span | None:
    """Where a reply says one passage over and over: three times or more, 20 characters or more, a third of the reply or more.

    ``text`` is without white space. Such a passage holds the reply's middle, or its end where the reply was cut off in it.
    Linear in the length; laughter and drawn-out sounds (one or two characters over and over) count from 60 characters.

    >>> loop("お母様の" * 8), loop("はい、" + "お疲れ様です。" * 4), loop("素敵ですわ。とても素敵ですわ。")
    ((0, 32), (3, 31), None)
    >>> loop("あはは" + "は" * 30) is None, loop("123" * 20)
    (True, (0, 60))
    """
    size = len(text)
    if size < MIN_CHARS:
        return None
    for at in (size // 2 - PIECE // 2, size - PIECE):
        start, end, period = _periodic(text, at)
        long = end - start >= (MIN_CHARS if len(set(text[start:end])) > 2 else 3 * MIN_CHARS)
        if period and long and end - start >= max(3 * period, size / 3):
            return start, end
    return None


def _periodic(text: str, at: int) -> tuple[int, int, int]:
    """The stretch in which each character comes again after as many as from the piece at ``at`` to its nearest other place."""
    piece = text[at : at + PIECE]
    before, after = text.rfind(piece, 0, at + PIECE - 1), text.find(piece, at + 1)
    places = [(abs(place - at), min(place, at)) for place in (before, after) if place >= 0]
    if not places:
        return at, at, 0
    period, start = min(places)
    end = start + period + PIECE
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    while end < len(text) and text[end] == text[end - period]:
        end += 1
    return start, end, period


def self_repetition(text: str, earlier: Sequence[str]) -> float | None:
    """Largest share of the reply's distinct character 6-grams that one earlier reply of the dialogue has, 0–1.

    None when there is no earlier reply, or the reply is shorter than six characters.

    >>> self_repetition("薔薇が好きですわ", ["薔薇が好きですわ", "はい"]), self_repetition("薔薇が好きですわ", [])
    (1.0, None)
    """
    grams = _grams(text)
    if not earlier or not grams:
        return None
    return max(len(grams & _grams(turn)) for turn in earlier) / len(grams)


def _grams(text: str) -> set[str]:
    squeezed = "".join(text.split())
    return {squeezed[i : i + 6] for i in range(len(squeezed) - 5)}


def is_loop(reading: Reading) -> bool:
    """Whether the reply says one passage over and over."""
    return len(reading.whole) >= MIN_CHARS and loop(reading.shared(_squeezed)) is not None


def _squeezed(reading: Reading) -> str:
    return "".join(reading.whole.split())


def _of_earlier(reading: Reading) -> float | None:
    earlier = [fold(message["content"]) for message in reading.history if message["role"] == "assistant"]
    return self_repetition(reading.core, earlier) if earlier else None


METRICS = (
    Metric(
        name="repetition",
        kind="rate",
        direction="lower",
        low=0,
        high=1,
        group="repetition",
        ja="返答の中の繰り返し",
        en="repetition inside the reply",
        short_ja="返答内の繰り返し",
        version=RULES,
        function=lambda reading: repetition(reading.whole),
    ),
    Metric(
        name="loop",
        kind="binary",
        direction="lower",
        group="repetition",
        ja="同じ言葉を延々と繰り返した",
        en="one passage was said over and over",
        short_ja="堂々巡り",
        short_en="going in circles",
        version="rules/6",
        function=lambda reading: int(reading.shared(is_loop)),
        spans=lambda reading: [(0, len(reading.whole))] if reading.shared(is_loop) else [],
    ),
    Metric(
        name="self_repetition",
        kind="rate",
        direction="lower",
        low=0,
        high=1,
        group="repetition",
        ja="以前の自分の返答の繰り返し",
        en="repetition of an earlier own reply",
        short_ja="以前の返答の繰り返し",
        short_en="earlier reply again",
        version="rules/6",
        function=_of_earlier,
    ),
)
