"""A persona's scorer that knows the strings of every format, so that a run, ``kikime score`` and the page measure alike."""

from __future__ import annotations

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.markers import all_control_strings, all_role_markers


def scorer_of(persona: Persona) -> Scorer:
    r"""The scorer of a persona's replies in whatever format.

    >>> from kikime.harness.cards.persona import load_persona
    >>> scorer_of(load_persona("ojousama")).score("素敵ですわ\n### Instruction:")["turn_leak"]
    1
    """
    return Scorer(persona, role_markers=all_role_markers(), control_strings=all_control_strings())
