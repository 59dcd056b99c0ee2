"""Options reach a command as typed records."""

from __future__ import annotations

from dataclasses import dataclass

import click
import pytest
from click.testing import CliRunner

from kikime.cli.options import ParameterCount, options


@dataclass(frozen=True)
class Place:
    x: int
    y: int


def test_a_group_of_options_is_one_argument():
    @click.command()
    @options("place", Place, click.option("--x", type=int, default=1), click.option("--y", type=int, default=2))
    @click.option("--name", default="n")
    def show(place, name):
        click.echo(f"{place} {name}")

    assert CliRunner().invoke(show, ["--y", "5"]).output == "Place(x=1, y=5) n\n"
    assert CliRunner().invoke(show, ["--help"]).output.index("--x") < CliRunner().invoke(show, ["--help"]).output.index(
        "--y"
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.5B", 1_500_000_000), ("270m", 270_000_000), ("7_000", 7000), ("33k", 33_000), ("1,000", 1000)],
)
def test_a_number_of_parameters_may_have_a_unit(text, number):
    assert ParameterCount().convert(text, None, None) == number


@pytest.mark.parametrize("text", ["", "B", "-1B", "0", "many", "1.5 GB", "inf", "nan"])
def test_what_is_no_number_of_parameters_is_refused(text):
    with pytest.raises(click.BadParameter, match="no number of parameters"):
        ParameterCount().convert(text, None, None)
