"""Rule metrics for replies that exist already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.metrics import Scorer as RuleScorer
from kikime.harness.metrics.jsonlines import ScoredLine, score_lines
from kikime.harness.plan.asked import asked
from kikime.harness.prompts.scoring import known_strings, scorer_of


def score(replies: Iterable[Mapping[str, Any] | str | bytes], persona: Persona | str) -> Iterator[ScoredLine]:
    """Score replies in order, keeping nothing.

    Args:
        replies: each a text, a mapping as a line of ``kikime score`` (``response`` and, if you like, ``id``, ``user``,
            ``history``, ``system``, ``examples``, ``finish_reason``, ``expect``, ``persona``, ``task``,
            ``item``, ``format``), or such a line as bytes.
        persona: who speaks: a card, a bundled id or a card file; a reply's own ``persona`` wins.

    Raises:
        UsageError: no such persona, or its card is wrong. A wrong reply is a line with an ``error``.
    """
    card = load_persona(persona) if isinstance(persona, str) else persona
    lines = (_line(reply, number) for number, reply in enumerate(replies, 1))
    return score_lines(lines, persona=card, scorer_of=scorer_of, resolve=asked)


class Scorer(RuleScorer):
    """Measures replies of one character as ``kikime run`` and ``kikime score`` do: with the markers of every format.

    >>> Scorer("ojousama").score("薔薇が好きですわ")["marker_rate"]
    1.0
    """

    def __init__(self, persona: Persona | str) -> None:
        card = load_persona(persona) if isinstance(persona, str) else persona
        super().__init__(card, **known_strings())


def _line(reply: Mapping[str, Any] | str | bytes, number: int) -> bytes:
    if isinstance(reply, bytes):
        return reply
    return orjson.dumps({"id": number, "response": reply} if isinstance(reply, str) else {"id": number, **reply})
