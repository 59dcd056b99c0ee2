"""``kikime push``: publish a run where several machines read it."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.language import words
from kikime.cli.options import json_option, made_runs_option
from kikime.cli.output import note, print_record


@click.command()
@click.argument("run_name", metavar="RUN")
@click.argument("address", metavar="ADDRESS")
@made_runs_option
@json_option
def push(run_name: str, address: str, runs: Path, as_json: bool) -> None:
    """Publish RUN at ADDRESS (s3://bucket/runs, gs://…, hf://…, file:///srv/runs); interrupted, the same goes on.

    Read published runs with --runs ADDRESS. A run is there once all of its files are.
    """
    from kikime.workflows.results import push as publish

    say = words()
    done = publish(run_name, address, runs=runs, on_file=lambda name: note(say("cli.push.file", name=name)))
    if as_json:
        print_record(done)
        return
    click.echo(say("cli.push.done", sent=done.sent, files=done.files, size=done.bytes / 1e6, address=done.address))
