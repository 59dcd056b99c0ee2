"""How wide texts are, and where those break that are too wide for their place."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import east_asian_width


def shown_width(text: str, *, latin: float) -> float:
    """About how many pixels a text takes: ``latin`` for a narrow character, twice as many for a wide one."""
    return latin * sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def broken(text: str, width: float, *, latin: float = 6) -> list[str]:
    """A text as lines that are at most ``width`` pixels wide.

    >>> broken("とても長いname-of-a-model", 72)
    ['とても長いna', 'me-of-a-mode', 'l']
    """
    ends = [0]
    for at in range(1, len(text) + 1):
        if shown_width(text[ends[-1] : at], latin=latin) > width:
            ends.append(at - 1)
    return [text[start:end] for start, end in pairwise([*ends, len(text)])]
