"""What a judge answered: statuses, strict reading of the three protocols, grounding of the evidence."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import regex

from kikime.judges.verdicts.rubric import POINTS, Rubric
from kikime.judges.verdicts.textscore import parse_score, parse_scores

Protocol = Literal["cot", "dist", "text"]
PROTOCOLS: tuple[Protocol, ...] = ("cot", "dist", "text")
Status = Literal["ok", "ungrounded", "refused", "truncated", "invalid", "timeout", "error", "budget", "quota"]
FINAL = frozenset({"ok", "ungrounded", "refused"})
"""Statuses that are never asked again."""
SCORED = frozenset({"ok", "ungrounded"})
CHOICES = ("A", "B", "tie")
MIN_MASS = 0.5
"""Least probability on the tokens 1–7 for a distribution to count as an answer."""


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of one call; a failure has a status and no number."""

    status: Status
    scores: dict[str, int] = {}
    """Criterion → 1–7."""
    expected: dict[str, float] = {}
    """Criterion → expected score under the token probabilities (``dist`` only)."""
    mass: float | None = None
    """Probability that the model put on the seven points (``dist`` only)."""
    choice: str | None = None
    """``A``, ``B`` or ``tie``, in the order that was shown (pairs only)."""
    rationale: str = ""
    evidence: list[str] = []
    grounded: bool | None = None
    """All quotes stand in the reply; None where nothing was quoted."""
    error: str = ""


class InvalidAnswer(ValueError):
    """The judge's answer cannot be read as a verdict."""


def read_completion(
    body: Mapping[str, Any], rubric: Rubric, protocol: str, asked: Sequence[str], sources: Sequence[str]
) -> Verdict:
    """Read a chat completion; ``asked`` are criterion ids, ``sources`` the texts that may be quoted. Never raises."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        finish, content, refusal = choice.get("finish_reason"), message.get("content"), message.get("refusal")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Verdict("invalid", error="the answer is not a chat completion")
    if refusal or finish == "content_filter":
        return Verdict("refused", rationale=str(refusal or ""), error="the judge refused")
    if finish == "length" and protocol != "dist":
        return Verdict("truncated", error="the judge's answer was cut off")
    try:
        if protocol == "dist":
            verdict = _from_distribution(choice, asked[0])
        elif protocol == "text" or rubric.verbatim is not None:
            verdict = _from_text(content, rubric, asked)
        else:
            verdict = _from_json(content, rubric, asked, sources)
    except InvalidAnswer as error:
        verdict = Verdict("invalid", error=str(error), rationale=content if isinstance(content, str) else "")
    return verdict


def strict_score(value: Any) -> int:
    """``value`` if it is a JSON integer from 1 to 7.

    >>> strict_score(7)
    7

    Raises:
        InvalidAnswer: a bool, a float, a string, or out of range.
    """
    if type(value) is not int or value not in POINTS:
        raise InvalidAnswer(f"{value!r} is not an integer from 1 to 7")
    return value


def _from_json(content: Any, rubric: Rubric, asked: Sequence[str], sources: Sequence[str]) -> Verdict:
    answer = strict_json(content)
    evidence, rationale = answer.get("evidence"), answer.get("reasoning")
    if not isinstance(rationale, str) or not isinstance(evidence, list):
        raise InvalidAnswer("reasoning or evidence is missing")
    if not all(isinstance(quote, str) for quote in evidence):
        raise InvalidAnswer("the evidence is not a list of strings")
    scores, choice = {}, None
    if rubric.kind == "pair":
        choice = answer.get("preference")
        if choice not in CHOICES:
            raise InvalidAnswer(f"the preference {choice!r} is none of A, B, tie")
    else:
        scores = {criterion: strict_score(answer.get(criterion)) for criterion in asked}
    grounded = all(is_quoted(quote, sources) for quote in evidence) if evidence else None
    status: Status = "ungrounded" if grounded is False else "ok"
    return Verdict(status, scores=scores, choice=choice, rationale=rationale, evidence=evidence, grounded=grounded)


def strict_json(content: Any) -> dict[str, Any]:
    """One JSON object; a duplicate key or NaN is refused.

    Raises:
        InvalidAnswer: anything else.
    """
    try:
        value = json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidAnswer(f"not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidAnswer("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidAnswer("a key appears twice")
    return value


def _no_constant(name: str) -> Any:
    raise InvalidAnswer(f"{name} is not JSON")


def _from_text(content: Any, rubric: Rubric, asked: Sequence[str]) -> Verdict:
    if not isinstance(content, str):
        raise InvalidAnswer("the answer has no text")
    if rubric.verbatim is not None:
        score = parse_score(content)
        scores = None if score is None else {asked[0]: score}
    else:
        scores = parse_scores(content, {c.id: c.title for c in rubric.criteria if c.id in asked})
    if scores is None:
        raise InvalidAnswer("the text does not state its score unmistakably")
    return Verdict("ok", scores=scores, rationale=content)


def _from_distribution(choice: Mapping[str, Any], criterion: str) -> Verdict:
    try:
        candidates = choice["logprobs"]["content"][0]["top_logprobs"]
        pairs = [(str(entry["token"]), float(entry["logprob"])) for entry in candidates]
    except (KeyError, IndexError, TypeError, ValueError):
        raise InvalidAnswer("the answer has no logprobs") from None
    masses = dict.fromkeys(POINTS, 0.0)
    for token, logprob in pairs:
        point = _point(token)
        if point is not None and not math.isnan(logprob):
            masses[point] += math.exp(min(logprob, 0.0))
    total = sum(masses.values())
    if total < MIN_MASS:
        raise InvalidAnswer(f"only {total:.2f} of the probability is on the scores 1 to 7")
    mode = max(POINTS, key=lambda point: masses[point])
    expected = sum(point * mass for point, mass in masses.items()) / total
    return Verdict("ok", scores={criterion: mode}, expected={criterion: expected}, mass=min(total, 1.0))


def _point(token: str) -> int | None:
    text = unicodedata.normalize("NFKC", token).strip()
    return int(text) if text in {"1", "2", "3", "4", "5", "6", "7"} else None


_QUOTES = "「」『』\"'“”‘’…."


def is_quoted(quote: str, sources: Sequence[str]) -> bool:
    """Whether ``quote`` stands in one of ``sources``; width, spaces and enclosing quotation marks do not matter.

    >>> is_quoted("「おりますわ」", ["うちでは犬がおりますわ。"])
    True
    """
    wanted = _plain(_plain(quote).strip(_QUOTES))
    return bool(wanted) and any(wanted in _plain(source) for source in sources)


def _plain(text: str) -> str:
    return regex.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
