"""``kikime export``: a run or a pair in other tools' formats."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from kikime.cli.language import words
from kikime.cli.options import judged_option, runs_option
from kikime.cli.output import note
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import write_atomically
from kikime.harness.reports.export import TARGETS, TEXTS, Target


@click.command()
@click.argument("run_names", metavar="RUN [RUN_B]", nargs=-1)
@click.option("--to", "target", type=click.Choice(TARGETS), help="hf is a Hugging Face dataset on disk.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="File or folder; stdout for csv, md and json.",
)
@click.option(
    "--site",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write all runs as a folder of pages that needs no server.",
)
@click.option("--tagged", is_flag=True, help="Write the replies that readers noted on the page, as JSON lines.")
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    help="With --tagged: only those with this tag (repeatable; ★: a star).",
)
@click.option("--common", is_flag=True, help="Of a pair: compare the shared cells.")
@judged_option
@runs_option
def export(
    run_names: tuple[str, ...],
    target: Target | None,
    output: Path | None,
    site: Path | None,
    tagged: bool,
    tags: tuple[str, ...],
    common: bool,
    judge: str | None,
    runs: Path,
) -> None:
    """Export one RUN, or the comparison of two.

    csv: one row per reply (a pair: per metric and slice), for spreadsheets. md: a table with ± and n. json: the same as data.
    html: the report in one file. lm-eval: results and samples files. hf: a data set for datasets.load_from_disk.

    --tagged: training or test data, of every run where none is given: dialogue, reply, tags, star and comment a line.

    --site: the whole leaderboard with every reply, in both languages, for a file system or any static host.
    """
    from kikime.workflows import results

    if site is not None:
        if run_names or target is not None:
            raise UsageError("--site writes every run: it takes no RUN and no --to", hint="choose runs with --runs")
        click.echo(results.export_site(site, judge=judge, runs=runs))
        return
    if tagged or tags:
        _export_tagged(run_names, target, tags, output, runs)
        return
    if not run_names or target is None:
        missing = "run_names" if not run_names else "target"
        parameter = next(each for each in export.params if each.name == missing)
        raise click.MissingParameter(ctx=click.get_current_context(), param=parameter)
    if target in TEXTS and output is None:
        data = results.export_text(*run_names, to=target, common=common, judge=judge, runs=runs)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = results.export(*run_names, to=target, output=output, common=common, judge=judge, runs=runs)
    if target in TEXTS:
        note(words()("cli.export.wrote", path=path))
    else:
        click.echo(path)


def _export_tagged(
    run_names: tuple[str, ...], target: Target | None, tags: tuple[str, ...], output: Path | None, runs: Path
) -> None:
    from kikime.workflows.loaded import tagged

    if target is not None:
        raise UsageError("--tagged writes JSON lines: it takes no --to", hint="leave out --to")
    data = b"".join(msgspec.json.encode(row) + b"\n" for row in tagged(run_names, tags, runs=runs))
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    write_atomically(output, data)
    note(words()("cli.export.tagged", n=data.count(b"\n"), path=output))
