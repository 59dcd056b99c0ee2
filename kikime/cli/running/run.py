"""``kikime run``, ``plan`` and ``resume``."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from kikime.cli.options import (
    engine_options,
    grid_options,
    json_option,
    judge_choice,
    read_engine_options,
    read_retention_options,
    retention_options,
    runs_option,
)
from kikime.cli.output import note, print_json
from kikime.harness.core.errors import EnvironmentFault, PartialResult


@click.command()
@click.argument("model")
@grid_options
@engine_options
@click.option("--name", help="The run's name; the checkpoint's by default.")
@click.option("--lora", "adapters", multiple=True, metavar="NAME=DIR", help="Adapter on MODEL; one run each, one load.")
@retention_options
@judge_choice
@runs_option
@json_option
def run(model: str, runs: Path, as_json: bool, name: str | None, adapters: tuple[str, ...], **options: Any) -> None:
    """Benchmark MODEL: a directory, a hub id, openai:NAME@BASE_URL or demo:NAME."""
    from kikime.workflows import run as workflow

    base, lm_eval_tasks = read_retention_options(options)
    judge = None if base else workflow.choose_judge(options)
    engine = read_engine_options(options)
    materials = workflow.materials(**options)
    with ended_by_signals():
        if base:
            from kikime.cli.running.retention import run_retention

            run_retention(
                model, base, adapters=adapters, lm_eval_tasks=lm_eval_tasks, materials=materials, options=engine,
                runs=runs, name=name, as_json=as_json,
            )  # fmt: skip
            return
        planned = []
        for prepared in workflow.prepare_all(model, adapters, materials, engine):
            note(workflow.plan_line(prepared, runs))
            planned.append(workflow.new_run(prepared, runs, name))
        results = workflow.execute_all(planned, judge=judge, quiet=as_json)
    _finish(results, as_json=as_json)


@click.command()
@click.argument("model")
@grid_options
@engine_options
@runs_option
@json_option
def plan(model: str, runs: Path, as_json: bool, **options: Any) -> None:
    """Dry run: cells, exact prompt tokens, time and judge cost, two rendered prompts. Loads no engine."""
    from kikime.workflows import run as workflow

    engine = read_engine_options(options)
    [prepared] = workflow.prepare_all(model, (), workflow.materials(**options), engine)
    report = workflow.plan_report(prepared, runs)
    if as_json:
        print_json(report)
    else:
        workflow.print_plan(report)


@click.command()
@click.argument("run_name", metavar="RUN")
@judge_choice
@runs_option
@json_option
def resume(run_name: str, runs: Path, as_json: bool, **options: Any) -> None:
    """Go on after any interruption; never generates the same reply twice."""
    from kikime.harness.store.rundir import find_run
    from kikime.workflows import run as workflow
    from kikime.workflows.resume import resume_run

    judge = workflow.choose_judge(options)
    with ended_by_signals():
        finished = resume_run(find_run(run_name, runs), runs, judge, quiet=as_json)
    _finish([finished], as_json=as_json)


def _finish(results: list[tuple[Any, dict[str, Any]]], *, as_json: bool) -> None:
    from kikime.cli.results.show import print_summary

    if as_json:
        summaries = [{**summary, "path": str(found.path)} for found, summary in results]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
    else:
        for found, summary in results:
            print_summary(summary)
            click.echo(found.path)
    stopped = [summary for _, summary in results if "judge_stopped" in summary]
    if stopped:
        raise EnvironmentFault(
            f"the judge stopped: {stopped[0]['judge_stopped']}",
            hint=f"the replies are kept; add verdicts: {' && '.join(summary['judge_again'] for summary in stopped)}",
        )
    errors = sum(summary["counts"]["errors"] for _, summary in results)
    if errors:
        planned = sum(summary["counts"]["planned"] for _, summary in results)
        raise PartialResult(
            f"{errors} of {planned} replies failed; they count as the worst score",
            hint=f"see them: kikime show {results[0][0].path} --samples --where 'error IS NOT NULL'",
        )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end a run as cleanly as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
