"""A character's own lines, read from people's tables or plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kikime.harness.cards.sniffing import foreign_card, is_foreign
from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.replies import FileReply, replies_of

_CARDS = frozenset({".json", ".png", ".charx", ".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class CharacterLine:
    """One line of the character."""

    reply: str
    """What the character says."""
    user: str = ""
    """What it answers; empty when unknown."""


@dataclass(frozen=True, slots=True)
class CharacterLines:
    """What a file holds of a character."""

    lines: Sequence[CharacterLine]
    unreadable: Sequence[FileReply]
    """Rows without a line that can be read."""


def read_lines(
    path: Path, *, reply: str | None = None, user: str | None = None, own_names: Iterable[str] = ()
) -> CharacterLines:
    """Read the lines of a character.

    Args:
        path: a table, a dataset or dialogues (see :func:`kikime.harness.core.tables.read_table`); any other file is text
            with one line of the character per line.
        reply: column of the character's lines; guessed from its name when None.
        user: column of the lines that it answers; guessed, and may be absent.
        own_names: what the character is called, for dialogues whose speakers have names.

    Raises:
        FileFormatError: there is nothing in the file that can be read.
        UsageError: no such file or column, a character card instead of lines, or no column is clearly the character's.
    """
    if not path.exists():
        raise UsageError("{path}: no such file", path=path)
    if path.suffix.lower() in _CARDS and is_foreign(path):
        raise foreign_card(path)
    table = read_table(path, other=".txt", wanted=[name for name in (reply, user) if name])
    if not table.records:
        raise FileFormatError(path, None, "there are no lines in it")
    found = replies_of(table, user=user, reply=reply, own_names=own_names, alone=True)
    lines = [CharacterLine(each.reply.strip(), each.user.strip()) for each in found if each.problem is None]
    bad = [each for each in found if each.problem is not None]
    if not lines:
        raise FileFormatError(path, None, "there is no line of the character in it: {problem}", problem=bad[0].problem)
    return CharacterLines(_without_instruction(lines), bad)


def _without_instruction(lines: Sequence[CharacterLine]) -> list[CharacterLine]:
    """Lines whose users' texts all begin with one and the same instruction, without it."""
    heads = {line.user.partition("\n")[0] for line in lines}
    rests = {line.user.partition("\n")[2] for line in lines}
    if len(heads) > 1 or len(rests) < 2 or "" in rests:
        return list(lines)
    return [CharacterLine(line.reply, line.user.partition("\n")[2]) for line in lines]
