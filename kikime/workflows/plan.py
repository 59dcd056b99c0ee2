"""Plans: what a run would ask (a suite, and what of it is replaced), how long it takes, what judging it costs.

No engine is loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import msgspec
from pydantic import ValidationError

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files.yamlfile import StrictModel, problems_of
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.core.records import Record
from kikime.harness.engines import EngineOptions, check_options
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint, with_adapter
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.notes import plan_notes
from kikime.harness.plan.prepare import Prepared, prepare
from kikime.harness.suites.grid import Materials, gather_materials
from kikime.harness.suites.suite import (
    Count,
    FormatRef,
    PersonaRef,
    Shots,
    Suite,
    TaskRef,
    TaskSelection,
    load_suite,
)
from kikime.workflows.keywords import EngineKeywords, engine_options

if TYPE_CHECKING:
    from kikime.judges.verdicts.judge import Judge

_MAX_PROMPTS = 2


class Overrides(StrictModel):
    """What replaces a suite's own choice; empty or None leaves it. Paths are relative to the working folder."""

    tasks: tuple[TaskRef, ...] = ()
    personas: tuple[PersonaRef, ...] = ()
    formats: tuple[FormatRef, ...] = ()
    shots: tuple[Shots, ...] = ()
    limit: Count | None = None

    def apply(self, suite: Suite) -> Suite:
        """The suite with these; what a task of the suite says of them for itself goes."""
        lists = {"personas": self.personas, "formats": self.formats, "shots": self.shots}
        changed: dict[str, object] = {name: values for name, values in lists.items() if values}
        if self.limit:
            changed["limit"] = self.limit
        cleared = dict.fromkeys(changed)
        selections = [selection.model_copy(update=cleared) for selection in self._chosen(suite)]
        return suite.model_copy(update={**changed, "tasks": tuple(selections)})

    def _chosen(self, suite: Suite) -> Sequence[TaskSelection]:
        """The suite's entries of the tasks that are wanted; a task that it lacks is asked as the suite asks."""
        if not self.tasks:
            return suite.tasks
        own = {name: [entry for entry in suite.tasks if entry.id == name] for name in self.tasks}
        return [entry for name in self.tasks for entry in own[name] or [TaskSelection(id=name)]]


def choose_materials(
    suite: str | Suite,
    *,
    tasks: Sequence[str] = (),
    personas: Sequence[str] = (),
    formats: Sequence[str] = (),
    shots: Sequence[int] = (),
    limit: int | None = None,
) -> Materials:
    """Load a suite with what replaces parts of it.

    Raises:
        UsageError: an unknown suite, task, persona or format.
    """
    from kikime.judges.verdicts.rubric import load_rubric

    chosen = load_suite(suite) if isinstance(suite, str) else suite
    fields = {"tasks": tasks, "personas": personas, "formats": formats, "shots": shots}
    lists = {name: [values] if isinstance(values, str) else list(values) for name, values in fields.items()}
    try:
        overrides = Overrides.model_validate({**lists, "limit": limit}, context={"folder": Path()})
    except ValidationError as error:
        raise UsageError(Phrase.joined("; ", [problem for _, problem in problems_of(error)])) from None
    return gather_materials(overrides.apply(chosen), load_rubric)


class JudgeCost(Record, frozen=True):
    """What judging every reply of a plan costs."""

    judge: str
    usd: tuple[float, float] | None
    """A low and a high guess; None where the judge's price is unknown."""


class PlannedCell(Record, frozen=True):
    """One point of the grid."""

    task: str
    persona: str
    format: str
    shots: int
    technique: str
    context: str
    n: int
    """Items that are asked there."""


class PlannedPrompt(Record, frozen=True):
    """A prompt as the model will see it."""

    format: str
    item: str
    prompt: str


class Plan(Record, frozen=True):
    """What a run would do."""

    model: Checkpoint
    suite: str
    n_replies: int
    n_prompt_tokens: int
    """Exact; 0 where a server tokenises. Scored candidates count each with its prompt."""
    n_scored_tokens: int
    """Those of candidates whose log-probability is asked for."""
    max_output_tokens: int
    max_model_len: int | None
    n_too_long: int
    """Prompts that leave no room for their reply."""
    seconds: tuple[float, float]
    """A low and a high guess, engine load included."""
    judge_usd: JudgeCost
    cells: list[PlannedCell]
    prompts: list[PlannedPrompt]
    """At most two, of different formats where there are several."""
    plan_hash: str
    note_codes: list[Reason]
    """What the run does that one may not expect."""

    def frame_rows(self) -> list[PlannedCell]:
        """What ``to_frame`` shows, one record per row."""
        return self.cells


def plan(
    model: str,
    *,
    suite: str | Suite = "quick",
    personas: Sequence[str] = (),
    formats: Sequence[str] = (),
    shots: Sequence[int] = (),
    tasks: Sequence[str] = (),
    limit: int | None = None,
    runs: str | Path = "runs",
    **engine: Unpack[EngineKeywords],
) -> Plan:
    """Plan a run of ``model`` without loading it; ``runs`` holds earlier runs that tell how fast this machine is.

    Raises:
        UsageError: an unknown model, suite, task, persona, format or engine option.
    """
    materials = choose_materials(suite, personas=personas, formats=formats, shots=shots, tasks=tasks, limit=limit)
    [planned] = plan_adapters(model, {}, materials, engine_options(engine), runs=runs)
    return planned


def plan_adapters(
    model: str,
    adapters: Mapping[str, Path],
    materials: Materials,
    options: EngineOptions,
    *,
    runs: str | Path = "runs",
) -> list[Plan]:
    """Plan a run of each LoRA adapter (name and folder) on ``model``, without any of ``model``.

    Raises:
        UsageError: an unknown model or engine option, or a folder that holds no adapter of this model.
    """
    return [describe_plan(prepared, Path(runs)) for prepared in prepare_all(model, adapters, materials, options)]


def prepare_all(
    model: str, adapters: Mapping[str, Path], materials: Materials, options: EngineOptions
) -> Iterator[Prepared]:
    """Render the plan of a checkpoint, or of each LoRA adapter (name and folder) on it."""
    base = resolve_checkpoint(model)
    if base.base_url:
        options = msgspec.structs.replace(options, engine="openai")
    check_options(base, options)
    tuned = [with_adapter(base, name, folder) for name, folder in adapters.items()]
    rank = max((checkpoint.max_lora_rank or 0 for checkpoint in tuned), default=None)
    for checkpoint in tuned or [base]:
        yield prepare(msgspec.structs.replace(checkpoint, max_lora_rank=rank), materials, options)


def describe_plan(prepared: Prepared, runs: Path) -> Plan:
    """A prepared plan as ``kikime plan`` prints it."""
    counts: Counter[tuple[str, str, str, int, str, str]] = Counter()
    prompts: list[PlannedPrompt] = []
    for request in prepared.spool:
        counts[request.task, request.persona, request.format, request.shots, request.technique, request.context] += 1
        if len(prompts) < _MAX_PROMPTS and request.format not in {shown.format for shown in prompts}:
            prompts.append(PlannedPrompt(request.format, request.item_id, request.prompt))
    return Plan(
        model=prepared.checkpoint,
        suite=prepared.materials.suite.id,
        n_replies=prepared.n_replies,
        n_prompt_tokens=prepared.n_prompt_tokens,
        n_scored_tokens=prepared.n_scored_tokens,
        max_output_tokens=prepared.max_output_tokens,
        max_model_len=prepared.max_model_len,
        n_too_long=prepared.n_too_long,
        seconds=time_range(prepared, runs),
        judge_usd=judge_cost(prepared),
        cells=[PlannedCell(*where, n) for where, n in counts.items()],
        prompts=prompts,
        plan_hash=prepared.plan_hash,
        note_codes=plan_notes(prepared),
    )


def judge_cost(prepared: Prepared, judge: Judge | None = None) -> JudgeCost:
    """What judging all replies with ``judge`` (the default one) will cost."""
    from kikime.judges.jobs.job import forecast
    from kikime.judges.jobs.session import judge_settings
    from kikime.judges.verdicts.rubric import stored_rubric

    judge, materials = judge or judge_settings().judge, prepared.materials
    per_reply: dict[tuple[str, str], tuple[float, float] | None] = {}
    low = high = 0.0
    for request in prepared.spool:
        for rubric in materials.tasks[request.task].rubrics if request.persona in materials.personas else ():
            name = request.persona, rubric
            if name not in per_reply:
                per_reply[name] = forecast(
                    1, materials.personas[request.persona], stored_rubric(rubric, materials.rubrics), judge
                )
            cost = per_reply[name]
            if cost is None:
                return JudgeCost(judge.id, None)
            low, high = low + cost[0], high + cost[1]
    return JudgeCost(judge.id, (low, high))
