"""Python's garbage collector, kept from walking again and again through what an engine's import leaves behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Collect nothing while objects are made that live as long as the run."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def heap_frozen() -> Iterator[None]:
    """Leave everything that exists out of the collections inside."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def heap_rarely_walked() -> Iterator[None]:
    """Leave everything that exists out of the collections inside, and collect a fiftieth as often as usual."""
    former = gc.get_threshold()
    gc.set_threshold(50 * former[0], *former[1:])
    try:
        with heap_frozen():
            yield
    finally:
        gc.set_threshold(*former)
