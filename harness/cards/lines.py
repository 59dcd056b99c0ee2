"""A character's own lines, read from CSV, TSV, JSON lines or plain text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from kikime.harness.core.errors import EnvironmentFault, FileFormatError, UsageError

_REPLY_NAMES = (
    "reply",
    "response",
    "completion",
    "output",
    "answer",
    "assistant",
    "target",
    "text",
    "返答",
    "応答",
    "回答",
    "台詞",
    "セリフ",
    "せりふ",
    "出力",
)
_USER_NAMES = ("user", "prompt", "question", "input", "instruction", "質問", "発話", "ユーザー", "入力")


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
        path: ``.csv``, ``.tsv``, ``.jsonl`` or ``.json`` (objects, or OpenAI-style ``messages``); any other file is
            text with one line of the character per line. UTF-8 or CP932.
        reply: column of the character's lines; guessed from its name when None.
        user: column of the lines that it answers; guessed, and may be absent.

    Raises:
        FileFormatError: the file or one of its rows is wrong.
        UsageError: no such column, or no column is clearly the character's.
    """
    text = _read(path)
    kind = path.suffix.lower()
    if kind in {".csv", ".tsv"}:
        rows: list[Mapping[str, Any]] = list(_table(path, text, "\t" if kind == ".tsv" else ","))
    elif kind in {".jsonl", ".json", ".ndjson"}:
        rows = [_exchange(row) for row in _objects(path, text, lines=kind != ".json")]
    else:
        rows = [{"reply": line} for line in text.splitlines()]
        reply, user = "reply", None
    if not rows:
        raise FileFormatError(path, None, "there are no lines in it")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    reply_column = _column(reply, columns, _REPLY_NAMES, "--reply")
    others = [column for column in columns if column != reply_column]
    user_column = (
        _column(user, others, _USER_NAMES, "--user") if user or any(_named(c, _USER_NAMES) for c in others) else ""
    )
    found = [CharacterLine(_cell(row, reply_column), _cell(row, user_column)) for row in rows]
    found = [line for line in found if line.reply]
    if not found:
        raise FileFormatError(path, None, f"column '{reply_column}' has no text in it")
    return found


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder", hint="give a file of the character's lines") from None
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error.strerror}") from None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileFormatError(path, None, "neither UTF-8 nor CP932 text", hint="save the file as UTF-8")


def _table(path: Path, text: str, delimiter: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if None in row:
                raise FileFormatError(
                    path, reader.line_num, f"more cells than the {len(reader.fieldnames or [])} columns"
                )
            yield row
    except csv.Error as error:
        raise FileFormatError(path, reader.line_num, f"not valid CSV: {error}") from None


def _objects(path: Path, text: str, *, lines: bool) -> list[dict[str, Any]]:
    if not lines:
        value = _json(path, text, None)
        values = list(enumerate(value, 1)) if isinstance(value, list) else [(1, value)]
    else:
        values = [(n, _json(path, line, n)) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    for number, item in values:
        if not isinstance(item, dict):
            raise FileFormatError(path, number, "not a JSON object")
    return [item for _, item in values]


def _json(path: Path, text: str, line: int | None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FileFormatError(path, line or error.lineno, f"not valid JSON: {error.msg}") from None


def _exchange(row: dict[str, Any]) -> dict[str, Any]:
    """The last exchange of an object with OpenAI-style ``messages``; any other object as it is."""
    messages = row.get("messages")
    if not isinstance(messages, list):
        return row
    said = {m["role"]: m["content"] for m in messages if isinstance(m, dict) and {"role", "content"} <= m.keys()}
    return {"reply": said.get("assistant"), "user": said.get("user")}


def _column(wanted: str | None, columns: Sequence[str], names: Sequence[str], flag: str) -> str:
    if wanted is not None:
        if wanted not in columns:
            raise UsageError(f"no column '{wanted}'", hint=f"columns: {', '.join(columns)}")
        return wanted
    named = [column for name in names for column in columns if _named(column, (name,))]
    if named:
        return named[0]
    if len(columns) == 1:
        return columns[0]
    raise UsageError("which column holds the character's lines?", hint=f"{flag} COLUMN, one of: {', '.join(columns)}")


def _named(column: str, names: Sequence[str]) -> bool:
    return column.strip().casefold() in names


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column) if column else None
    return value.strip() if isinstance(value, str) else ""
