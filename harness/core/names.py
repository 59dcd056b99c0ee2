"""The nearest known name to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'X'?)`` with the nearest known name, or nothing where none is near.

    >>> did_you_mean("quik", ["quick", "full"]), did_you_mean("zzz", ["quick", "full"])
    (" (did you mean 'quick'?)", '')
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""
