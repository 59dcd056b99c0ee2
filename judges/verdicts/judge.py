"""The judge as configuration, and the exact calls that a subject needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from kikime.harness.core.errors import UsageError
from kikime.harness.core.hashing import digest
from kikime.judges.verdicts.models import ModelCard, model_card
from kikime.judges.verdicts.prompt import Subject, render
from kikime.judges.verdicts.rubric import Criterion, Rubric
from kikime.judges.verdicts.verdict import PROTOCOLS, Protocol, answer_schema, quotable

DEFAULT_MODEL = "gpt-4o-mini"
OFFICIAL_HOST = "api.openai.com"
COT_TOKENS = 900
TYPICAL_OUT = 350
_TEMPERATURE_MANY = 0.8
_TOP_LOGPROBS = 20


@dataclass(frozen=True)
class Judge:
    """One judge model behind one server, with the protocol it is asked by.

    ``samples`` > 1 asks each question several times at temperature 0.8 and averages.
    """

    model: str = DEFAULT_MODEL
    base_url: str | None = None
    protocol: Protocol = "cot"
    samples: int = 1

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise UsageError(
                "no judge protocol '{protocol}'",
                hint="there are: {known}",
                protocol=self.protocol,
                known=", ".join(PROTOCOLS),
            )
        if self.samples < 1:
            raise UsageError("--samples must be at least 1")
        if self.protocol == "dist" and not self.card.logprobs:
            raise UsageError("{model} gives no logprobs", hint="use --protocol cot", model=self.model)

    @cached_property
    def official(self) -> bool:
        """Whether it is the provider's own server."""
        return self.base_url is None or urlsplit(self.base_url).hostname == OFFICIAL_HOST

    @cached_property
    def id(self) -> str:
        """Name that its verdicts are filed under: the model, and the server unless it is the provider's.

        The server is its host and port, and its path unless that is the usual ``/v1``: one gateway may have many deployments.
        """
        if self.official:
            return self.model
        parts = urlsplit(self.base_url or "")
        port = f":{parts.port}" if parts.port else ""
        path = parts.path.rstrip("/")
        return f"{self.model}@{parts.hostname or self.base_url}{port}{'' if path == '/v1' else path}"

    @cached_property
    def card(self) -> ModelCard:
        """What is known about the model."""
        return model_card(self.model)

    def protocol_for(self, rubric: Rubric) -> Protocol:
        """The protocol that ``rubric`` is asked by: a verbatim prompt is answered in text, a pair with reasons."""
        if rubric.verbatim is not None:
            return "text"
        return "cot" if rubric.kind == "pair" else self.protocol


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the judge."""

    key: str
    """Content address: the judge, its parameters and the exact rendered request."""
    body: dict[str, Any]
    rubric: Rubric
    protocol: Protocol
    asked: tuple[str, ...]
    """Ids of the criteria that this call answers."""
    sources: tuple[str, ...]
    """Texts that evidence may be quoted from."""
    limit_name: str
    """Name of the parameter that limits the output."""

    @property
    def output_limit(self) -> int:
        """Most tokens that the answer may have."""
        return int(self.body[self.limit_name])

    @property
    def typical_out(self) -> int:
        """Tokens that an answer usually has."""
        return min(self.output_limit, TYPICAL_OUT)

    @property
    def estimated_in(self) -> int:
        """Estimated prompt tokens: 0.3 for an ASCII character, 0.9 for any other, and the schema."""
        text = "".join(message["content"] for message in self.body["messages"])
        # Kana and kanji take three bytes, so this counts them without looking at each character.
        wide = (len(text.encode()) - len(text)) // 2
        return int(0.3 * (len(text) - wide) + 0.9 * wide) + 120


def plan_calls(subject: Subject, rubric: Rubric, judge: Judge) -> Iterator[Call]:
    """The calls that judge ``subject``: one per sample, criterion (``dist``) or order (pairs)."""
    protocol = judge.protocol_for(rubric)
    if rubric.kind == "pair":
        yield _call(subject, rubric, judge, protocol, rubric.criteria, 0)
        yield _call(_swapped(subject), rubric, judge, protocol, rubric.criteria, 0)
    elif protocol == "dist":
        for criterion in rubric.criteria:
            yield _call(subject, rubric, judge, protocol, (criterion,), 0)
    else:
        for sample in range(judge.samples):
            yield _call(subject, rubric, judge, protocol, rubric.criteria, sample)


def _swapped(subject: Subject) -> Subject:
    if subject.rival is None:
        raise UsageError(
            "reply '{subject}' has no second reply to compare with",
            hint="give response_a and response_b",
            subject=subject.id,
        )
    return Subject(
        id=subject.id,
        persona=subject.persona,
        user=subject.user,
        response=subject.rival,
        history=subject.history,
        rival=subject.response,
        key=subject.key,
    )


def _call(
    subject: Subject, rubric: Rubric, judge: Judge, protocol: Protocol, criteria: tuple[Criterion, ...], sample: int
) -> Call:
    messages = render(subject, rubric, protocol, criterion=criteria[0] if protocol == "dist" else None)
    body: dict[str, Any] = {"model": judge.model, "messages": [dict(message) for message in messages]}
    sources = tuple(subject.lines if rubric.kind == "dialogue" else subject.spoken)
    body |= _parameters(rubric, judge, protocol, criteria, sample, quotable(sources))
    asked = tuple(criterion.id for criterion in criteria)
    key = digest("judge", {"judge": judge.id, "protocol": protocol, "body": body})
    return Call(key, body, rubric, protocol, asked, sources, judge.card.output_limit)


def _parameters(
    rubric: Rubric,
    judge: Judge,
    protocol: Protocol,
    criteria: tuple[Criterion, ...],
    sample: int,
    has_text: bool,
) -> dict[str, Any]:
    card = judge.card
    temperature = _TEMPERATURE_MANY if judge.samples > 1 and protocol != "dist" else 0
    parameters: dict[str, Any] = {"temperature": temperature, "seed": sample, **card.extra}
    if protocol == "dist":
        return parameters | {card.output_limit: 1, "logprobs": True, "top_logprobs": _TOP_LOGPROBS}
    if protocol == "cot":
        asked = tuple(criterion.id for criterion in criteria)
        bounded = card.bounded_strings and not judge.official
        schema = answer_schema(rubric.kind, asked, bounded=bounded, quotable=has_text, high=rubric.high)
        parameters["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "verdict", "strict": True, "schema": schema},
        }
    return parameters | {card.output_limit: COT_TOKENS}
