"""``kikime verify``: whether a run is whole, and what to do where it is not."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.language import words
from kikime.cli.options import json_option, runs_option
from kikime.cli.output import print_record

_SIGNS = {"note": "!", "fault": "✗"}


@click.command()
@click.argument("run_name", metavar="RUN")
@runs_option
@json_option
def verify(run_name: str, runs: Path, as_json: bool) -> int:
    """Check that RUN is whole: log, tables, verdicts, summary and manifest agree, nothing is lost, doubled or changed.

    Nothing in it is changed. Exit code 0: whole. 1: something is wrong, with what to do.
    """
    from kikime.workflows.results import verify as check

    found = check(run_name, runs=runs)
    if as_json:
        print_record(found)
        return int(not found.ok)
    say = words()
    for finding in found.findings:
        click.echo(f"{_SIGNS[finding.state]} {finding.file}: {say.reason(finding.what)}")
        click.echo(f"    → {say.reason(finding.mend)}")
    n = found.checked
    counts = {"replies": n.replies, "samples": n.sample_rows, "scores": n.score_rows, "verdicts": n.verdicts}
    click.echo(say("cli.verify.checked", lines=n.log_lines, **counts))
    click.echo(say("cli.verify.whole" if found.ok else "cli.verify.not_whole", run=found.run))
    return int(not found.ok)
