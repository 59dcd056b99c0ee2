"""Life signs of a command that has nothing to print yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

from kikime.cli.language import words
from kikime.cli.output import note
from kikime.cli.progress import duration

_FIRST_SECONDS = 4.0
_EVERY_SECONDS = 15.0


@contextmanager
def life_signs(code: str, **values: str) -> Iterator[Callable[[], None]]:
    """Say on stderr what is being done where it takes longer than a moment, and again now and then.

    What comes with ``as`` ends the signs before the block does: for what has something else to tell from then on.

    Args:
        code: key of the sentence under ``cli.waiting`` in the catalogue; it gets ``time``, how long it has taken.
        values: what else fills the sentence.
    """
    say, started, done = words(), time.monotonic(), threading.Event()

    def speak() -> None:
        pause = _FIRST_SECONDS
        while not done.wait(pause):
            note(say(f"cli.waiting.{code}", time=duration(time.monotonic() - started), **values))
            pause = _EVERY_SECONDS

    speaker = threading.Thread(target=copy_context().run, args=(speak,), name="kikime-life-signs", daemon=True)

    def end() -> None:
        done.set()
        speaker.join()

    speaker.start()
    try:
        yield end
    finally:
        end()
