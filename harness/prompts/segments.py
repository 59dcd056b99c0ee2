"""Which parts of a rendered prompt are control and which are content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase


class ContentLostError(UsageError):
    """A persona, a system text or a turn did not arrive in the prompt."""


class Segments(NamedTuple):
    """A prompt as ``controls[0] slots[0] controls[1] slots[1] … controls[-1]``."""

    controls: tuple[str, ...]
    slots: tuple[int, ...]
    """Which content follows each control, as an index into the contents that were given."""


class Marks(NamedTuple):
    """Three characters that occur in no content; they mark where a content begins and ends."""

    begin: str
    middle: str
    end: str

    def wrap(self, slot: int, content: str) -> str:
        """Mark ``content``; outer white space stays outside, where a template's ``trim`` can reach it."""
        core = content.strip()
        lead, _, trail = content.partition(core) if core else (content, "", "")
        return f"{lead}{self.begin}{slot}{self.middle}{core}{self.end}{trail}"

    def split(self, marked: str) -> tuple[Segments, tuple[str, ...]]:
        """Split a rendered text into its segments and the contents found in them."""
        pieces = re.split(f"{self.begin}([0-9]+){self.middle}(.*?){self.end}", marked, flags=re.DOTALL)
        controls = tuple(pieces[::3])
        if any(mark in control for control in controls for mark in self):
            raise ContentLostError("the chat template cuts a message apart", hint="choose a format other than 'native'")
        return Segments(controls, tuple(map(int, pieces[1::3]))), tuple(pieces[2::3])


_PRIVATE_USE = range(0xF0000, 0xFFFFD, 3)


def marks_for(contents: Sequence[str]) -> Marks:
    """Choose private-use characters that none of ``contents`` contains."""
    taken = "".join(contents)
    for code in _PRIVATE_USE:
        marks = Marks(chr(code), chr(code + 1), chr(code + 2))
        if not any(mark in taken for mark in marks):
            return marks
    raise UsageError("the messages use up every private-use character", hint="shorten them")


def check_complete(segments: Segments, roles: Sequence[str], where: str) -> None:
    """Assert that every turn is in the prompt, in order, and that the system text is somewhere.

    Raises:
        ContentLostError: something is missing or out of order.
    """
    found = set(segments.slots)
    for slot, role in enumerate(roles):
        if slot not in found:
            raise ContentLostError(
                "{where} drops {what}",
                hint="choose a format that carries it (kikime formats list)",
                where=where,
                what=Phrase(
                    "the system text (the persona)" if role == "system" else "message {number} ({role})",
                    number=slot + 1,
                    role=role,
                ),
            )
    turns = [slot for slot in segments.slots if slot < len(roles) and roles[slot] != "system"]
    if turns != sorted(turns):
        raise ContentLostError("{where} changes the order of the turns", hint="choose another format", where=where)
