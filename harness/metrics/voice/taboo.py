"""Words that the card forbids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, fold


class ForbiddenTerms:
    """The forbidden words of one card, compiled once; the longest word wins where several match.

    A katakana word is not looked for inside a longer one (マジ in マジック), a Latin one not inside a longer word.

    >>> terms = ForbiddenTerms(["マジ", "ヤバい"])
    >>> terms.find("ﾏｼﾞでヤバい。マジックは好き") == terms.find(fold("ﾏｼﾞでヤバい。マジックは好き"))
    False
    >>> terms.find(fold("ﾏｼﾞでヤバい。マジックは好き"))
    [(0, 2), (3, 6)]
    """

    def __init__(self, terms: Sequence[str]) -> None:
        rules = sorted({fold(term) for term in terms}, key=len, reverse=True)
        any_rule = "|".join(_rule(rule, rules) for rule in rules)
        initials = re.escape("".join(sorted({rule[0] for rule in rules if rule})))
        pattern = f"(?=[{initials}])(?:{any_rule})"  # most positions fail at the first look
        self._pattern = re.compile(pattern, re.IGNORECASE) if rules else None

    def find(self, text: str) -> list[Span]:
        """Spans of forbidden words in folded text."""
        return [match.span() for match in self._pattern.finditer(text)] if self._pattern else []


def _rule(term: str, terms: Sequence[str]) -> str:
    rule = re.escape(term)
    if re.match(r"[ァ-ヴ]", term):
        others = "".join(f"|(?<={re.escape(other)})" for other in terms if other != term)
        rule = rf"(?:(?<![ァ-ヴー]){others}){rule}"
    if re.search(r"[ァ-ヴ]\Z", term):
        others = "".join(f"|(?={re.escape(other)})" for other in terms if other != term)
        rule = rf"{rule}(?:(?![ァ-ヴ]){others})"
    if re.match(r"[A-Za-z0-9]", term):
        rule = rf"(?<![A-Za-z0-9]){rule}"
    if re.search(r"[A-Za-z0-9]\Z", term):
        rule = rf"{rule}(?![A-Za-z0-9])"
    return rule


def _terms(persona: Persona) -> ForbiddenTerms:
    return ForbiddenTerms(persona.voice.forbidden)


def _found(reading: Reading) -> list[Span]:
    return reading.card.compiled(_terms).find(reading.core)


METRICS = (
    Metric(
        name="forbidden_terms",
        kind="int",
        direction="lower",
        low=0,
        group="style",
        ja="禁止語の数",
        en="words that the card forbids",
        short_ja="禁止語",
        version="rules/6",
        function=lambda reading: len(_found(reading)),
        spans=_found,
    ),
)
