"""Means of the rule metrics of many replies, from sums alone: flat in the number of replies."""

from __future__ import annotations

from collections import Counter, defaultdict

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.belonging import SPOKEN_MARKERS
from kikime.harness.metrics.metric import Measured
from kikime.harness.metrics.voice.level import style_level_of
from kikime.harness.metrics.voice.pooled import VoiceSums

_COPIES = ("fewshot_copy", "prompt_echo")
"""Where one is above 0, the voice is somebody else's."""


class CharacterTotals:
    """Sums over the replies of one character."""

    def __init__(self, persona: Persona) -> None:
        self._markers = persona.voice.markers
        self._counts: Counter[str] = Counter()
        self._sums: dict[str, float] = defaultdict(float)
        self.replies = 0

    def add(self, measured: Measured) -> None:
        """Count one reply; a copied example and an echo of the question are no speech of the character."""
        copied = any(measured.get(name) for name in _COPIES)
        for name, value in measured.items():
            if value is not None and not (copied and name in SPOKEN_MARKERS):
                self._counts[name] += 1
                self._sums[name] += value
        self.replies += 1

    def n(self, metric: str) -> int:
        """Replies to which a metric applies."""
        return self._counts[metric]

    def mean(self, metric: str) -> float | None:
        """The mean over replies; style level and style band are those of the mean rate and of the sums, as of a run."""
        if not self._counts[metric]:
            return None
        if metric == "style_level":
            return style_level_of(self.mean("marker_rate"), self._markers.target_rate, self._markers.tolerance)
        if metric == "style_band":
            sums = self._sums["marker_sentences"], self._sums["eligible_sentences"]
            return VoiceSums(*sums, self._markers.target_rate, self._markers.tolerance).style_band
        return self._sums[metric] / self._counts[metric]


class Totals:
    """Sums over the replies of several characters.

    >>> from kikime.harness.cards.persona import Length
    >>> card = Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(1, 9), target=5))
    >>> totals = Totals()
    >>> totals.add(card, {"length_chars": 4, "length_fit": 1, "fact_correct": None})
    >>> totals.add(card, {"length_chars": 12, "length_fit": 0, "fact_correct": None})
    >>> totals.metrics(), totals.mean("length_chars"), totals.n("length_fit")
    (['length_chars', 'length_fit'], 8.0, 2)
    """

    def __init__(self) -> None:
        self.characters: dict[str, CharacterTotals] = {}
        """Id of a character → its sums, in the order in which they came."""
        self._names: dict[str, None] = {}

    def add(self, persona: Persona, measured: Measured) -> None:
        """Count one reply of a character."""
        if persona.id not in self.characters:
            self.characters[persona.id] = CharacterTotals(persona)
        self.characters[persona.id].add(measured)
        self._names |= dict.fromkeys(measured)

    @property
    def replies(self) -> int:
        """How many were counted."""
        return sum(own.replies for own in self.characters.values())

    def metrics(self) -> list[str]:
        """Names of the metrics that apply to some reply, in the order of their values."""
        return [name for name in self._names if self.n(name)]

    def n(self, metric: str) -> int:
        """Replies to which a metric applies."""
        return sum(own.n(metric) for own in self.characters.values())

    def mean(self, metric: str) -> float | None:
        """The mean over characters of the means over their replies; None where it applies to none."""
        means = [mean for own in self.characters.values() if (mean := own.mean(metric)) is not None]
        return sum(means) / len(means) if means else None
