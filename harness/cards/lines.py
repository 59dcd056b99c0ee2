"""A character's own lines, read from people's tables or plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.files.tables import REPLY_NAMES, USER_NAMES, Row, named, read_table, read_text

_TABLES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"})


@dataclass(frozen=True, slots=True)
class CharacterLine:
    """One line of the character."""

    reply: str
    """What the character says."""
    user: str = ""
    """What it answers; empty when unknown."""


def read_lines(path: Path, *, reply: str | None = None, user: str | None = None) -> list[CharacterLine]:
    """Read the lines of a character; empty ones are left out.

    Args:
        path: a table (see :func:`kikime.harness.core.files.tables.read_table`) of columns or of OpenAI-style ``messages``; any
            other file is text with one line of the character per line.
        reply: column of the character's lines; guessed from its name when None.
        user: column of the lines that it answers; guessed, and may be absent.

    Raises:
        FileFormatError: the file or one of its rows is wrong.
        UsageError: no such file or column, or no column is clearly the character's.
    """
    if path.is_dir():
        raise UsageError("{path} is a folder", hint="give a file of the character's lines", path=path)
    if not path.exists():
        raise UsageError("{path}: no such file", path=path)
    if path.suffix.lower() in _TABLES:
        rows = [_exchange(row) for row in read_table(path, lenient=True).rows]
    else:
        rows = [{"reply": line} for line in read_text(path).content.splitlines()]
        reply, user = "reply", None
    if not rows:
        raise FileFormatError(path, None, "there are no lines in it")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    reply_column = _reply_column(reply, columns)
    others = [column for column in columns if column != reply_column]
    user_column = _known(user, others) if user else named(others, USER_NAMES)
    found = [CharacterLine(_cell(row, reply_column), _cell(row, user_column)) for row in rows]
    found = [line for line in found if line.reply]
    if not found:
        raise FileFormatError(path, None, "column '{column}' has no text in it", column=reply_column)
    return found


def _exchange(row: Row) -> Row:
    """The last exchange of an object with OpenAI-style ``messages``; any other object as it is."""
    messages = row.get("messages")
    if not isinstance(messages, list):
        return row
    said = {m["role"]: m["content"] for m in messages if isinstance(m, Mapping) and {"role", "content"} <= m.keys()}
    return {"reply": said.get("assistant"), "user": said.get("user")}


def _reply_column(wanted: str | None, columns: Sequence[str]) -> str:
    if wanted is not None:
        return _known(wanted, columns)
    found = named(columns, REPLY_NAMES) or (columns[0] if len(columns) == 1 else None)
    if found is None:
        raise UsageError(
            "which column holds the character's lines?",
            hint="--reply COLUMN, one of: {columns}",
            columns=", ".join(columns),
        )
    return found


def _known(wanted: str, columns: Sequence[str]) -> str:
    if wanted not in columns:
        raise UsageError("no column '{wanted}'", hint="columns: {columns}", wanted=wanted, columns=", ".join(columns))
    return wanted


def _cell(row: Row, column: str | None) -> str:
    value = row.get(column) if column else None
    return value.strip() if isinstance(value, str) else ""
