"""Rule metrics for replies that already exist: JSON lines in, JSON lines out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import msgspec
import orjson

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import KikimeError, UsageError
from kikime.harness.core.messages import Message
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables.jsontext import parse_json
from kikime.harness.core.tables.table import Row
from kikime.harness.metrics import Measured, Metric, Scorer, check_expect

_WANTED = {
    "id": Phrase("'id' is neither a text nor a whole number"),
    "examples": Phrase("'examples' is not a list of texts"),
    "history": Phrase('\'history\' is not a list of {{"role": system, user or assistant, "content": text}}'),
    "expect": Phrase("'expect' is not a JSON object"),
    "turn": Phrase("'turn' is not a whole number from 0"),
}
"""What is wrong with a field that is no text."""


class NamedLine(msgspec.Struct):
    """What tells a line of input from the others."""

    id: str | int


class ReplyLine(NamedLine):
    """One line of input: a reply, and what is known of the request."""

    response: str
    user: str | None = None
    history: list[Message] | None = None
    finish_reason: str | None = None
    system: str | None = None
    examples: list[str] | None = None
    persona: str | None = None
    """The card that speaks, where it is not that of all lines."""
    task: str | None = None
    item: str | None = None
    turn: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """Which line of a scripted item the reply answers, from 0 as in samples.parquet; None: the last that is checked."""
    format: str | None = None
    expect: dict[str, object] | None = None
    """What the reply is held to, instead of what the item says."""


Read = TypeVar("Read", bound=NamedLine)


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """One line of output."""

    id: str | int | None
    """The line's own id; None when it could not be read."""
    line: int
    """Number of the input line, from 1."""
    metrics: Measured | None = None
    """The metrics; None when the line is wrong."""
    error: str | None = None
    """What is wrong with the line: a message of ours, which a :class:`~kikime.harness.words.catalogue.Translator` says in other words."""
    persona: Persona | None = None
    """Whose reply it is; None when the line is wrong."""

    def to_json(self) -> bytes:
        """One JSON object: ``{"id", "metrics"}``, or ``{"id" or "line", "error"}``."""
        if self.error is None:
            return orjson.dumps({"id": self.id, "metrics": self.metrics})
        where = {"line": self.line} if self.id is None else {"id": self.id}
        return orjson.dumps({**where, "error": self.error})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line's task, item and format say of the reply."""

    user: str = ""
    """The message that the reply answers."""
    history: Sequence[Message] = ()
    """The dialogue before it."""
    system: str = ""
    """The system prompt, without given facts and techniques."""
    expect: Mapping[str, Any] = field(default_factory=dict)
    """What the item expects."""
    prose: Sequence[str] = ()
    """What the format itself says."""
    own: Sequence[Metric] = ()
    """Metrics of the task that are not bundled."""
    kept: Callable[[Measured], Measured] = lambda measured: measured
    """Leaves out the metrics that mean nothing for the task."""


Resolve = Callable[[str | None, str | None, str | None, Persona, int | None], Asked]
"""Finds what a task, an item of it, a format, a persona and a turn of the item say; all but the persona may be None.

Raises UsageError for one that does not exist."""


def nothing_asked(task: str | None, item: str | None, form: str | None, _: Persona, __: int | None) -> Asked:
    """Refuse lines that name an item, where no items can be looked up."""
    if task or item or form:
        raise UsageError("task, item and format cannot be looked up here")
    return Asked()


Remembered = Callable[[str | None, str | None, str | None, str | None, int | None], Asked]
"""What was resolved for a task, an item, a format, a persona's reference and a turn."""


class _LineError(ValueError):
    """A line that cannot be scored; the text says why."""


def score_lines(
    lines: Iterable[bytes | Row | ScoredLine],
    *,
    persona: Persona,
    scorer_of: Callable[[Persona], Scorer],
    load: Callable[[str], Persona] = load_persona,
    resolve: Resolve = nothing_asked,
) -> Iterator[ScoredLine]:
    r"""Score JSON lines one by one, in order, keeping nothing.

    Args:
        lines: byte lines, each one JSON object ``{"id", "response", …}``, or such objects; blank ones are skipped, and
            lines of output, which say what is wrong, go through.
        persona: the card for lines that name none themselves.
        scorer_of: makes the scorer of a card; see :func:`kikime.harness.prompts.scoring.scorer_of`.
        load: finds the card that a line's own ``persona`` names.
        resolve: finds the item that a line is a reply to; see :func:`kikime.harness.plan.asked.asked`.

    >>> from kikime.harness.cards.persona import Length
    >>> card = Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(1, 9), target=5))
    >>> def scorer_of(card): return Scorer(card, role_markers=[], control_strings=[])
    >>> [scored.to_json()[:40] for scored in score_lines([b'{"id": 1}'], persona=card, scorer_of=scorer_of)]
    [b'{"id":1,"error":"\'response\' is missing"}']
    """
    own = scorer_of(persona)
    others: dict[str, Scorer | KikimeError] = {}

    def scorer_for(reference: str | None) -> Scorer:
        if reference is None:
            return own
        if reference not in others:
            if len(others) >= 64:
                others.pop(next(iter(others)))
            try:
                others[reference] = scorer_of(load(reference))
            except KikimeError as error:
                others[reference] = error
        found = others[reference]
        if isinstance(found, KikimeError):
            raise _LineError(found.message)
        return found

    remembered = lru_cache(maxsize=4096)(
        lambda task, item, form, reference, turn: resolve(task, item, form, scorer_for(reference).persona, turn)
    )
    for number, line in enumerate(lines, 1):
        if isinstance(line, ScoredLine):
            yield line
        elif not isinstance(line, bytes):
            yield _score_line(line, number, scorer_for, remembered)
        elif (json := line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip():
            yield _score_line(json, number, scorer_for, remembered)


def _score_line(
    line: bytes | Row,
    number: int,
    scorer_for: Callable[[str | None], Scorer],
    remembered: Remembered,
) -> ScoredLine:
    identity: str | int | None = None
    try:
        row = _parse(line) if isinstance(line, bytes) else line
        identity = _read(row, NamedLine).id
        reply = _read(row, ReplyLine)
        if reply.expect:
            _check_expect(reply.expect)
        scorer = scorer_for(reply.persona)
        asked = _asked(reply, remembered)
    except _LineError as error:
        return ScoredLine(identity, number, error=error.args[0])
    metrics = scorer.score(
        reply.response,
        user=reply.user or asked.user,
        history=reply.history or asked.history,
        system=reply.system or asked.system,
        examples=reply.examples or (),
        finish_reason=reply.finish_reason,
        expect=reply.expect or asked.expect,
        prose=asked.prose,
        own=asked.own,
    )
    return ScoredLine(identity, number, metrics=asked.kept(metrics), persona=scorer.persona)


def _asked(reply: ReplyLine, remembered: Remembered) -> Asked:
    if reply.item and not reply.task:
        raise _LineError(Phrase("'item' needs 'task'"))
    if reply.turn is not None and not reply.item:
        raise _LineError(Phrase("'turn' needs 'item'"))
    try:
        return remembered(reply.task, reply.item, reply.format, reply.persona, reply.turn)
    except KikimeError as error:
        raise _LineError(error.message) from None


def _parse(line: bytes) -> object:
    try:
        row = parse_json(line)
    except ValueError as error:
        raise _LineError(*error.args) from None
    if not isinstance(row, dict):
        raise _LineError(Phrase("a line is one JSON object"))
    return row


def _read(row: object, kind: type[Read]) -> Read:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise _LineError(_problem(str(error))) from None


def _problem(error: str) -> Phrase:
    """What is wrong with a line, in our words.

    >>> _problem("Object missing required field `id`"), _problem("Expected `str`, got `int` - at `$.user`")
    ("'id' is missing", "'user' is not a text")
    """
    missing = re.fullmatch("Object missing required field `([^`]+)`", error)
    if missing or error.endswith("got `null` - at `$.id`"):
        return Phrase("'{name}' is missing", name=missing[1] if missing else "id")
    key = re.split(r"[.\[`]", error.rsplit("`$.", 1)[1])[0]
    return _WANTED.get(key) or Phrase("'{name}' is not a text", name=key)


def _check_expect(expect: Mapping[str, object]) -> None:
    try:
        check_expect(expect)
    except KikimeError as error:
        raise _LineError(error.message) from None
