"""Outputs that deserve a second look, and scores with the judge's taste for length taken out."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import regex

from kikime.harness.cards.persona import Persona
from kikime.harness.core.reasons import Reason
from kikime.judges.verdicts.lines import Line
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import HIGH

LONG_FACTOR = 3
"""A reply is very long from three times the persona's upper limit on."""
CONSTANT_SHARE, CONSTANT_LEAST = 0.3, 5
LEAST_REPLIES = 3
"""From so many replies on it is odd that all have one and the same score."""
_MIN_ROWS = 20
_GRAPHEME = regex.compile(r"\X")


def one_score(judge: str, given: Iterable[tuple[str, float]]) -> Reason | None:
    """The warning that ``judge`` gave every reply and criterion one and the same score; None where it did not.

    ``given``: reply and score, ungrounded ones too; fewer than three replies say nothing.
    """
    scores = list(given)
    if len({reply for reply, _ in scores}) < LEAST_REPLIES or len({score for _, score in scores}) > 1:
        return None
    return Reason("one_score", {"judge": judge, "score": scores[0][1], "n": len(scores)})


def one_score_of(lines: Iterable[Line]) -> list[Reason]:
    """:func:`one_score` of every judge among ``lines``."""
    given: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for line in lines:
        if line.value is not None:
            given[line.judge_id].append((line.key, line.value))
    return [found for judge, scores in given.items() if (found := one_score(judge, scores)) is not None]


def annotate(judged: Iterable[tuple[Subject, Iterable[Line]]], subjects: Iterable[Subject]) -> None:
    """Fill ``flags`` and ``score_adjusted`` of the lines of each subject; ``subjects`` are all replies of the source."""
    flags = OutputFlags(subjects)
    slices: dict[tuple[str, ...], list[tuple[Line, Subject]]] = defaultdict(list)
    for subject, lines in judged:
        found = flags.of(subject.persona, subject.response)
        for line in lines:
            line.flags, line.score_adjusted = found, None
            if line.status == "ok" and line.score is not None:
                asked = (line.judge_id, line.protocol, line.rubric_hash, line.criterion)
                slices[subject.persona.id, *asked].append((line, subject))
    for members in slices.values():
        scores = [float(line.score or 0) for line, _ in members]
        lengths = [graphemes(subject.response) for _, subject in members]
        targets = [subject.persona.length.target for _, subject in members]
        high = members[0][0].scale or HIGH
        for (line, _), adjusted in zip(members, length_adjusted(scores, lengths, targets, high), strict=True):
            line.score_adjusted = adjusted


class OutputFlags:
    """Knows all replies of one source, then names what is odd about each: ``duplicate``, ``constant``, ``long``."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        """The same response to the same turn is no duplicate; pairs of replies do not count."""
        distinct = {(s.persona.id, s.user, s.response.strip()) for s in subjects if s.rival is None}
        self._turns = Counter((persona, response) for persona, _, response in distinct)
        self._all = Counter(persona for persona, _ in {(persona, user) for persona, user, _ in distinct})

    def of(self, persona: Persona, response: str) -> list[str]:
        """The flags of one reply."""
        same, total = self._turns[persona.id, response.strip()], self._all[persona.id]
        flags = ["duplicate"] if same > 1 else []
        if same >= CONSTANT_LEAST and same / total >= CONSTANT_SHARE:
            flags.append("constant")
        if graphemes(response) > LONG_FACTOR * persona.length.chars[1]:
            flags.append("long")
        return flags


def graphemes(text: str) -> int:
    """Length of the stripped text in graphemes."""
    return len(_GRAPHEME.findall(text.strip()))


def length_adjusted(
    scores: Sequence[float], lengths: Sequence[int], targets: Sequence[int], high: int = HIGH
) -> list[float | None]:
    """Scores of one persona and criterion, moved to the target length along their line on ln(length / target).

    The line is fitted by least squares. None where there are fewer than 20 scores or all lengths are equal; an empty
    reply keeps its score.
    """
    x = [math.log(length / target) if length else 0.0 for length, target in zip(lengths, targets, strict=True)]
    if len(x) < _MIN_ROWS:
        return [None] * len(x)
    mean_x, mean_y = sum(x) / len(x), sum(scores) / len(scores)
    spread = sum((value - mean_x) ** 2 for value in x)
    if spread == 0:
        return [None] * len(x)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, scores, strict=True)) / spread
    return [min(float(high), max(1.0, score - slope * value)) for score, value in zip(scores, x, strict=True)]
