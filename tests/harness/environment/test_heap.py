"""The garbage collector is only kept off what lives as long as the run, and comes back."""

from __future__ import annotations

import gc

import pytest

from kikime.harness.environment.heap import collector_paused, heap_frozen, heap_rarely_walked


def test_nothing_is_collected_while_paused() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_comes_back_after_an_error() -> None:
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_frozen_heap_thaws() -> None:
    with heap_frozen():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_a_heap_is_walked_less_often_and_then_as_before() -> None:
    former = gc.get_threshold()
    with heap_rarely_walked():
        assert gc.get_threshold()[0] == 50 * former[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == former
    assert gc.get_freeze_count() == 0
