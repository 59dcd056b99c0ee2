"""Replies to judge from a JSON-lines file; a malformed line becomes an error line, the others are judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import KikimeError
from kikime.harness.core.messages import Message
from kikime.judges.verdicts.subject import Subject


class MalformedReply(ValueError):
    """A line whose content cannot be judged."""


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be judged."""

    number: int
    id: Any
    problem: str

    def line(self) -> dict[str, Any]:
        """As an output line."""
        where = {"id": self.id} if self.id is not None else {"line": self.number}
        return {**where, "error": self.problem}


def read_replies(lines: Iterable[bytes], default: Persona | None) -> list[Subject | BadLine]:
    """Parse ``{"id", "response", "user"?, "history"?, "persona"?, "response_b"?}`` lines; blank ones are skipped."""
    persona_of = cache(load_persona)
    found: list[Subject | BadLine] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row: Any = None
        try:
            row = orjson.loads(line)
            found.append(_subject(row, number, default, persona_of))
        except (ValueError, KikimeError) as error:
            reply_id = row.get("id") if isinstance(row, dict) else None
            problem = error.message if isinstance(error, KikimeError) else str(error)
            found.append(BadLine(number, reply_id, problem))
    return found


def _subject(row: Any, number: int, default: Persona | None, persona_of: Any) -> Subject:
    if not isinstance(row, dict):
        raise MalformedReply("not a JSON object")
    response = row.get("response", row.get("response_a"))
    if not isinstance(response, str):
        raise MalformedReply("'response' is missing or not a string")
    rival, user = row.get("response_b"), row.get("user", "")
    if not isinstance(user, str) or not isinstance(rival, (str, type(None))):
        raise MalformedReply("'user' and 'response_b' must be strings")
    name = row.get("persona")
    if name is not None and not isinstance(name, str):
        raise MalformedReply("'persona' must be a bundled id or a card's path")
    persona = persona_of(name) if name is not None else default
    if persona is None:
        raise MalformedReply("no persona: name one in the line, or give --persona")
    reply_id = row.get("id", str(number))
    return Subject(reply_id, persona, user, response, tuple(spoken_turns(row.get("history", []))), rival)


def spoken_turns(history: Any) -> list[Message]:
    """The user's and the character's turns of a message list; system messages are left out.

    Raises:
        MalformedReply: not a list of messages.
    """
    turns: list[Message] = []
    for turn in history if isinstance(history, list) else [None]:
        if not isinstance(turn, dict) or not isinstance(turn.get("content"), str):
            raise MalformedReply("'history' must be a list of {role, content}")
        if turn.get("role") in {"user", "assistant"}:
            turns.append(Message(role=turn["role"], content=turn["content"]))
        elif turn.get("role") != "system":
            raise MalformedReply(f"'history' has the unknown role {turn.get('role')!r}")
    return turns
