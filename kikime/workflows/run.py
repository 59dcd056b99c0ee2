"""Puts plan, engine, store and judge together for the commands that run models."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from kikime.cli.again import this_command
from kikime.cli.output import note
from kikime.cli.progress import ReplyProgress
from kikime.harness.core.errors import KikimeError, UsageError
from kikime.harness.engines import Engine, EngineOptions, check_options, load_engine
from kikime.harness.engines.checkpoint import Checkpoint, resolve_checkpoint, with_adapter
from kikime.harness.plan.estimate import time_range
from kikime.harness.plan.prepare import Prepared, prepare
from kikime.harness.run.execute import start_run
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import StoredReplies
from kikime.harness.suites.grid import Materials, gather_materials
from kikime.harness.suites.suite import Suite, load_suite
from kikime.workflows.judged import dollars, execute_judged, judge_cost

if TYPE_CHECKING:
    from kikime.judges.jobs.session import JudgeSettings

Planned = tuple[Prepared, RunDirectory]
Finished = tuple[RunDirectory, dict[str, Any]]


def materials(
    suite: str,
    limit: int | None,
    tasks: Sequence[str],
    personas: Sequence[str],
    formats: Sequence[str],
    shots: Sequence[int],
) -> Materials:
    """The suite with what the command line overrides.

    Raises:
        UsageError: an unknown suite, task, persona or format.
    """
    chosen = load_suite(suite).model_dump()
    overrides = {"personas": personas, "formats": formats, "shots": shots}
    for field, values in overrides.items():
        if values:
            chosen[field] = list(values)
            for selection in chosen["tasks"]:
                selection[field] = None
    if tasks:
        chosen["tasks"] = [
            selection
            for name in tasks
            for selection in [s for s in chosen["tasks"] if s["id"] == name] or [{"id": name}]
        ]
    if limit:
        chosen["limit"] = limit
        for selection in chosen["tasks"]:
            selection["limit"] = None
    return gather_materials(_validated(chosen))


def _validated(chosen: dict[str, Any]) -> Suite:
    from pydantic import ValidationError

    try:
        return Suite.model_validate(chosen, context={"folder": Path()})
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}") from None


def prepare_all(model: str, adapters: Sequence[str], chosen: Materials, options: EngineOptions) -> Iterator[Prepared]:
    """The plan of the checkpoint, or of each LoRA adapter on it."""
    from kikime.cli.options import adapter_pair

    base = resolve_checkpoint(model)
    if base.base_url:
        options = msgspec.structs.replace(options, engine="openai")
    check_options(base, options)
    checkpoints: list[Checkpoint] = [with_adapter(base, *adapter_pair(pair)) for pair in adapters] or [base]
    for checkpoint in checkpoints:
        yield prepare(checkpoint, chosen, options)


def new_run(prepared: Prepared, runs: Path, name: str | None) -> Planned:
    """Create the run's directory."""
    if name and prepared.checkpoint.adapter:
        name = f"{name}+{prepared.checkpoint.name.split('+')[-1]}"
    return prepared, start_run(prepared, runs, name)


def choose_judge(options: dict[str, Any]) -> JudgeSettings | None:
    """Take the judge's options out of a command's arguments; None when nothing is judged.

    Raises:
        EnvironmentFault: ``--judge`` was given, but there is no key.
    """
    from kikime.judges.jobs.session import judge_settings

    wanted = options.pop("judge")
    model, url, budget, sentinel = (
        options.pop(name) for name in ("judge_model", "judge_base_url", "max_usd", "sentinel")
    )
    if wanted is False:
        return None
    settings = judge_settings(model, url, max_usd=budget, sentinel=sentinel)
    if wanted or model or url:
        settings.require_key(f"{this_command()}; or generate now with --no-judge and add verdicts later")
        return settings
    return settings if settings.api_key else None


def execute_all(
    planned: Sequence[Planned], *, judge: JudgeSettings | None, quiet: bool, engine: Engine | None = None
) -> list[Finished]:
    """Execute the runs on one loaded engine (``engine``, left open, or an own one); every abort says how to resume.

    The judge's budget holds for all of them together.
    """
    finished: list[Finished] = []
    with ExitStack() as stack:
        if engine is None and len(planned) > 1:
            prepared = planned[0][0]
            if not quiet:
                note("loading the engine …")
            with resumable([run for _, run in planned], judge):
                engine = load_engine(prepared.checkpoint, prepared.options)
            stack.callback(engine.close)
        for number, (prepared, run) in enumerate(planned):
            unfinished = [run for _, run in planned[number:]]
            if engine is not None and prepared.checkpoint.adapter:
                engine.use_adapter(prepared.checkpoint.name, Path(prepared.checkpoint.adapter))
            stored = StoredReplies(run)
            done = len(stored) - stored.n_failed
            progress = ReplyProgress(prepared.n_replies, stored=done, quiet=quiet)
            with resumable(unfinished, judge), progress:
                summary = execute_judged(run, prepared, engine, judge, progress)
            judge = judge and judge.after(summary.pop("judge_spent", 0.0))
            finished.append((run, summary))
    return finished


class resumable:  # noqa: N801  (a context manager that reads as an adjective)
    """Ends every abort with the command that goes on."""

    def __init__(self, runs: Sequence[RunDirectory], judge: JudgeSettings | None) -> None:
        flags = judge.flags() if judge else []
        self._line = " && ".join(shlex.join(["kikime", "resume", str(run.path), *flags]) for run in runs)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, KeyboardInterrupt):
            note(f"\nkikime: interrupted; what was generated is kept\n  → {self._line}")
            raise SystemExit(130) from None
        if isinstance(error, KikimeError):
            error.hint = f"{error.hint}; then: {self._line}" if error.hint else self._line
        elif error is not None:
            note(f"kikime: what was generated is kept\n  → {self._line}")


def plan_line(prepared: Prepared, runs: Path) -> str:
    """One line: cells, tokens, estimate."""
    suite = prepared.materials.suite
    low, high = time_range(prepared, runs)
    return (
        f"plan: {prepared.checkpoint.name} × {suite.id}: {prepared.n_replies:,} replies "
        f"({counted(len(prepared.materials.tasks), 'task')}, {counted(len(prepared.materials.personas), 'persona')}), "
        f"{_prompt_tokens(prepared.n_prompt_tokens)}, up to {prepared.max_output_tokens:,} new ones, "
        f"about {duration(low)} to {duration(high)}{_too_long(prepared.n_too_long, prepared.max_model_len)}"
    )


def _prompt_tokens(count: int) -> str:
    return f"{count:,} prompt tokens" if count else "prompt tokens unknown (the server tokenises)"


def _too_long(count: int, context: int | None) -> str:
    if not count:
        return ""
    return f"\n{counted(count, 'prompt')} too long for the context of {context} tokens: error rows, scored as the worst"


def counted(count: int, noun: str) -> str:
    """A number and its noun: ``1 task``, ``2 tasks``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def plan_report(prepared: Prepared, runs: Path) -> dict[str, Any]:
    """What ``kikime plan`` prints."""
    cells: dict[tuple[Any, ...], int] = {}
    prompts: list[dict[str, str]] = []
    for request in prepared.spool:
        where = (request.task, request.persona, request.format, request.shots, request.technique, request.context)
        cells[where] = cells.get(where, 0) + 1
        if len(prompts) < 1 or (len(prompts) < 2 and request.format != prompts[0]["format"]):
            prompts.append({"format": request.format, "item": request.item_id, "prompt": request.prompt})
    names = ("task", "persona", "format", "shots", "technique", "context")
    low, high = time_range(prepared, runs)
    return {
        "model": msgspec.to_builtins(prepared.checkpoint),
        "suite": prepared.materials.suite.id,
        "n_replies": prepared.n_replies,
        "n_prompt_tokens": prepared.n_prompt_tokens,
        "max_output_tokens": prepared.max_output_tokens,
        "max_model_len": prepared.max_model_len,
        "n_too_long": prepared.n_too_long,
        "seconds": [low, high],
        "judge_usd": judge_cost(prepared),
        "cells": [{**dict(zip(names, where, strict=True)), "n": n} for where, n in cells.items()],
        "prompts": prompts,
        "plan_hash": prepared.plan_hash,
    }


def print_plan(report: dict[str, Any]) -> None:
    """The report for people."""
    from kikime.cli.output import print_table

    columns = ["task", "persona", "format", "shots", "technique", "context", "n"]
    print_table(
        f"{report['model']['name']} × {report['suite']}", columns, [list(c.values()) for c in report["cells"]], left=3
    )
    click.echo(f"replies            {report['n_replies']:,}")
    exact = f"{report['n_prompt_tokens']:,} (exact)" if report["n_prompt_tokens"] else "unknown (the server tokenises)"
    click.echo(f"prompt tokens      {exact}")
    if report["n_too_long"]:
        click.echo(f"too long           {report['n_too_long']:,} for the context of {report['max_model_len']} tokens")
    click.echo(f"new tokens         up to {report['max_output_tokens']:,}")
    click.echo(f"time               {duration(report['seconds'][0])} to {duration(report['seconds'][1])}")
    click.echo(f"judge              {dollars(report['judge_usd'])}")
    for prompt in report["prompts"]:
        click.echo(f"\n── {prompt['format']} · {prompt['item']} ──\n{prompt['prompt']}")


def duration(seconds: float) -> str:
    """Seconds for people: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
