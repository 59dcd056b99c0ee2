"""Checks that a card describes its own example replies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from kikime.harness.cards.persona import Persona
from kikime.harness.core.reasons import Phrase
from kikime.harness.metrics import CRITICAL, Measured, Scorer, VoiceSums
from kikime.harness.prompts.scoring import scorer_of

FEW_EXAMPLES = 5
"""Below this number of examples the card's targets cannot be checked against them."""


@dataclass(frozen=True, slots=True)
class PersonaReport:
    """What a card's own examples say about the card."""

    id: str
    """Id of the persona."""
    examples: int
    """Number of example replies."""
    marker_rate: float | None
    """Pooled marker rate of the examples, 0–1; None without markers or eligible sentences."""
    target_rate: float | None
    """The card's marker rate."""
    tolerance: float
    """The card's tolerance."""
    length_inside: float | None
    """Share of examples whose length is in the card's range."""
    mean_length: float | None
    """Mean length of the examples in characters."""
    sentences_inside: float | None
    """Share of examples whose number of sentences is in the card's range."""
    first_person: dict[str, int] = field(default_factory=dict)
    """First-person pronouns of the examples with their counts."""
    notes: tuple[str, ...] = ()
    """What could not be checked, one sentence each."""
    warnings: tuple[str, ...] = ()
    """What does not fit together, one sentence each; empty when the card describes its examples."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.warnings


def check_persona(persona: Persona) -> PersonaReport:
    """Score a card's own examples with the card.

    >>> from kikime.harness.cards.persona import Example, Length
    >>> card = Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(1, 9), target=5),
    ...                examples=(Example(user="やあ", reply="ごきげんよう"),))
    >>> check_persona(card).length_inside
    1.0
    """
    scorer = scorer_of(persona)
    replies = [example.reply for example in persona.examples]
    measured = [scorer.score(e.reply, user=e.user, finish_reason="stop") for e in persona.examples]
    markers = persona.voice.markers
    rate = VoiceSums.over(measured, markers).marker_rate if markers.strong else None
    warnings = (
        *_rate(persona, rate),
        *_lengths(persona, measured),
        *_lines(replies, measured, scorer),
    )
    return PersonaReport(
        id=persona.id,
        examples=len(replies),
        marker_rate=rate,
        target_rate=markers.target_rate,
        tolerance=markers.tolerance,
        length_inside=_mean(measured, "length_fit"),
        mean_length=_mean(measured, "length_chars"),
        sentences_inside=_mean(measured, "sentence_fit"),
        first_person=scorer.first_person(replies),
        notes=tuple(_size(persona)),
        warnings=warnings,
    )


def _mean(measured: list[Measured], name: str) -> float | None:
    values = [value for m in measured if (value := m[name]) is not None]
    return sum(values) / len(values) if values else None


def _size(persona: Persona) -> list[str]:
    if len(persona.examples) >= FEW_EXAMPLES:
        return []
    return [
        Phrase(
            "examples in the card: {n}; with {least} or more the targets can be checked",
            n=len(persona.examples),
            least=FEW_EXAMPLES,
        )
    ]


def _rate(persona: Persona, rate: float | None) -> list[str]:
    markers = persona.voice.markers
    if rate is None or markers.target_rate is None or len(persona.examples) < FEW_EXAMPLES:
        return []
    if abs(rate - markers.target_rate) <= markers.tolerance:
        return []
    return [
        Phrase(
            "the markers end {rate:.0%} of the examples' sentences, but target_rate is {target:.0%}",
            rate=rate,
            target=markers.target_rate,
        )
    ]


def _lengths(persona: Persona, measured: list[Measured]) -> list[str]:
    found: list[str] = []
    low, high = persona.length.chars
    if not low <= persona.length.target <= high:
        target = persona.length.target
        found.append(
            Phrase("length.target {target} is outside length.chars [{low}, {high}]", target=target, low=low, high=high)
        )
    for name, what in (("length_fit", f"length.chars [{low}, {high}]"), ("sentence_fit", "length.sentences")):
        share = _mean(measured, name)
        if share is not None and share < 0.5:
            found.append(Phrase("only {share:.0%} of the examples are inside {what}", share=share, what=what))
    if any((m["newlines"] or 0) > persona.length.newlines for m in measured):
        most = persona.length.newlines
        found.append(Phrase("an example has more line breaks than length.newlines {most}", most=most))
    return found


def _lines(replies: list[str], measured: list[Measured], scorer: Scorer) -> list[str]:
    found: list[str] = []
    for reply, values in zip(replies, measured, strict=True):
        wrong = [name for name in (*CRITICAL, "marker_spam", "forbidden_terms") if values[name]]
        wrong += [name for name in ("first_person_ok", "second_person_ok") if values[name] == 0]
        spans = scorer.explain(reply)
        for name in wrong:
            pieces = [reply[a:b] for a, b in spans.get(name, [])]
            because = f" ({'、'.join(Counter(pieces))})" if pieces else ""
            found.append(
                Phrase("example 「{reply}」: {name}{because}", reply=_short(reply), name=name, because=because)
            )
    return found


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 24 else line[:23] + "…"
