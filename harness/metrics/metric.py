"""What a metric is: one record with its words, scale, version and function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase

if TYPE_CHECKING:
    from kikime.harness.metrics.reading import Reading
    from kikime.harness.metrics.text.fold import Span

RULES = "rules/4"
"""Version of the bundled metrics whose definition has not changed since they had one version together."""

Direction = Literal["higher", "lower", "none"]
Kind = Literal["int", "rate", "binary"]
Group = Literal["length", "style", "leak", "repetition", "facts", "constraints", "labels", "critical", "other"]
Value = int | float | None
"""A measured value; None means not applicable, never pass or fail."""
Measured = dict[str, Value]
"""Metric name → value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One rule metric; everything that kikime knows of it.

    >>> Metric(name="exclamations", kind="int", low=0, ja="感嘆符の数", en="exclamation marks",
    ...        function=lambda reading: reading.spoken.count("!")).short_en
    'exclamations'
    """

    name: str
    """Name in scores, tables and JSON."""
    ja: str
    """One line of description in Japanese."""
    en: str
    """One line of description in English."""
    function: Callable[[Reading], Value] | None
    """Measures a reply; None for what only the run knows: log-probabilities, what ended a reply, or other metrics."""
    direction: Direction = "none"
    """Whether higher or lower values are better; ``none`` for descriptions."""
    kind: Kind = "rate"
    """``int`` counts, ``rate`` is a real number in the scale, ``binary`` is 0 or 1."""
    low: float | None = None
    """Smallest possible value; None when there is no bound (and 0 for ``binary``)."""
    high: float | None = None
    """Largest possible value; None when there is no bound (and 1 for ``binary``)."""
    group: Group = "other"
    """Heading under which tables show it."""
    short_ja: str = ""
    """What tables call it in Japanese; by default the description."""
    short_en: str = ""
    """What tables call it in English; by default the name."""
    critical: bool = False
    """Whether 1 makes the reply a critical failure; bundled metrics only."""
    version: str = "1"
    """Changes whenever a value can change for the same reply, by whatever the function calls."""
    of_speech: bool = False
    """Whether it reads sentences in the character's voice, and so means nothing in tasks that ask for none of them."""
    needs: tuple[str, ...] = ()
    """Keys of the item's expectation; without any of them the metric is not measured. Empty: measured for every reply."""
    pooled: bool = False
    """Whether it depends on what a reply says if it applies: such a rate is of sums over a persona's replies."""
    spans: Callable[[Reading], list[Span]] | None = None
    """Offsets in ``Reading.whole`` of what made the value what it is."""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            msg = Phrase("the name of a metric is a word of letters, digits and _, not '{name}'", name=self.name)
            raise ValueError(msg)
        if self.kind == "binary":
            object.__setattr__(self, "low", 0)
            object.__setattr__(self, "high", 1)
        object.__setattr__(self, "short_ja", self.short_ja or self.ja)
        object.__setattr__(self, "short_en", self.short_en or self.name.replace("_", " "))

    @property
    def worst(self) -> Value:
        """The worst value of the scale; None where there is no better and worse end, or no bound."""
        return {"higher": self.low, "lower": self.high, "none": None}[self.direction]

    def measure(self, reading: Reading) -> Value:
        """The value of one reply, checked.

        Raises:
            UsageError: the function failed, or returned something that is no value of this metric.
        """
        if self.function is None:
            return None
        try:
            value = self.function(reading)
        except Exception as error:
            raise UsageError(
                "metric '{name}' failed on the reply {reply!r}: {error}: {reason}",
                hint="mend its function, or return None where it does not apply",
                name=self.name,
                reply=reading.response[:60],
                error=type(error).__name__,
                reason=error,
            ) from error
        if value is None or self._holds(value):
            return int(value) if isinstance(value, bool) else value
        scale = {
            "int": Phrase("a whole number"),
            "rate": Phrase("a finite number"),
            "binary": Phrase("0 or 1"),
        }[self.kind]
        within = "".join(f" {sign} {bound}" for sign, bound in (("≥", self.low), ("≤", self.high)) if bound is not None)
        raise UsageError(
            "metric '{name}' is {scale}{within} or None, not {value!r}",
            name=self.name,
            scale=scale,
            within=within,
            value=value,
        )

    def _holds(self, value: object) -> bool:
        if not isinstance(value, int | float) or not math.isfinite(value):
            return False
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            return False
        return self.kind == "rate" or isinstance(value, int)
