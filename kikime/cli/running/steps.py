"""What a sweep or a watched training run prints of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kikime.workflows.loaded import Run


def print_step(run: Run) -> None:
    """One run as a line of JSON."""
    import orjson

    from kikime.harness.core.records import stamped
    from kikime.workflows.series.records import benchmarked

    click.echo(orjson.dumps(stamped(benchmarked(run))).decode())


def print_steps(runs: Sequence[Run]) -> None:
    """The curves of the training runs that they are of; several others ranked, a single one by itself."""
    from kikime.cli.results.panel import print_panels
    from kikime.cli.results.rank import print_ranking
    from kikime.cli.results.reports import show_report
    from kikime.cli.results.show import print_summary
    from kikime.workflows.results import rank

    staged = [(run.summary.series, run) for run in runs]
    of_training = {series.name: run for series, run in staged if series and series.step is not None}
    for run in of_training.values():
        show_report("steps", run, None, as_json=False)
    others = [run for run in runs if run.summary.series is None or run.summary.series.step is None]
    if others and len(runs) > 1:
        print_ranking(rank([run.path for run in runs]))
    else:
        for run in others:
            print_summary(run)
            print_panels(run)
    for run in runs:
        click.echo(run.path)
