"""Who has what: requests shared out among replicas, and taken back from those that are lost."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kikime.harness.core.errors import UsageError
from kikime.harness.core.request import Request

MOST_LOSSES = 3
"""So often a request, or a replica without a reply between, may be lost before it is given up."""


class Asked(NamedTuple):
    """A request, and how often a replica was lost that had it."""

    request: Request
    losses: int


@dataclass
class Place:
    """One replica: what is in flight at it, and what of that it has not been sent yet."""

    arrived: bool = False
    """Whether the cluster has found room for it."""
    window: int = 0
    """How much its engine takes; 0 until it is loaded."""
    asked: dict[str, Asked] = field(default_factory=dict)
    unsent: list[Request] = field(default_factory=list)
    losses: int = 0
    """In a row, without a reply between."""
    tokens_in_flight: int = 0

    def take(self, asked: Asked) -> None:
        """Give it a request."""
        self.asked[asked.request.key] = asked
        self.unsent.append(asked.request)

    def empty(self) -> tuple[list[Asked], list[Asked]]:
        """Take back what it has not answered: what is to be asked again, and what has been lost too often."""
        lost = [asked._replace(losses=asked.losses + 1) for asked in self.asked.values()]
        self.asked, self.unsent, self.tokens_in_flight = {}, [], 0
        again = [asked for asked in lost if asked.losses <= MOST_LOSSES]
        return again, [asked for asked in lost if asked.losses > MOST_LOSSES]


def share_out(waiting: deque[Asked], places: Sequence[Place]) -> None:
    """Give each loaded replica what it has room for, but no more than its share.

    A replica that still loads has its share kept, so that the first one does not take a small run whole.
    """
    n_arrived = sum(place.arrived for place in places)
    if not n_arrived:
        return
    share = math.ceil((len(waiting) + sum(len(place.asked) for place in places)) / n_arrived)
    while waiting:
        free = [place for place in places if len(place.asked) < min(place.window, share)]
        if not free:
            return
        min(free, key=lambda place: len(place.asked)).take(waiting.popleft())


def replica_range(given: int | str) -> tuple[int, int]:
    """The least and the largest number of replicas that ``N`` or ``MIN:MAX`` asks for.

    Raises:
        UsageError: neither of the two, or none at all.

    >>> replica_range("2:8")
    (2, 8)
    """
    least, colon, most = str(given).partition(":")
    try:
        found = int(least), int(most if colon else least)
    except ValueError:
        found = 0, 0
    if not 1 <= found[0] <= found[1]:
        raise UsageError("--replicas {given}: not N or MIN:MAX", hint="for example 4, or 1:8", given=given)
    return found


def room_for(each: float, there: Sequence[float]) -> int:
    """How many replicas that need ``each`` of something find room on machines that have so much of it."""
    return sum(int(amount // each) for amount in there)


def equal_share(n: int, there: Sequence[float]) -> int:
    """How many processors each of ``n`` replicas can have on machines with so many; at least 1.

    >>> equal_share(3, [16, 16])
    8
    """
    largest = int(max(there, default=1))
    return next((each for each in range(largest, 1, -1) if room_for(each, there) >= n), 1)
