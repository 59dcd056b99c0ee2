"""Whether a file is a character card of another program, told by its first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from kikime.harness.core.errors import UsageError

_BINARY = (b"\x89PNG", b"PK\x03\x04")
_KEYS = re.compile(
    rb'"(?:chara_card_v\d|first_mes|mes_example|char_greeting|char_persona)"|^(?:greeting|context)\s*:', re.MULTILINE
)
_HEAD = 1 << 16


def is_foreign(path: Path) -> bool:
    """Whether ``kikime personas import`` is what reads the file."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return head.startswith(_BINARY) or _KEYS.search(head) is not None


def foreign_card(path: Path) -> UsageError:
    """What to raise where a persona card, or the lines of a character, were expected."""
    return UsageError(
        "{path} is a character card of another program",
        hint="make a persona card of it: kikime personas import {path} -o card.yaml",
        path=path,
    )
