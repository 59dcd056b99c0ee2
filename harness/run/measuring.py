"""Scores each finished reply and appends it, with its scores, to the run's log."""

from __future__ import annotations

from collections.abc import Mapping

from kikime.harness.cards.persona import Length, Persona
from kikime.harness.core.request import Reply, Request
from kikime.harness.metrics import METRICS, Measured, measure_logprobs, metric_versions, worst
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.run.runner import Sink
from kikime.harness.store.tables import repaired, sample_row
from kikime.harness.store.wal import Segment
from kikime.harness.suites.grid import Materials

_NOBODY = Persona(id="none", name="none", profile="-", length=Length(chars=(0, 10**9), target=1))
"""Stands for tasks without a persona, of which only leaks and the task's own metrics are kept."""


def log_to(segment: Segment, materials: Materials, planned: Mapping[str, str]) -> Sink:
    """A sink that measures a reply and logs it in one append.

    ``planned``: the version of each metric by the run's manifest; a record tells those that have changed since.
    """
    measure = Measuring(materials)
    now = metric_versions(name for task in materials.tasks.values() for name in task.metrics)
    changed = {name: version for name, version in now.items() if planned.get(name) != version}
    note = {"versions": changed} if changed else {}

    def log(request: Request, reply: Reply) -> None:
        segment.append({**sample_row(request, reply), "metrics": measure(request, reply), **note})

    return log


class Measuring:
    """All metrics of a reply, as its persona, task and technique ask for them."""

    def __init__(self, materials: Materials) -> None:
        self._formats = materials.formats
        formats = list(materials.formats.values())
        self._scorers = {name: scorer_of(persona, formats) for name, persona in materials.personas.items()}
        self._nobody = scorer_of(_NOBODY, formats)
        self._tasks = {task.id: task for task in materials.tasks.values()}
        self._own = {
            task.id: [METRICS[name] for name in task.metrics if name not in METRICS.bundled]
            for task in materials.tasks.values()
        }
        self._techniques = materials.techniques

    def __call__(self, request: Request, reply: Reply) -> Measured:
        """Measure one reply; a failed one gets the worst of each scale."""
        if request.candidates:
            return self._measure_candidates(request, reply)
        text, leaked = self._spoken(request, self._formats[request.format].read_reply(repaired(reply.text)))
        measured = self._scorers.get(request.persona, self._nobody).score(
            text,
            user=request.user,
            history=request.history,
            system=request.system,
            examples=request.examples,
            finish_reason=reply.finish_reason,
            expect=request.expect,
            prose=self._formats[request.format].prose,
            own=self._own[request.task],
            thinking="" if reply.reasoning is None and reply.n_reasoning_tokens else reply.reasoning,
        )
        if leaked is not None:
            measured["reasoning_leak"] = leaked
        measured = self._tasks[request.task].kept(measured)
        if reply.error is not None:
            measured = worst(measured)
        return measured | {"stop_by_string": _stopped_by_string(request, reply, self._formats[request.format].eot)}

    def _measure_candidates(self, request: Request, reply: Reply) -> Measured:
        if reply.logprobs is None:
            return worst(dict.fromkeys(self._tasks[request.task].metrics))
        names = [candidate.name for candidate in request.candidates]
        return measure_logprobs(dict(zip(names, reply.logprobs, strict=True)), request.expect)

    def _spoken(self, request: Request, text: str) -> tuple[str, int | None]:
        """The reply without the reasoning that the technique asked for, and whether the two could not be told apart."""
        mark = self._techniques[request.technique].answer_after
        if not mark:
            return text, None
        _, found, answer = text.rpartition(mark)
        return (answer, 0) if found else (text, 1)


def _stopped_by_string(request: Request, reply: Reply, eot: str) -> int | None:
    """Whether the reply ran into a stop string such as ``USER:`` instead of ending its turn; None where nobody tells."""
    if not request.token_ids or reply.error is not None:
        return None
    return int(reply.stop_reason in request.stop and reply.stop_reason != eot)
