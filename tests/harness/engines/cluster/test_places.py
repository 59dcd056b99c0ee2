"""Requests shared out among replicas, and taken back."""

from __future__ import annotations

from collections import deque

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.cluster.places import MOST_LOSSES, Asked, Place, equal_share, replica_range, share_out
from tests.support.served import request


def waiting(n):
    return deque(Asked(request(number), 0) for number in range(n))


def test_a_replica_that_still_loads_has_its_share_kept():
    first, second, left = Place(arrived=True, window=512), Place(arrived=True), waiting(100)
    share_out(left, [first, second])
    assert (len(first.asked), len(second.asked), len(left)) == (50, 0, 50)


def test_nothing_is_kept_for_a_replica_that_the_cluster_has_no_room_for():
    first, left = Place(arrived=True, window=512), waiting(100)
    share_out(left, [first, Place()])
    assert (len(first.asked), len(left)) == (100, 0)


def test_a_replica_is_given_no_more_than_its_engine_takes():
    places, left = [Place(arrived=True, window=8), Place(arrived=True, window=16)], waiting(100)
    share_out(left, places)
    assert ([len(place.asked) for place in places], len(left)) == ([8, 16], 76)


def test_requests_go_out_in_their_order_to_the_replica_with_the_least():
    places = [Place(arrived=True, window=8), Place(arrived=True, window=8)]
    share_out(waiting(6), places)
    assert [[each.key for each in place.unsent] for place in places] == [["r0", "r2", "r4"], ["r1", "r3", "r5"]]


def test_without_any_replica_all_waits():
    left = waiting(3)
    share_out(left, [Place()])
    assert len(left) == 3


def test_what_a_lost_replica_had_is_asked_again_but_not_for_ever():
    place = Place(arrived=True, window=8)
    place.take(Asked(request(0), 0))
    place.take(Asked(request(1), MOST_LOSSES))
    again, given_up = place.empty()
    assert [(asked.request.key, asked.losses) for asked in again] == [("r0", 1)]
    assert [asked.request.key for asked in given_up] == ["r1"]
    assert (place.asked, place.unsent) == ({}, [])


@pytest.mark.parametrize(("given", "found"), [(3, (3, 3)), ("3", (3, 3)), ("1:8", (1, 8)), ("2:2", (2, 2))])
def test_replicas_are_a_number_or_a_range(given, found):
    assert replica_range(given) == found


@pytest.mark.parametrize("given", ["0", "", "x", "4:2", "1:", ":3", "-1", "1:2:3", "1.5", 0])
def test_no_other_replicas(given):
    with pytest.raises(UsageError, match="not N or MIN:MAX"):
        replica_range(given)


@pytest.mark.parametrize(
    ("n", "there", "each"), [(2, [2], 1), (2, [8], 4), (3, [16, 16], 8), (4, [0, 16], 4), (8, [2], 1), (1, [], 1)]
)
def test_processors_are_shared_equally_on_machines_as_they_are(n, there, each):
    assert equal_share(n, there) == each
