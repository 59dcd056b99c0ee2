"""Continuations whose log-probability answers an item: labels of in-context learning, old and new facts of a probe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from kikime.harness.core.hashing import digest
from kikime.harness.core.messages import Message, assistant, user
from kikime.harness.core.request import Candidate
from kikime.harness.prompts import Renderer
from kikime.harness.suites.task import Demonstration, Item, Task

CONTENT_FREE = "N/A"
"""The input that shows a label's prior (Zhao et al. 2021, contextual calibration, arXiv:2102.09690)."""


def demonstrations(task: Task, labels: Sequence[str], count: int, example_set: int) -> list[Message]:
    """``count`` labelled examples as turns: balanced over the classes, in an order fixed by ``example_set``."""
    rounds: dict[int, list[Demonstration]] = {}
    for demonstration in task.demonstrations:
        rounds.setdefault(demonstration.label, []).append(demonstration)
    order = Random(digest("demonstrations", [task.id, example_set]))  # noqa: S311  (a fixed order, no secret)
    for members in rounds.values():
        order.shuffle(members)
    chosen = [members[n] for n in range(max(map(len, rounds.values()), default=0)) for members in _turn(rounds, n)]
    return [message for d in chosen[:count] for message in (user(d.text), assistant(labels[d.label]))]


def _turn(rounds: dict[int, list[Demonstration]], number: int) -> Iterator[list[Demonstration]]:
    """The classes that still have an example, the first one changing from round to round."""
    classes = sorted(rounds)
    first = number % len(classes)
    for label in classes[first:] + classes[:first]:
        if number < len(rounds[label]):
            yield rounds[label]


def candidates(item: Item, messages: Sequence[Message], renderer: Renderer) -> list[Candidate]:
    """What is scored for one item; empty for an item that is answered in words."""
    if "labels" in item.expect:
        free = [*messages[:-1], user(CONTENT_FREE)]
        return [
            _candidate(f"{kind}.{number}", asked, "", label, renderer)
            for kind, asked in (("label", list(messages)), ("free", free))
            for number, label in enumerate(item.expect["labels"])
        ]
    if "probe" in item.expect:
        probe = item.expect["probe"]
        return [_candidate(name, list(messages), probe["prefix"], probe[name], renderer) for name in ("old", "new")]
    return []


def _candidate(name: str, messages: list[Message], prefix: str, text: str, renderer: Renderer) -> Candidate:
    before = renderer.render(messages, prefill=prefix or None).token_ids or []
    whole = renderer.render(messages, prefill=prefix + text).token_ids or []
    return Candidate(name, text, whole, _shared(before, whole))


def _shared(before: list[int], whole: list[int]) -> int:
    """How many tokens two prompts share at their beginning: tokens may merge across the seam."""
    for position, (left, right) in enumerate(zip(before, whole, strict=False)):
        if left != right:
            return position
    return min(len(before), len(whole))
