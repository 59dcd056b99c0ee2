"""What a workflow tells while it works; the command line words it, a notebook may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kikime.harness.core.request import Reply, Request

if TYPE_CHECKING:
    from kikime.harness.plan.prepare import Prepared
    from kikime.workflows.loaded import Run


class Listener:
    """Hears how a workflow goes on; this one is deaf. Override what you want to hear."""

    def tell(self, code: str, **values: str | float) -> None:
        """A remark: key of its sentence under ``cli.notes`` in the catalogue, and what fills the sentence."""

    def say(self, text: str) -> None:
        """A remark that is worded already."""

    def planned(self, prepared: Prepared, seconds: tuple[float, float]) -> None:
        """A plan is ready; ``seconds`` is a low and a high guess of how long it takes."""

    def begin(self, total: int, stored: int) -> None:
        """A run begins, of whose ``total`` replies ``stored`` are there already."""

    def stage(self, name: str) -> None:
        """What begins now: ``load``, ``generate``, ``tables`` or ``judge``."""

    def reply(self, request: Request, reply: Reply) -> None:
        """A reply is finished."""

    def step(self, tokens_in_flight: int) -> None:
        """The engine works; it has generated so many tokens of replies that have not finished. About once per second."""

    def end(self) -> None:
        """The run has ended, in whatever way."""

    def finished(self, run: Run) -> None:
        """One of several runs is complete; of a sweep or of a training run that is watched."""


SILENT = Listener()
