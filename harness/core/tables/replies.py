"""The one reader of people's replies: whatever a row looks like, every reply of the character in it with what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message, assistant, user
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.tables.names import (
    DIALOGUE_NAMES,
    GROUP_NAMES,
    HISTORY_NAMES,
    REPLY_NAMES,
    SAID_NAMES,
    SPEAKER_NAMES,
    USER_NAMES,
    named,
    role_of,
)
from kikime.harness.core.tables.table import Row, Table
from kikime.harness.core.tables.turns import (
    CALL,
    Turn,
    is_dialogue,
    messages,
    others_talk_to_it,
    speaker_of,
    text_of,
    turns_of,
)


@dataclass(frozen=True, slots=True)
class FileReply:
    """One reply of the character in a file, or a row that holds none that can be read."""

    row: int
    """Number of the row in the file, from 1."""
    where: str
    """File and line, for messages."""
    reply: str = ""
    user: str = ""
    """What it answers; empty where the character speaks first, or nobody knows."""
    history: tuple[Message, ...] = ()
    """The dialogue before ``user``."""
    turn: int = 1
    """Which of the row's replies it is, from 1."""
    problem: Phrase | None = None
    """Why there is no reply to read; None where there is one."""

    @property
    def status(self) -> str:
        """``ok`` or ``unreadable``."""
        return "ok" if self.problem is None else "unreadable"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table has its replies."""

    user: tuple[str, ...] = ()
    """Columns of the user's line; the texts of several are joined (Alpaca's ``instruction`` and ``input``)."""
    reply: str | None = None
    dialogue: str | None = None
    """A column of whole dialogues, instead of both; ``reply`` may hold its last reply."""
    history: str | None = None
    """A column of the dialogue before."""


def replies_of(
    table: Table,
    *,
    user: str | None = None,
    reply: str | None = None,
    own_names: Iterable[str] = (),
    alone: bool = False,
) -> list[FileReply]:
    """Every reply of the character in a table, in its order, and one entry with a ``problem`` for each row without any.

    Args:
        table: what :func:`kikime.harness.core.tables.read_table` read.
        user: column of the user's line; by its name otherwise.
        reply: column of the character's line, likewise.
        own_names: what the character is called, for dialogues whose speakers have names.
        alone: whether the character's lines are enough, where no column looks like the user's.

    Raises:
        UsageError: no such column, or nothing in the table looks like a reply.
    """
    names = tuple(own_names)
    if user is None and reply is None and (groups := _dialogues_of_rows(table, names)):
        return [found for group in groups for found in _of_rows(table, group, names)]
    columns = find_columns(table, user, reply, alone=alone)
    return [found for index in range(len(table.records)) for found in _of_record(table, index, columns, names)]


def find_columns(table: Table, user: str | None = None, reply: str | None = None, *, alone: bool = False) -> Columns:
    """The columns named by the caller, or those with the usual names; a reply ``alone`` is enough, or needs its user's line.

    Raises:
        UsageError: a named column is missing, or nothing looks like a reply.
    """
    there = table.columns
    if user is not None and user == reply:
        raise UsageError("column '{column}' cannot hold both the user's line and the reply", column=reply)
    for name in (user, reply):
        if name is not None and name not in there:
            raise UsageError(
                "{path} has no column '{name}'",
                hint="there are: {columns}",
                path=table.path,
                name=name,
                columns=", ".join(there),
            )
    found = _guessed(there, user, reply, alone=alone) if table.headed else _by_position(table, user, reply)
    if found is None and alone:
        raise UsageError(
            "{path}: which column holds the character's lines?",
            hint="--reply COLUMN, one of: {columns}",
            path=table.path,
            columns=", ".join(there),
        )
    if found is None:
        raise UsageError(
            "{path}: which columns hold the user's line and the reply?",
            hint="give --user-column and --reply-column; there are: {columns}",
            path=table.path,
            columns=", ".join(there),
        )
    return found


def _guessed(there: Sequence[str], user: str | None, reply: str | None, *, alone: bool = False) -> Columns | None:
    whole = DIALOGUE_NAMES if named(there, REPLY_NAMES) else (*DIALOGUE_NAMES, "conversation_history")
    if user is None and reply is None and (dialogue := named(there, whole)):
        return Columns(reply=named(there, ("chosen",)), dialogue=dialogue)
    chosen = reply or named([name for name in there if name != user], REPLY_NAMES)
    if chosen is None and len(there) == 1:
        chosen = there[0]
    rest = [name for name in there if name != chosen]
    asked = (user,) if user else _asked(rest)
    if chosen is None or not (asked or alone or len(there) == 1):
        return None
    return Columns(asked, chosen, history=named(rest, HISTORY_NAMES))


def _asked(columns: Sequence[str]) -> tuple[str, ...]:
    alpaca = named(columns, ("instruction",)), named(columns, ("input",))
    if all(alpaca):
        return tuple(filter(None, alpaca))
    found = named(columns, USER_NAMES)
    return (found,) if found else ()


def _by_position(table: Table, user: str | None, reply: str | None) -> Columns | None:
    """Of a table without names: its one column of text is the reply, of two the first is the user's line."""
    texts = [name for name in table.columns if any(_is_prose(row.get(name)) for row in table.rows[:50])]
    chosen = reply or (texts[-1] if len(texts) in {1, 2} else None)
    asked = user or next((name for name in texts if name != chosen), None)
    if chosen is None or (asked is not None and len(texts) > 2 and not user):
        return None
    return Columns((asked,) if asked else (), chosen)


def _is_prose(cell: object) -> bool:
    return isinstance(cell, str) and any(char.isalpha() for char in cell) and not cell.isascii()


def _of_record(table: Table, index: int, columns: Columns, own_names: Sequence[str]) -> Iterator[FileReply]:
    record, where = table.records[index], table.where(index)
    if record.problem is not None:
        yield FileReply(index + 1, where, problem=record.problem)
        return
    yield from replies_of_row(record.row, index + 1, where, columns, own_names)


def replies_of_row(
    row: Row, number: int, where: str, columns: Columns | None = None, own_names: Sequence[str] = ()
) -> list[FileReply]:
    """The replies of one row, or one entry that says why there are none.

    Args:
        row: its values by column.
        number: its number in the file.
        where: file and line.
        columns: where its replies are; by their usual names otherwise.
        own_names: what the character is called.
    """
    columns = columns or _guessed(list(row), None, None)
    if columns is None:
        return [
            FileReply(
                number,
                where,
                problem=Phrase("no reply that is known by its name; there are: {columns}", columns=", ".join(row)),
            )
        ]
    turns, problem = _turns(row, columns, own_names)
    found = list(_spoken(turns, number, where))
    if problem is None and turns and turns[-1].role == "user" and columns.dialogue:
        problem = Phrase("it ends with the user's line, without a reply")
    if problem is None and not found:
        calls = turns and turns[-1] is CALL
        problem = (
            Phrase("a tool is called and nothing is said") if calls else Phrase("there is no text of a reply in it")
        )
    return found if problem is None else [*found, FileReply(number, where, turn=len(found) + 1, problem=problem)]


def _spoken(turns: Sequence[Turn], number: int, where: str) -> Iterator[FileReply]:
    count = 0
    for position, turn in enumerate(turns):
        if turn.role != "assistant":
            continue
        count += 1
        answers = position > 0 and turns[position - 1].role == "user"
        yield FileReply(
            number,
            where,
            turn.said,
            turns[position - 1].text if answers else "",
            messages(turns[: position - 1] if answers else turns[:position]),
            count,
            turn.problem,
        )


def _turns(row: Row, columns: Columns, own_names: Sequence[str]) -> tuple[list[Turn], Phrase | None]:
    if columns.dialogue is not None:
        turns, problem = turns_of(row.get(columns.dialogue), own_names)
        if columns.reply is not None and turns and turns[-1].role == "user":
            turns += _cell(row, (columns.reply,), "assistant", own_names)[0]
        return turns, problem
    before: list[Turn] = []
    if columns.history is not None and is_dialogue(row.get(columns.history)):
        before, _ = turns_of(row[columns.history], own_names)
    for part in (
        _cell(row, columns.user, "user", own_names),
        _cell(row, (columns.reply or "",), "assistant", own_names),
    ):
        turns, problem = part
        if problem is not None:
            return [], problem
        before += turns
    return before, None


def _cell(row: Row, names: Sequence[str], role: str, own_names: Sequence[str]) -> tuple[list[Turn], Phrase | None]:
    """The turns of one side's columns: a text, or messages as preference data has them."""
    values = [row.get(name) for name in names]
    if len(values) == 1 and _is_messages(values[0]):
        return turns_of(values[0], own_names)
    texts = [text for value in values if not _is_listing(value) and (text := text_of(value)) is not None]
    return [Turn(role, "\n".join(texts))] if texts else [], None


def _is_listing(value: object) -> bool:
    """Whether a cell is a list of plain texts, of which nobody knows what they are."""
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_messages(value: object) -> bool:
    entries = value if isinstance(value, list) else [value]
    return any(isinstance(entry, Mapping) and named(list(map(str, entry)), SPEAKER_NAMES) for entry in entries)


def _dialogues_of_rows(table: Table, own_names: Sequence[str]) -> list[list[int]]:
    """Rows that are turns of dialogues (chat logs, corpora of utterances), by dialogue; nothing for any other table."""
    there = table.columns
    flagged = "is_user" in there and "mes" in there
    speaker, said = named(there, SPEAKER_NAMES), named(there, SAID_NAMES)
    if not flagged:
        if speaker is None or said is None or named([c for c in there if c != said], REPLY_NAMES):
            return []
        roles = {role_of(str(row.get(speaker)), own_names) for row in table.rows}
        if not {"user", "assistant"} <= roles and not ("assistant" in roles and None in roles):
            return []
    group = named(there, GROUP_NAMES)
    groups: dict[object, list[int]] = {}
    for index, record in enumerate(table.records):
        if record.problem is not None or not flagged or "mes" in record.row:
            groups.setdefault(str(record.row.get(group)) if group else None, []).append(index)
    return list(groups.values())


def _of_rows(table: Table, group: Sequence[int], own_names: Sequence[str]) -> Iterator[FileReply]:
    """The replies of a dialogue whose turns are rows; each is one of the row that holds it."""
    readable = [index for index in group if table.records[index].problem is None]
    for index in group:
        if (problem := table.records[index].problem) is not None:
            yield FileReply(index + 1, table.where(index), problem=problem)
    before: list[Message] = []
    asked = ""
    others_are_users = others_talk_to_it([speaker_of(table.records[index].row) for index in readable], own_names)
    for index in readable:
        turns, problem = turns_of([table.records[index].row], own_names, others_are_users=others_are_users)
        if problem is not None:
            yield FileReply(index + 1, table.where(index), problem=problem)
        for turn in turns:
            if turn.role == "user":
                asked = f"{asked}\n{turn.text}" if asked else turn.text
                continue
            yield FileReply(index + 1, table.where(index), turn.said, asked, tuple(before), problem=turn.problem)
            before += [*([user(asked)] if asked else []), *([assistant(turn.said)] if turn.said else [])]
            asked = ""


def reply_id_of(row: Row, reply: FileReply) -> str | int:
    """The id of a reply in a file of training data: its row's own id or number, and its turn from the second on."""
    own = row.get("id")
    first = own if isinstance(own, str | int) and not isinstance(own, bool) else reply.row
    return first if reply.turn == 1 else f"{first}.{reply.turn}"


def is_readable(row: Row) -> bool:
    """Whether a row's columns have names that tell where its reply is."""
    return _guessed(list(row), None, None, alone=True) is not None
