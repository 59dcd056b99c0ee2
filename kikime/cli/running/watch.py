"""``kikime watch``: the checkpoints of a training run, each as it appears."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from kikime.cli.again import this_command
from kikime.cli.flags import EngineFlags, GridFlags, JudgeFlags, engine_options, grid_options, judge_choice
from kikime.cli.options import Decorator, json_option, log_to_option, made_runs_option, options, wide_option
from kikime.cli.progress import TerminalListener, ended_by_signals


@dataclass(frozen=True)
class WatchFlags:
    """What is looked for, and for how long."""

    base: str | None
    name: str | None
    once: bool
    until_idle: float | None
    every: float


_watch_options: Decorator[None] = options(
    "watching",
    WatchFlags,
    click.option("--base", metavar="MODEL", help="What adapters are loaded on; by default the model that they name."),
    click.option("--name", help="What the training run is called; by default as DIR is."),
    click.option("--once", is_flag=True, help="End after what is there now."),
    click.option(
        "--until-idle", type=click.FloatRange(min=0), metavar="MINUTES", help="End when nothing new came for so long."
    ),
    click.option(
        "--every",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        default=10.0,
        show_default=True,
        help="Time between two looks; a checkpoint has to stay unchanged for as long.",
    ),
)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@_watch_options
@grid_options
@engine_options
@judge_choice
@log_to_option
@made_runs_option
@wide_option
@json_option
def watch(
    folder: Path,
    watching: WatchFlags,
    grid: GridFlags,
    engine: EngineFlags,
    judging: JudgeFlags,
    log_to: tuple[str, ...],
    runs: Path,
    as_json: bool,
) -> None:
    """Benchmark each checkpoint of a training run as it appears whole below DIR; Ctrl-C ends it."""
    from kikime.cli.running.finish import refuse_partial
    from kikime.cli.running.steps import print_step, print_steps
    from kikime.workflows.series.watch import watch as watch_folder

    judge, progress = judging.panel(this_command()), TerminalListener(quiet=as_json)
    asked, loading = grid.keywords(), engine.keywords()
    idle = None if watching.until_idle is None else 60 * watching.until_idle
    with ended_by_signals():
        for run in watch_folder(
            folder,
            base=watching.base,
            name=watching.name,
            once=watching.once,
            until_idle=idle,
            every=watching.every,
            judge=judge,
            runs=runs,
            log_to=log_to,
            progress=progress,
            **asked,
            **loading,
        ):
            print_step(run) if as_json else print_steps([run])
    refuse_partial(progress.runs)
