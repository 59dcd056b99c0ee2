"""What a judge answered: statuses, strict reading of the three protocols, grounding of the evidence."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Never

import msgspec
import regex
from pydantic import BaseModel, Field, StrictStr, ValidationError, WithJsonSchema, create_model

from kikime.harness.core.reasons import Phrase
from kikime.judges.verdicts.rubric import HIGH, LOW, Rubric
from kikime.judges.verdicts.textscore import parse_score, parse_scores
from kikime.judges.verdicts.unwrapping import answer_text, json_text, thinks, without_thinking

Protocol = Literal["cot", "dist", "text"]
PROTOCOLS: tuple[Protocol, ...] = ("cot", "dist", "text")
Status = Literal["ok", "ungrounded", "refused", "truncated", "invalid", "timeout", "error", "budget", "quota"]
FINAL = frozenset({"ok", "ungrounded", "refused"})
"""Statuses that are never asked again."""
SCORED = frozenset({"ok", "ungrounded"})
CHOICES = ("A", "B", "tie")
NO_COMPLETION = Phrase("the answer is not a chat completion")
_ANSWER = "answer_"
"""Keeps criteria apart from the names of pydantic's models: a criterion may be called ``copy`` or ``json``."""
MIN_MASS = 0.5
"""Least probability on the points of the scale for a distribution to count as an answer."""


class Verdict(msgspec.Struct, frozen=True):
    """The outcome of one call; a failure has a status and no number."""

    status: Status
    scores: dict[str, int] = {}
    """Criterion → a point of the rubric's scale."""
    expected: dict[str, float] = {}
    """Criterion → expected score under the token probabilities (``dist`` only)."""
    mass: float | None = None
    """Probability that the model put on the points (``dist`` only)."""
    choice: str | None = None
    """``A``, ``B`` or ``tie``, in the order that was shown (pairs only)."""
    rationale: str = ""
    evidence: list[str] = []
    grounded: bool | None = None
    """There are quotes and all stand in the reply; None where none is demanded: without reasons, of an empty reply."""
    error: str = ""


class InvalidAnswer(ValueError):
    """The judge's answer cannot be read as a verdict."""


class _Message(msgspec.Struct):
    content: object = None
    refusal: object = None
    reasoning: object = None
    reasoning_content: object = None


class _Token(msgspec.Struct):
    token: str
    logprob: float


class _Position(msgspec.Struct):
    top_logprobs: list[_Token]


class _Logprobs(msgspec.Struct):
    content: list[_Position]


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: object = None
    logprobs: object = None


class _Completion(msgspec.Struct):
    """What is read of a chat completion."""

    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]


def read_completion(
    body: Mapping[str, object], rubric: Rubric, protocol: str, asked: Sequence[str], sources: Sequence[str]
) -> Verdict:
    """Read a chat completion; ``asked`` are criterion ids, ``sources`` the texts that may be quoted. Never raises."""
    try:
        choice = msgspec.convert(body, _Completion).choices[0]
    except msgspec.ValidationError:
        return Verdict("invalid", error=NO_COMPLETION)
    content, refusal = choice.message.content, choice.message.refusal
    if refusal or choice.finish_reason == "content_filter":
        return Verdict("refused", rationale=str(refusal or ""), error=Phrase("the judge refused"))
    if choice.finish_reason == "length" and protocol != "dist":
        return Verdict("truncated", error=Phrase("the judge's answer was cut off"))
    content = answer_text(content)
    try:
        if protocol == "dist":
            verdict = _from_distribution(choice, asked[0], rubric.points)
        elif protocol == "text" or rubric.verbatim is not None:
            verdict = _from_text(content, rubric, asked)
        else:
            verdict = _from_json(content, rubric, asked, sources)
    except InvalidAnswer as error:
        verdict = Verdict("invalid", error=str(error), rationale=content or "")
    return verdict


def thought(body: Mapping[str, object]) -> bool:
    """Whether the judge thought before it answered, so that its limit has to hold the thinking too."""
    try:
        completion = msgspec.convert(body, _Completion)
    except msgspec.ValidationError:
        return False
    message = completion.choices[0].message
    said = answer_text(message.content) or ""
    return bool(message.reasoning or message.reasoning_content or thinks(said) or not said)


class Answer(BaseModel):
    """A verdict as the judge writes it in JSON; :func:`answer_model` adds what the rubric asks for."""

    reasoning: StrictStr
    evidence: list[StrictStr]


Choice = Annotated[
    Literal["A", "B", "tie"], WithJsonSchema({"type": "string", "enum": list(CHOICES)}, mode="validation")
]


@cache
def answer_model(kind: str, asked: tuple[str, ...], high: int = HIGH) -> type[Answer]:
    """The answer to a rubric of ``kind`` by the criteria ``asked``: an integer 1–``high`` for each, of a pair the preference."""
    answers = {"preference": Choice} if kind == "pair" else dict.fromkeys(asked, _point_up_to(high))
    fields: dict[str, Any] = {f"{_ANSWER}{name}": (kept, Field(alias=name)) for name, kept in answers.items()}
    return create_model("Answer", __base__=Answer, **fields)


def _point_up_to(high: int) -> Any:
    points = {"type": "integer", "enum": list(range(LOW, high + 1))}
    return Annotated[int, Field(strict=True, ge=LOW, le=high), WithJsonSchema(points, mode="validation")]


def answer_schema(
    kind: str, asked: tuple[str, ...], *, bounded: bool, quotable: bool = True, high: int = HIGH
) -> dict[str, object]:
    """JSON schema of a verdict: reasoning, then evidence, then the scores as an enum.

    ``bounded`` limits the texts, for servers whose schemas know maxLength and maxItems; ``quotable`` demands evidence.
    """
    schema = answer_model(kind, asked, high).model_json_schema()
    properties = {
        name: {k: v for k, v in field.items() if k != "title"} for name, field in schema["properties"].items()
    }
    if quotable:
        properties["evidence"]["minItems"] = 1
    if bounded:
        properties["reasoning"]["maxLength"] = 600
        properties["evidence"] |= {"items": {"type": "string", "maxLength": 80}, "maxItems": 4}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _from_json(content: object, rubric: Rubric, asked: Sequence[str], sources: Sequence[str]) -> Verdict:
    try:
        answer = answer_model(rubric.kind, tuple(asked), rubric.high).model_validate(strict_json(content))
    except ValidationError as error:
        raise InvalidAnswer(_problem(error, rubric.high)) from None
    given = {name.removeprefix(_ANSWER): value for name, value in answer if name.startswith(_ANSWER)}
    choice = given.pop("preference", None) if rubric.kind == "pair" else None
    grounded = _grounded(answer.evidence, sources)
    return Verdict(
        "ungrounded" if grounded is False else "ok",
        scores=given,
        choice=choice,
        rationale=answer.reasoning,
        evidence=answer.evidence,
        grounded=grounded,
    )


def _grounded(evidence: Sequence[str], sources: Sequence[str]) -> bool | None:
    """Whether all quotes stand in the sources; None where there is nothing to quote.

    No quote at all is as little evidence as an invented one: a judge that looked at the reply can quote it, and 7 for
    everything beside an empty list is what weak judges give to parrots. The scores are kept with the verdict, where a person
    finds them, and count in no mean.
    """
    quotes = [quote for quote in evidence if quote.strip()]
    if not quotes and not quotable(sources):
        return None
    return bool(quotes) and all(is_quoted(quote, sources) for quote in quotes)


def quotable(sources: Sequence[str]) -> bool:
    """Whether there is anything to quote, so that evidence is demanded."""
    return any(source.strip() for source in sources)


def _problem(error: ValidationError, high: int) -> str:
    first = error.errors()[0]
    where = first["loc"][0]
    if where in Answer.model_fields:
        missing = first["type"] == "missing"
        return Phrase("{part} is missing", part=where) if missing else f"{where}: {first['msg']}"
    given = None if first["type"] == "missing" else first["input"]
    if where == "preference" and first["type"] in {"missing", "literal_error"}:
        return Phrase("the preference {given} is none of A, B, tie", given=repr(given))
    return Phrase("{part}: {given} is not an integer from 1 to {high}", part=where, given=repr(given), high=high)


def strict_json(content: object) -> dict[str, object]:
    """One JSON object; a duplicate key or NaN is refused.

    Raises:
        InvalidAnswer: anything else.
    """
    if not isinstance(content, str):
        raise InvalidAnswer(Phrase("the answer has no text"))
    try:
        value = json.loads(json_text(content), object_pairs_hook=_unique, parse_constant=_no_constant)
    except InvalidAnswer:
        raise
    except (ValueError, RecursionError):
        raise InvalidAnswer(Phrase("the answer is not valid JSON")) from None
    if not isinstance(value, dict):
        raise InvalidAnswer(Phrase("not a JSON object"))
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidAnswer(Phrase("a key appears twice"))
    return value


def _no_constant(name: str) -> Never:
    raise InvalidAnswer(Phrase("{name} is not JSON", name=name))


def _from_text(content: object, rubric: Rubric, asked: Sequence[str]) -> Verdict:
    if not isinstance(content, str):
        raise InvalidAnswer(Phrase("the answer has no text"))
    content = without_thinking(content)
    if rubric.verbatim is not None:
        score = parse_score(content)
        scores = None if score is None else {asked[0]: score}
    else:
        titles = {c.id: c.title for c in rubric.criteria if c.id in asked}
        scores = parse_scores(content, titles, high=rubric.high)
    if scores is None:
        raise InvalidAnswer(Phrase("the text does not state its score unmistakably"))
    return Verdict("ok", scores=scores, rationale=content)


def _from_distribution(choice: _Choice, criterion: str, points: Sequence[int]) -> Verdict:
    try:
        candidates = msgspec.convert(choice.logprobs, _Logprobs).content[0].top_logprobs
    except (msgspec.ValidationError, IndexError):
        raise InvalidAnswer(Phrase("the answer has no logprobs")) from None
    masses = dict.fromkeys(points, 0.0)
    for candidate in candidates:
        point = _point(candidate.token)
        if point in masses and not math.isnan(candidate.logprob):
            masses[point] += math.exp(min(candidate.logprob, 0.0))
    total = sum(masses.values())
    if total < MIN_MASS:
        raise InvalidAnswer(
            Phrase("only {total:.2f} of the probability is on the scores 1 to {high}", total=total, high=points[-1])
        )
    mode = max(points, key=lambda point: masses[point])
    expected = sum(point * mass for point, mass in masses.items()) / total
    return Verdict("ok", scores={criterion: mode}, expected={criterion: expected}, mass=min(total, 1.0))


def _point(token: str) -> int:
    """The digit that a token is; 0 where it is none."""
    text = unicodedata.normalize("NFKC", token).strip()
    return int(text) if len(text) == 1 and text in "123456789" else 0


_QUOTES = "「」『』\"'“”‘’…."


def is_quoted(quote: str, sources: Sequence[str]) -> bool:
    """Whether ``quote`` stands in one of ``sources``; width, spaces and enclosing quotation marks do not matter.

    >>> is_quoted("「おりますわ」", ["うちでは犬がおりますわ。"])
    True
    """
    wanted = _plain(_plain(quote).strip(_QUOTES))
    return bool(wanted) and any(wanted in _plain(source) for source in sources)


def turn_of(quote: str, lines: Sequence[str]) -> int | None:
    """Which of the character's lines, from 1, is the first to hold ``quote``; None where none does.

    >>> turn_of("おりますわ", ["ごきげんよう。", "うちでは犬がおりますわ。"])
    2
    """
    return next((turn for turn, line in enumerate(lines, 1) if is_quoted(quote, [line])), None)


def _plain(text: str) -> str:
    return regex.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
