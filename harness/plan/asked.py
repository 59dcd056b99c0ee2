"""A reply that exists already, as the reply to an item: what its task, item and format say of it."""

from __future__ import annotations

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.metrics import METRICS
from kikime.harness.metrics.jsonlines import Asked
from kikime.harness.prompts import load_format
from kikime.harness.prompts.conversation import build_messages
from kikime.harness.suites.task import Item, Task, load_task


def asked(task: str | None, item: str | None, form: str | None, persona: Persona, turn: int | None = None) -> Asked:
    """What is asked of a reply by its task's id, its item's and its format's.

    ``turn`` of a script counts from 0; None is the last line whose reply is checked, else the first line.
    The history of a later turn is the item's and the user's lines so far: what the model said there, only the line itself can
    tell. A task without an item gives its metrics and, where none of its questions has an answer, the expectation of that.

    Raises:
        UsageError: no such task, item, format or turn.

    >>> from kikime.harness.cards.persona import load_persona
    >>> found = asked("persona_facts", "name.0", None, load_persona("ojousama"))
    >>> found.user, found.expect["answers"][0]
    ('あなたの名前はなんですか？', '小野寺絢音')
    """
    prose = load_format(form).prose if form else ()
    if task is None:
        return Asked(prose=prose)
    bank = load_task(task)
    own = [METRICS[name] for name in bank.metrics if name not in METRICS.bundled]
    if item is None:
        expect = {"abstain": True} if _answerless(bank, persona) else {}
        system = _system(bank, None, persona)
        return Asked(system=system, expect=expect, prose=prose, own=own, kept=bank.kept)
    found = bank.item(item, persona)
    lines = (found.user, *found.script)
    turn = found.checked_turn(persona) if turn is None else turn
    if turn >= len(lines):
        raise UsageError("item '{item}' has no turn {turn}", item=item, turn=turn)
    return Asked(
        user=lines[turn],
        history=[
            *(Message(role=before.role, content=before.content) for before in found.history),
            *(Message(role="user", content=before) for before in lines[:turn]),
        ],
        system=_system(bank, found, persona),
        expect=bank.expect_at(found, turn, persona),
        prose=prose,
        own=own,
        kept=bank.kept,
    )


def _system(task: Task, item: Item | None, persona: Persona) -> str:
    instruction = task.instruction + (item.instruction if item else "")
    if item:
        texts = [*(turn.content for turn in item.history), item.user]
        lore = item.lore(persona, texts, bare=task.bare)
        instruction = "\n".join(part for part in (lore, instruction) if part)
    free = task.length is not None
    return build_messages(persona, user="", instruction=instruction, length=not free, bare_system=task.bare).system


def _answerless(bank: Task, persona: Persona) -> bool:
    items = bank.items_for(persona)
    return any("abstain" in item.expect for item in items) and not any("answers" in item.expect for item in items)
