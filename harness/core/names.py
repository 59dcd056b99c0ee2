"""The nearest known names to a mistyped one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from kikime.harness.core.reasons import Phrase

_CUTOFF = 0.5


def nearest(name: str, known: Iterable[str], *, n: int = 3) -> list[str]:
    """At most ``n`` known names that are near, the nearest first.

    >>> nearest("quik", ["quick", "full"])
    ['quick']
    """
    return get_close_matches(name, list(known), n=n, cutoff=_CUTOFF)


def id_of(title: str) -> str:
    """A title as an id is written.

    >>> id_of("Appropriateness of Turn-Taking")
    'appropriateness_of_turn_taking'
    """
    return re.sub(r"[\s-]+", "_", title.strip().casefold())


def one_of(names: Iterable[str]) -> str:
    """Names to choose from.

    >>> one_of(["quick", "full", "icl"])
    'quick or full or icl'
    """
    first, *others = names
    chosen = first
    for other in others:
        chosen = Phrase("{names} or {name}", names=chosen, name=other)
    return chosen


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'X'?)`` with the nearest known name, or nothing where none is near.

    >>> did_you_mean("quik", ["quick", "full"]), did_you_mean("zzz", ["quick", "full"])
    (" (did you mean 'quick'?)", '')
    """
    near = nearest(name, known, n=1)
    return Phrase(" (did you mean '{name}'?)", name=near[0]) if near else ""


def or_known(name: str, known: Iterable[str]) -> str:
    """As :func:`did_you_mean`; where no name is near, all known ones.

    >>> or_known("quik", ["quick", "full"]), or_known("zzz", ["quick", "full"])
    (" (did you mean 'quick'?)", ' (known: quick, full)')
    """
    names = list(known)
    return did_you_mean(name, names) or Phrase(" (known: {names})", names=", ".join(names))
