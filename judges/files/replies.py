"""Replies to judge from a file; a row that cannot be read becomes an error line, the others are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import KikimeError
from kikime.harness.core.messages import Message
from kikime.harness.core.tables import read_bytes, read_table
from kikime.harness.core.tables.replies import replies_of, reply_id_of
from kikime.harness.core.tables.table import Table, filled
from kikime.harness.core.thinking import split_thinking
from kikime.judges.verdicts.prompt import ReplyId, Subject

OWN_COLUMNS = frozenset({"response", "response_a"})
"""Columns of files that were written for kikime; any other file has its replies where people have them."""


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
    user: str | None = None
    history: list[Message] | None = None
    persona: str | None = None


PersonaOf = Callable[[str], Persona]


def read_replies(source: bytes | Path, default: Persona | None) -> list[Subject | BadLine]:
    """The replies of a file, or of JSON that came in through a pipe.

    Rows ``{"id", "response", "user"?, "history"?, "persona"?, "response_b"?}``, as JSON lines or in any other kind of table,
    or training data in its usual shapes: see :func:`kikime.harness.core.tables.replies.replies_of`.

    Raises:
        FileFormatError: nothing in it can be read.
    """
    table = read_bytes(source, "-") if isinstance(source, bytes) else read_table(source, other=".jsonl")
    persona_of = cache(load_persona)
    if OWN_COLUMNS & set(table.columns) or not any(table.rows):
        return [_read(table, index, default, persona_of) for index in range(len(table.records))]
    return list(_training(table, default, persona_of))


def _read(table: Table, index: int, default: Persona | None, persona_of: PersonaOf) -> Subject | BadLine:
    record = table.records[index]
    try:
        if record.problem is not None:
            raise MalformedReply(record.problem)
        reply = msgspec.convert(filled(record.row, OWN_COLUMNS), JudgedReply)
        return _subject(reply, record.place, default, persona_of)
    except (ValueError, KikimeError) as error:
        given = record.row.get("id")
        reply_id = given if isinstance(given, str | int | float) else None
        problem = str(error.message) if isinstance(error, KikimeError) else str(error)
        return BadLine(id=reply_id, line=record.place if reply_id is None else None, error=problem)


def _subject(row: JudgedReply, number: int, default: Persona | None, persona_of: PersonaOf) -> Subject:
    response = row.response_a if isinstance(row.response, msgspec.UnsetType) else row.response
    if isinstance(response, msgspec.UnsetType):
        raise MalformedReply("'response' is missing")
    persona = _persona(row.persona, default, persona_of)
    reply_id = str(number) if row.id is None or isinstance(row.id, msgspec.UnsetType) else row.id
    history = tuple(turn for turn in row.history or () if turn["role"] != "system")
    rival = None if row.response_b is None else split_thinking(row.response_b).speech
    return Subject(reply_id, persona, row.user or "", split_thinking(response).speech, history, rival)


def _persona(named: object, default: Persona | None, persona_of: PersonaOf) -> Persona:
    persona = persona_of(named) if isinstance(named, str) and named else default
    if persona is None:
        raise MalformedReply("no persona: name one in the line, or give --persona")
    return persona


def _training(table: Table, default: Persona | None, persona_of: PersonaOf) -> Iterator[Subject | BadLine]:
    """Replies of training data, whose ids are those of their rows, with the number of the reply from the second on."""
    names = [default.name] if default is not None else []
    replies = replies_of(table, own_names=names)
    last = {reply.row: reply.turn for reply in replies}
    for reply in replies:
        row = table.rows[reply.row - 1]
        reply_id = reply_id_of(row, reply)
        if reply.problem is not None:
            yield BadLine(id=reply_id, error=f"{reply.where}: {reply.problem}")
            continue
        try:
            persona = _persona(row.get("persona"), default, persona_of)
        except (ValueError, KikimeError) as error:
            problem = error.message if isinstance(error, KikimeError) else str(error)
            yield BadLine(id=reply_id, error=problem)
            continue
        goes_on = reply.turn < last[reply.row]
        dialogue = None if goes_on else reply_id_of(row, replace(reply, turn=1))
        yield Subject(reply_id, persona, reply.user, reply.reply, reply.history, goes_on=goes_on, dialogue=dialogue)
