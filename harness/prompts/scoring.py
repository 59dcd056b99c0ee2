"""A persona's scorer that knows the strings of every format, so that a run, ``kikime score`` and the page measure alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.format import Format, control_strings, known_formats, role_markers
from kikime.harness.prompts.sections import HEADINGS


class KnownStrings(TypedDict):
    """What a scorer has to know of the formats."""

    role_markers: tuple[str, ...]
    control_strings: tuple[str, ...]
    prose: tuple[str, ...]


def known_strings(formats: Iterable[Format] = ()) -> KnownStrings:
    """The strings of every bundled and installed format, and of ``formats``."""
    known = [*known_formats(), *formats]
    prose = dict.fromkeys(sentence for form in known for sentence in form.prose)
    return {
        "role_markers": role_markers(known),
        "control_strings": control_strings(known),
        "prose": (*HEADINGS, *prose),
    }


def scorer_of(persona: Persona, formats: Iterable[Format] = ()) -> Scorer:
    r"""The scorer of a persona's replies in whatever format, ``formats`` among them.

    >>> from kikime.harness.cards.persona import load_persona
    >>> scorer_of(load_persona("ojousama")).score("素敵ですわ\n### Instruction:")["turn_leak"]
    1
    """
    return Scorer(persona, **known_strings(formats))
