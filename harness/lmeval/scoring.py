"""Rule metrics for lm-eval: per document as ``kikime run`` measures them, per task as its summary adds them up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Self

import msgspec

from kikime.harness.core.request import Reply, Request
from kikime.harness.lmeval.documents import cell_materials
from kikime.harness.metrics import Measured, VoiceSums, style_level_of
from kikime.harness.run.measuring import Measuring

NEEDS_FINISH_REASON = ("no_eos", "critical_failure")
"""What cannot be said of a reply whose end is unknown: lm-eval's own models return nothing but text."""
NEVER_KNOWN = ("stop_by_string",)
"""No lm-eval model tells which string ended a reply."""
_COUNTED = ("marker_rate", "style_level", "style_band")


class Score(float):
    """A metric value that knows whose it is; lm-eval logs and prints it as the number it is."""

    persona: str
    voice: VoiceSums | None

    def __new__(cls, value: float, persona: str = "", voice: VoiceSums | None = None) -> Self:
        """A value of one persona; ``voice`` for rates that are pooled."""
        score = super().__new__(cls, value)
        score.persona = persona
        score.voice = voice
        return score


class Finished(str):
    """A generated text that knows how it ended; lm-eval passes it on as the text it is."""

    __slots__ = ("finish_reason",)
    finish_reason: str

    def __new__(cls, text: str = "", finish_reason: str = "") -> Self:
        """``finish_reason`` as in :class:`kikime.harness.core.request.Reply`; empty: unknown (lm-eval casts targets to this type)."""
        finished = super().__new__(cls, text)
        finished.finish_reason = finish_reason
        return finished


def process_logprobs(doc: Mapping[str, str], results: Sequence[tuple[float, bool]]) -> dict[str, Score]:
    """Measure the log-likelihoods of a document's candidates."""
    request = msgspec.json.decode(doc["request"], type=Request)
    reply = Reply(request.key, "", "stop", logprobs=[float(value) for value, _ in results])
    measured = _measuring(doc["cell"])(request, reply)
    return {name: Score(value, request.persona) for name, value in measured.items() if value is not None}


def process_results(doc: Mapping[str, str], results: Sequence[str]) -> dict[str, Score]:
    """Measure one reply; a metric that does not apply, or cannot be known, has no key."""
    text = results[0]
    request = msgspec.json.decode(doc["request"], type=Request)
    reply = Reply(key=request.key, text=str(text), finish_reason=getattr(text, "finish_reason", ""))
    measured = _measuring(doc["cell"])(request, reply)
    unknown = NEVER_KNOWN if reply.finish_reason else (*NEVER_KNOWN, *NEEDS_FINISH_REASON)
    voice = _voice(doc, measured)
    return {
        name: Score(value, request.persona, voice if name in _COUNTED else None)
        for name, value in measured.items()
        if value is not None and name not in unknown
    }


def persona_mean(scores: Sequence[Score]) -> float:
    """Mean over personas of the mean over their replies.

    >>> persona_mean([Score(1, "a"), Score(0, "a"), Score(1, "b")])
    0.75
    """
    personas: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        personas[score.persona].append(float(score))
    means = [sum(values) / len(values) for _, values in sorted(personas.items())]
    return sum(means) / len(means)


def mean_style_level(scores: Sequence[Score]) -> float:
    """Mean over personas of the style level of their marker rate, each reply counting once."""
    cards = {voice.persona: voice.voice for voice in scores if voice.voice is not None}
    rates = _rates(scores)
    return _mean_over_personas(style_level_of(rates[name], card.target, card.tolerance) for name, card in cards.items())


def pooled_style_band(scores: Sequence[Score]) -> float:
    """Mean over personas of the band of their pooled marker rate."""
    return _mean_over_personas(voice.style_band for voice in _pooled(scores))


def _rates(scores: Sequence[Score]) -> dict[str, float]:
    rates: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        if score.voice is not None and score.voice.marker_rate is not None:
            rates[score.persona].append(score.voice.marker_rate)
    return {persona: sum(own) / len(own) for persona, own in rates.items()}


@lru_cache(maxsize=256)
def _measuring(cell: str) -> Measuring:
    return Measuring(cell_materials(cell))


def _voice(doc: Mapping[str, str], measured: Measured) -> VoiceSums | None:
    if not measured.get("eligible_sentences"):
        return None
    markers = cell_materials(doc["cell"]).personas[doc["persona"]].voice.markers
    return VoiceSums.over([measured], markers)


def _pooled(scores: Sequence[Score]) -> list[VoiceSums]:
    sums: dict[str, VoiceSums] = {}
    for score in scores:
        if score.voice is not None:
            before = sums.get(score.persona)
            sums[score.persona] = score.voice if before is None else before.plus(score.voice)
    return [voice for _, voice in sorted(sums.items())]


def _mean_over_personas(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)
