"""Whether the verifiers of a bank tell apart the replies by hand that its items carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kikime.harness.cards.persona import Persona
from kikime.harness.metrics import Measured, Scorer
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.suites.task import Item, Task

ENOUGH = 3
"""Right and wrong replies that an item with a verifier should have, each."""


@dataclass(frozen=True, slots=True)
class Misjudged:
    """A reply that the verifier of its item gets wrong."""

    item: str
    """Id of the item."""
    persona: str
    """Whose reply it is."""
    reply: str
    """The reply."""
    expected: Literal["right", "wrong"]
    """What its author says of it."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a bank's own replies say about its verifiers."""

    task: str
    """Id of the task."""
    items: int
    """Items with a verifier."""
    replies: int
    """Replies that were measured."""
    misjudged: tuple[Misjudged, ...]
    """Replies that a verifier gets wrong."""
    too_few: tuple[str, ...]
    """Items with a verifier that have fewer than three right or three wrong replies."""

    @property
    def ok(self) -> bool:
        """Whether every verifier has enough replies and judges all of them as their author does."""
        return not self.misjudged and not self.too_few


def check_probes(task: Task, personas: Sequence[Persona]) -> ProbeReport:
    """Measure the probes of every item of ``task`` that has a verifier, as replies of the personas that are asked it."""
    misjudged: list[Misjudged] = []
    items: dict[tuple[str, str], Item] = {}
    replies = 0
    for persona in personas:
        scorer = scorer_of(persona)
        for item in task.items_for(persona):
            owner = persona.id if task.items_from else ""
            if (owner, item.id) in items or not has_verifier(item):
                continue
            items[owner, item.id] = item
            replies += len(item.probes.right) + len(item.probes.wrong)
            misjudged += _misjudged(task, item, persona, scorer)
    too_few = (
        f"{item_id} ({owner})" if owner else item_id
        for (owner, item_id), item in items.items()
        if min(len(item.probes.right), len(item.probes.wrong)) < ENOUGH
    )
    return ProbeReport(task.id, len(items), replies, tuple(misjudged), tuple(too_few))


def has_verifier(item: Item) -> bool:
    """Whether a reply to the item can be right or wrong by rule."""
    expects = (item.expect, *item.expects.values())
    return bool(item.keeps) or any(
        {"answers", "abstain", "request", "constraints"} & expect.keys() for expect in expects
    )


def _misjudged(task: Task, item: Item, persona: Persona, scorer: Scorer) -> Iterator[Misjudged]:
    """Probes are replies to the last turn that has a check of its own, else to the first."""
    turn = max((*item.expects, *item.keeps), default=1) - 1
    expect = {**task.expect_at(item, turn, persona), **item.kept_expect(turn, [item.probes.told] * turn)}
    for expected, replies in (("right", item.probes.right), ("wrong", item.probes.wrong)):
        for reply in replies:
            measured = scorer.score(reply, user=item.script[turn - 1] if turn else item.user, expect=expect)
            if is_right(measured) != (expected == "right"):
                yield Misjudged(item.id, persona.id, reply, "right" if expected == "right" else "wrong")


def is_right(measured: Measured) -> bool:
    """Whether measured values say that a reply did what its item asks for.

    >>> is_right({"fact_correct": 1}), is_right({"complied": 1, "declined": 0}), is_right({"over_refusal": 0})
    (True, False, True)
    """
    if measured.get("over_refusal") is not None:
        return not measured["over_refusal"]
    named = {"fact_correct", "constraint_ok"} & measured.keys()
    if named:
        return all(measured[name] for name in named)
    if "complied" in measured:
        return bool(measured["declined"])
    return bool(measured.get("abstained"))
