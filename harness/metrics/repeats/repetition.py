"""Repetition inside a reply and across the turns of a dialogue."""

from __future__ import annotations

from collections.abc import Sequence

from kikime.harness.metrics.metric import RULES, Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import fold

MIN_CHARS = 20
"""Shorter replies have no measurable repetition."""


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
        name="self_repetition",
        kind="rate",
        direction="lower",
        low=0,
        high=1,
        group="repetition",
        ja="以前の自分の返答の繰り返し",
        en="repetition of an earlier own reply",
        short_ja="以前の返答の繰り返し",
        version=RULES,
        function=_of_earlier,
    ),
)
