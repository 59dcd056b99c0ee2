"""Conversations of the grid: persona, shots, history and the user's turn as messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from kikime.harness.cards.persona import Example, Persona
from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.core.hashing import digest
from kikime.harness.core.messages import Message
from kikime.harness.prompts.sections import example_dialogue, system_text

ShotStyle = Literal["turns", "text"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages for a renderer, with what the metrics want to know about them."""

    messages: tuple[Message, ...]
    examples: tuple[str, ...]
    """Replies of the shots, for the copy metric."""
    system: str


def build_messages(
    persona: Persona,
    *,
    user: str,
    history: Sequence[Message] = (),
    shots: int = 0,
    example_set: int = 0,
    shot_style: ShotStyle = "turns",
    instruction: str = "",
    style: bool = True,
    length: bool = True,
    bare_system: bool = False,
) -> Conversation:
    """Put a conversation together: system, shots as turns (or inside the system text), history, the user's turn.

    The shots are the first ``shots`` of the persona's examples in an order fixed by (persona, ``example_set``), so one
    shot is the beginning of three. ``length=False``
    leaves the card's length to the instruction. ``bare_system`` leaves the persona out: the system text is the instruction alone.

    Raises:
        UsageError: the persona has fewer examples than ``shots``.
    """
    chosen = _shots(persona, shots, example_set)
    in_text = chosen if shot_style == "text" else ()
    system = _system(persona, instruction, in_text, style=style, length=length, bare=bare_system)
    messages = [chat.system(system)] if system else []
    if shot_style == "turns":
        for example in chosen:
            messages += [chat.user(example.user), chat.assistant(example.reply)]
    messages += [*history, chat.user(user)]
    return Conversation(tuple(messages), tuple(example.reply for example in chosen), system)


def _shots(persona: Persona, shots: int, example_set: int) -> tuple[Example, ...]:
    if shots > len(persona.examples):
        raise UsageError(
            "persona '{persona}' has {n} {n:example|examples}, {shots} {shots:shot was|shots were} asked for",
            hint="add examples to the card, or ask for fewer shots",
            persona=persona.id,
            n=len(persona.examples),
            shots=shots,
        )
    return _order(persona, example_set)[:shots] if shots > 0 else ()


@lru_cache(maxsize=256)
def _order(persona: Persona, example_set: int) -> tuple[Example, ...]:
    def rank(example: Example) -> str:
        return digest("shot", [persona.id, example_set, example.user, example.reply])

    return tuple(sorted(persona.examples, key=rank))


@lru_cache(maxsize=512)
def _system(
    persona: Persona, instruction: str, examples: tuple[Example, ...], *, style: bool, length: bool, bare: bool
) -> str:
    if not bare:
        return system_text(persona, instruction=instruction, style=style, length=length, examples=examples)
    return "\n".join(filter(None, [example_dialogue(persona, examples), instruction]))
