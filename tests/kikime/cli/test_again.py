"""The running command as a line to copy."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from kikime.cli.again import this_command
from kikime.cli.language import speak


@click.command("run")
@click.argument("model")
@click.option("--task", "tasks", multiple=True)
@click.option("--scale", nargs=2)
@click.option("--judge/--no-judge", default=None)
@click.option("--limit", type=int, default=3)
def run(**_):
    click.echo(this_command())


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["m"], "run m"),
        (["a b", "--task", "x", "--task", "y"], "run 'a b' --task x --task y"),
        (["m", "--no-judge", "--limit", "5"], "run m --no-judge --limit 5"),
        (["m", "--judge", "--scale", "1", "7"], "run m --scale 1 7 --judge"),
        (["m", "--lang", "ja"], "run m"),
    ],
)
def test_what_was_given_is_given_back(given, line):
    done = CliRunner().invoke(speak(run), given, env={"RUN_LIMIT": "9"})
    assert done.output.strip() == line
