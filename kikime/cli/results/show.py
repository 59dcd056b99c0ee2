"""``kikime show``: a run's summary, or its replies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, judged_option, runs_option, wide_option
from kikime.cli.output import note, print_json, print_table, tell
from kikime.harness.core.axes import PLACE
from kikime.harness.words.numbers import number, percent

if TYPE_CHECKING:
    from kikime.harness.store.records import Group
    from kikime.harness.store.samples import Sample
    from kikime.workflows.loaded import Run

_METRICS = (
    "style_level",
    "marker_rate",
    "length_fit",
    "length_chars",
    "sentences",
    "fact_correct",
    "critical_failure",
    "turn_leak",
    "stop_by_string",
    "no_eos",
    "garbage",
    "loop",
    "repetition",
    "prompt_echo",
    "fewshot_copy",
)
_LAST = ("style_level", "critical_failure")
"""Shown in the narrowest terminal."""
_THINKING = ("reasoning_chars", "reasoning_unfinished")
"""Shown where some reply thinks."""
_SHOWN_THINKING = 200
_BY = ("format", "shots")
_COUNTED = {"length_chars", "sentences", "reasoning_chars"}


@click.command()
@click.argument("run_name", metavar="RUN")
@click.option("--samples", is_flag=True, help="Print replies instead of the summary.")
@click.option("--where", help="SQL condition on the replies, e.g. \"persona = 'ojousama' AND turn_leak = 1\".")
@click.option(
    "--n", "count", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many replies."
)
@click.option(
    "--by",
    type=click.Choice(["persona", "task", "format", "shots", "technique", "context"]),
    multiple=True,
    help="One row each of these in the summary (repeatable); by default per format and number of examples.",
)
@click.option(
    "--report",
    metavar="NAME",
    help="icl, turns, dialogue, memory, address, techniques, shots, steps, form_facts; an installed package's, or a Python file.",
)
@judged_option
@click.option("--base", "base_name", metavar="RUN", help="The run before tuning, for --report form_facts.")
@runs_option
@wide_option
@json_option
def show(
    run_name: str,
    samples: bool,
    where: str | None,
    count: int,
    by: tuple[str, ...],
    report: str | None,
    judge: str | None,
    base_name: str | None,
    runs: Path,
    as_json: bool,
) -> None:
    """Print the summary of RUN, with --samples its replies (metrics are columns of --where), or a --report."""
    from kikime.cli.results.panel import print_judged, print_panels
    from kikime.harness.core.errors import UsageError
    from kikime.harness.plan.notes import run_notes
    from kikime.workflows.loaded import load_run

    run = load_run(run_name, runs=runs)
    if (report or base_name) and (samples or where is not None):
        raise UsageError(
            "a --report has no single replies", hint="leave out --report and --base, or --samples and --where"
        )
    if report is not None or base_name is not None:
        from kikime.cli.results.reports import show_report

        base = load_run(base_name, runs=runs) if base_name else None
        show_report(report or "form_facts", run, base, as_json=as_json)
    elif judge is not None:
        if samples or where is not None:
            raise UsageError(
                "--judge shows means, no single replies", hint="leave out --judge, or --samples and --where"
            )
        found = run.judged(judge)
        print_json(found) if as_json else print_judged(found)
    elif samples or where is not None:
        rows = run.replies(where, count)
        print_json(rows) if as_json else _print_samples(rows)
    elif as_json:
        print_json(run.summary)
    else:
        print_summary(run, by or _BY)
        for text in words().reasons([*run_notes(run.manifest), *run.engine_notes]):
            tell(text)
        _print_why_unscored(run)
        print_panels(run)
        click.echo(run.path)


def _print_why_unscored(run: Run) -> None:
    if not any(row.unscored for row in run.summary.judge):
        return
    for found in run.why_unscored():
        reason = f" ({found.reason})" if found.reason else ""
        tell(words()("cli.show.unscored", judge=found.judge, n=found.n, status=found.status, reason=reason))


def print_summary(run: Run, by: Sequence[str] = _BY) -> None:
    """The summary as a table: one row per value of the columns ``by``, the whole run, and its replies by how they ended.

    Where all of them ended in the same way, that says nothing.
    """
    from kikime.cli.results.panel import scale_note
    from kikime.harness.store.means import ENDING, means_by
    from kikime.harness.words import labels

    say, summary, directory = words(), run.summary, run.directory
    blank = [""] * (len(by) - 1)
    metrics = [*_METRICS, *(name for name in _THINKING if name in summary.metrics and summary.metrics[name].n)]
    rows: list[list[object]] = [[*key, *_cells(entry, metrics)] for key, entry in means_by(directory, by).items()]
    rows += [[say("common.all"), *blank, *_cells(entry, metrics)] for entry in means_by(directory).values()]
    endings = means_by(directory, (ENDING,))
    if len(endings) > 1:
        rows += [[say(f"results.endings.{key[0]}"), *blank, *_cells(entry, metrics)] for key, entry in endings.items()]
    title = f"{summary.name} × {summary.suite} ({say.get(f'state.{summary.state}', summary.state)})"
    headings = [*(labels.condition(say, name) for name in by), "n", *map(say.metric, metrics)]
    shown = range(len(by) + 1, len(headings))
    spare = [number for number in reversed(shown) if metrics[number - shown.start] not in _LAST]
    print_table(title, headings, rows, left=len(by), spare=spare)
    tell(say("results.means"))
    if not summary.judge:
        tell(say("cli.show.no_judge", run=run.path))
        return
    verdicts = [
        [
            v.judge_id,
            v.protocol,
            v.rubric,
            say.criterion(v.criterion),
            v.n,
            number(v.mean) + scale_note(v.scale),
            v.unscored,
            percent(v.coverage),
        ]
        for v in summary.judge
    ]
    print_table(say("cli.show.verdicts"), columns("cli.show.verdict_columns"), verdicts, left=4, spare=(1, 2, 6))


def _cells(entry: Group, metrics: Sequence[str]) -> list[str]:
    cells = [f"{entry.n:,}"]
    for metric in metrics:
        value = entry.metrics[metric].mean if metric in entry.metrics else None
        cells.append(number(value, 1) if metric in _COUNTED else percent(value))
    return cells


def _shortened(thinking: str) -> str:
    """The beginning of a thinking, on one line."""
    line = " ".join(thinking.split())
    return line if len(line) <= _SHOWN_THINKING else f"{line[:_SHOWN_THINKING]}…"


def _is_fault(name: str) -> bool:
    from kikime.harness.metrics.registry import METRICS

    metric = METRICS.get(name)
    return metric is not None and metric.kind == "binary" and metric.direction == "lower"


def _print_samples(rows: list[Sample]) -> None:
    if not rows:
        note(words()("cli.show.no_reply"))
    for row in rows:
        where = " · ".join(str(row[name]) for name in PLACE)
        tell(f"{where} · {row['key']}", bold=True)
        tell(f"  > {row['user']}")
        if row["reasoning"]:
            tell(words()("cli.show.thinking", n=len(row["reasoning"]), text=_shortened(row["reasoning"])))
        tell(f"  {row['response']!r} [{words().stored(row['error']) if row['error'] else row['finish_reason']}]")
        failing = [name for name, value in row["metrics"].items() if value == 1 and _is_fault(name)]
        if failing:
            tell(f"  ! {', '.join(failing)}")
        own = [f"{name} {value:g}" for name, value in row["task_metrics"].items() if value is not None]
        if own:
            tell(f"  = {' · '.join(own)}")
