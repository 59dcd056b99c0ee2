"""What the runner needs of an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from kikime.harness.core.reasons import Reason
from kikime.harness.core.request import Reply, Request
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions


class Engine(Protocol):
    """A queue of requests that yields replies in whatever order they finish."""

    @property
    def window(self) -> int:
        """How many requests are worth having in flight."""

    def submit(self, request: Request) -> None:
        """Queue one request; never blocks on generation."""

    def poll(self) -> list[Reply]:
        """Work or wait a little, then hand over the replies that have finished (perhaps none).

        Raises:
            EngineFault: the engine died; what was handed over before stays valid.
        """

    def describe(self) -> dict[str, object]:
        """Versions, arguments and hardware, as JSON-like values for the manifest."""

    def close(self) -> None:
        """Free the engine's memory and processes."""


@runtime_checkable
class SwitchesAdapters(Protocol):
    """An engine that can change its LoRA adapter without loading anew."""

    def use_adapter(self, name: str, path: Path) -> None:
        """Send the following requests through the LoRA adapter in ``path``."""


@runtime_checkable
class CountsTokens(Protocol):
    """An engine that knows how far its unfinished replies are."""

    def tokens_in_flight(self) -> int:
        """How many tokens it has generated of the replies that have not finished."""


@runtime_checkable
class TellsNotes(Protocol):
    """An engine that could not ask all as it was planned."""

    @property
    def notes(self) -> list[Reason]:
        """What was changed of the requests, and why, once each."""


def _anything(checkpoint: Checkpoint, options: EngineOptions) -> None:
    """Refuse nothing."""


@dataclass(frozen=True)
class EngineKind:
    """An engine that ``--engine`` can name."""

    load: Callable[[Checkpoint, EngineOptions], Engine]
    """Loads a checkpoint; raises an :class:`~kikime.harness.core.errors.EngineFault` where that fails."""
    check: Callable[[Checkpoint, EngineOptions], None] = _anything
    """Refuses options that it cannot use with a checkpoint, before anything is planned, by a ``UsageError``."""
