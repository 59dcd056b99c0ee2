"""``kikime run``: benchmark a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from kikime.cli.again import this_command
from kikime.cli.flags import (
    EngineFlags,
    GridFlags,
    JudgeFlags,
    RetentionFlags,
    adapter_pairs,
    engine_options,
    grid_options,
    judge_choice,
    retention_options,
)
from kikime.cli.options import json_option, log_to_option, made_runs_option
from kikime.cli.progress import TerminalListener, ended_by_signals
from kikime.cli.results.about import AboutFlags, about_options
from kikime.cli.waiting import life_signs
from kikime.harness.core.errors import UsageError


@click.command()
@click.argument("model")
@grid_options
@engine_options
@click.option("--name", help="The run's name; the checkpoint's by default.")
@click.option("--lora", multiple=True, metavar="NAME=DIR", help="Adapter on MODEL; one run each, one load.")
@about_options
@retention_options
@judge_choice
@log_to_option
@made_runs_option
@json_option
def run(
    model: str,
    grid: GridFlags,
    engine: EngineFlags,
    name: str | None,
    lora: tuple[str, ...],
    said: AboutFlags,
    retaining: RetentionFlags,
    judging: JudgeFlags,
    log_to: tuple[str, ...],
    runs: Path,
    as_json: bool,
) -> None:
    """Benchmark MODEL: a directory, a hub id, openai:NAME@BASE_URL or demo:NAME."""
    base, about = retaining.base(judging), said.given()
    if base and log_to:
        raise UsageError("--log-to does not go with --retention", hint="leave one of them out")
    if base and about:
        raise UsageError("--link, --license and --type belong to a benchmark", hint="leave them out with --retention")
    adapters = adapter_pairs(lora)
    with ended_by_signals(), life_signs("plan", model=model) as told:
        from kikime.cli.running.finish import finish
        from kikime.workflows.keywords import engine_options as read_engine
        from kikime.workflows.plan import choose_materials
        from kikime.workflows.run import run_adapters

        judge = () if base else judging.panel(this_command())
        progress = TerminalListener(quiet=as_json, before=told)
        if base:
            _retain(model, base, adapters, grid, engine, retaining.tasks, runs, name, progress, as_json=as_json)
            return
        done = run_adapters(
            model,
            adapters,
            choose_materials(**grid.keywords()),
            read_engine(engine.keywords()),
            judge=judge,
            runs=runs,
            name=name,
            log_to=log_to,
            about=about,
            progress=progress,
        )
        finish(done, as_json=as_json)


def _retain(
    model: str,
    base: str,
    adapters: Mapping[str, Path],
    grid: GridFlags,
    engine: EngineFlags,
    tasks: Sequence[str],
    runs: Path,
    name: str | None,
    progress: TerminalListener,
    *,
    as_json: bool,
) -> None:
    from kikime.cli.running.retention import print_retention
    from kikime.workflows.keywords import engine_options as read_engine
    from kikime.workflows.plan import choose_materials
    from kikime.workflows.retention import retain

    materials, loading = choose_materials(**grid.keywords("retention")), read_engine(engine.keywords())
    retained = retain(model, base, adapters, tasks, materials, loading, runs, name=name, progress=progress)
    print_retention(retained, as_json=as_json)
