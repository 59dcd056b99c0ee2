"""What the runner needs of an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from kikime.harness.core.request import Reply, Request


class Engine(Protocol):
    """A queue of requests that yields replies in whatever order they finish."""

    @property
    def window(self) -> int:
        """How many requests are worth having in flight."""

    @property
    def pending(self) -> int:
        """Submitted requests whose reply has not been handed over."""

    def submit(self, request: Request) -> None:
        """Queue one request; never blocks on generation."""

    def poll(self) -> list[Reply]:
        """Work or wait a little, then hand over the replies that have finished (perhaps none).

        Raises:
            EngineFault: the engine died; what was handed over before stays valid.
        """

    def use_adapter(self, name: str, path: Path) -> None:
        """Send the following requests through the LoRA adapter in ``path``.

        Raises:
            UsageError: this engine cannot switch adapters.
        """

    def describe(self) -> dict[str, Any]:
        """Versions, arguments and hardware, as JSON-like values for the manifest."""

    def close(self) -> None:
        """Free the engine's memory and processes."""
