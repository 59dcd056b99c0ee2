"""Why something is so, as a code with values; :mod:`kikime.harness.words.catalogue` has the sentence of each code."""

from __future__ import annotations

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One reason or note; worded at the edge, in the reader's language."""

    code: str
    """Key of its sentence under ``reasons`` in the catalogue."""
    values: dict[str, str | int | float] = {}
    """What the sentence's placeholders stand for."""
