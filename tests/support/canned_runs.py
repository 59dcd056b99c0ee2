"""Runs by the real runner with made-up replies, so that the right reading of a report is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kikime.harness.core.request import Reply, Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import execute, start_run
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from tests.support.canned import Answer, Canned

MayFail = Callable[[Request], str | list[float] | None]
FORM = [
    {"id": name, "contexts": ["none", "relevant"], "limit": 6}
    for name in ("form_facts", "form_facts_cloze", "rag_relevant")
]
"""Tasks of the suite form_facts: two without a persona, one with."""


def canned_run(
    runs: Path, name: str, answer: Answer | MayFail, model: str = "demo:august", **suite: Any
) -> RunDirectory:
    """A complete run of a suite (its fields as keywords) whose replies are ``answer``; None is a failed generation."""
    fields = {"id": "tiny", "personas": ["ojousama"], "formats": ["alpaca"], **suite}
    materials = gather_materials(Suite.model_validate(fields))
    prepared = prepare(resolve_checkpoint(model), materials, EngineOptions())
    run = start_run(prepared, runs, name)
    execute(run, prepared, engine=_Failing(answer))
    return run


class _Failing(Canned):
    """An engine that fails where there is no answer."""

    def _reply(self, request: Request, found: str | list[float] | None) -> Reply:
        if found is None:
            return Reply(key=request.key, text="", finish_reason="error", error="the engine refused it")
        return super()._reply(request, found)


def labels(request: Request, chosen: int) -> list[float]:
    """Log-probabilities under which ``chosen`` wins after, and label 1 before, the prior is taken off."""
    prior = {"0": -9.0, "1": -1.0}
    return [prior[c.name[-1]] + (0.5 if c.name == f"label.{chosen}" else 0.0) for c in request.candidates]


def learner(request: Request) -> list[float]:
    """Answers as the examples show."""
    return labels(request, request.expect["label"])


def believer(request: Request) -> list[float]:
    """Answers with the usual meaning of 肯定 and 否定 whatever the examples say; the first label where there is none."""
    meant = "肯定" if request.expect["label"] == 0 else "否定"
    names = request.expect["labels"]
    return labels(request, names.index(meant) if meant in names else 0)


def probed(style: str, told: float) -> Answer:
    """Moves ``told`` nats towards the new fact when the context gives it; speaks in ``style``."""

    def answer(request: Request) -> str | list[float]:
        if not request.candidates:
            return style
        return [-1.0, -3.0 + (told if request.context == "relevant" else 0.0)]

    return answer
