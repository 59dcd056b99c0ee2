"""Replies to judge from a JSON-lines file; a malformed line becomes an error line, the others are judged."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import cache

import msgspec

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import KikimeError
from kikime.harness.core.files.tables import parse_json
from kikime.harness.core.messages import Message
from kikime.judges.verdicts.prompt import ReplyId, Subject


class MalformedReply(ValueError):
    """A line whose content cannot be judged."""


class BadLine(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A line that cannot be judged, as it is printed."""

    id: ReplyId | None = None
    line: int | None = None
    """Its number from 1, where it has no id."""
    error: str


class JudgedReply(msgspec.Struct):
    """One line of the file."""

    id: ReplyId | msgspec.UnsetType | None = msgspec.UNSET
    response: str | msgspec.UnsetType = msgspec.UNSET
    response_a: str | msgspec.UnsetType = msgspec.UNSET
    response_b: str | None = None
    user: str = ""
    history: list[Message] = []
    persona: str | None = None


PersonaOf = Callable[[str], Persona]


def read_replies(data: bytes, default: Persona | None) -> list[Subject | BadLine]:
    """Parse ``{"id", "response", "user"?, "history"?, "persona"?, "response_b"?}`` lines; blank ones are skipped."""
    persona_of = cache(load_persona)
    lines = enumerate(data.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1)
    return [_read(line, number, default, persona_of) for number, line in lines if line.strip()]


def _read(line: bytes, number: int, default: Persona | None, persona_of: PersonaOf) -> Subject | BadLine:
    row: object = None
    try:
        row = parse_json(line)
        return _subject(msgspec.convert(row, JudgedReply), number, default, persona_of)
    except (ValueError, KikimeError) as error:
        given = row.get("id") if isinstance(row, dict) else None
        reply_id = given if isinstance(given, str | int | float) else None
        problem = str(error.message) if isinstance(error, KikimeError) else str(error)
        return BadLine(id=reply_id, line=number if reply_id is None else None, error=problem)


def _subject(row: JudgedReply, number: int, default: Persona | None, persona_of: PersonaOf) -> Subject:
    response = row.response_a if isinstance(row.response, msgspec.UnsetType) else row.response
    if isinstance(response, msgspec.UnsetType):
        raise MalformedReply("'response' is missing")
    persona = persona_of(row.persona) if row.persona is not None else default
    if persona is None:
        raise MalformedReply("no persona: name one in the line, or give --persona")
    reply_id = str(number) if row.id is None or isinstance(row.id, msgspec.UnsetType) else row.id
    history = tuple(turn for turn in row.history if turn["role"] != "system")
    return Subject(reply_id, persona, row.user, response, history, row.response_b)
