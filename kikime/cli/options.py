"""Options that several commands share, and the records that they reach a command as."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from kikime.cli.output import WIDE
from kikime.harness.core.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")
Decorator = Callable[[Callable[..., R]], Callable[..., R]]


class RunsFolder(click.ParamType[Path, str | Path]):
    """A folder of runs; where runs are only read also the address of published ones, as the folder of their mirror."""

    name = "directory"

    def __init__(self, *, read: bool) -> None:
        self._read = read

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Bring the mirror of an address up to date."""
        if "://" not in str(value):
            return Path(str(click.Path(file_okay=False).convert(value, param, ctx)))
        if not self._read:
            raise UsageError(
                "{address}: runs are made in a folder of this machine",
                hint="give --runs DIR, then publish: kikime push RUN {address}",
                address=value,
            )
        from kikime.harness.core.stores.mirror import mirrored

        return mirrored(str(value))


runs_option = click.option(
    "--runs",
    metavar="DIRECTORY",
    type=RunsFolder(read=True),
    default=Path("runs"),
    envvar="KIKIME_RUNS",
    show_default=True,
    help="Folder that holds the runs, or where they are published (s3://bucket/runs).",
)
made_runs_option = click.option(
    "--runs",
    metavar="DIRECTORY",
    type=RunsFolder(read=False),
    default=Path("runs"),
    envvar="KIKIME_RUNS",
    show_default=True,
    help="Folder that holds the runs.",
)
sentinel_option = click.option(
    "--sentinel/--no-sentinel",
    default=True,
    show_default=True,
    help="After buying verdicts, re-score 60 fixed replies and warn when the judge has drifted.",
)
judged_option = click.option(
    "--judge",
    metavar="JUDGE",
    help="Only this judge's verdicts (its id, or id/protocol); panel:A,B is the mean of several.",
)


log_to_option = click.option(
    "--log-to",
    multiple=True,
    metavar="TRACKER[:WHERE]",
    help="Tell mlflow[:URI], wandb[:PROJECT], tensorboard[:DIR] or trackio[:PROJECT] of the results (repeatable).",
)


def _keep_wide(context: click.Context, _: click.Parameter, given: bool) -> None:
    context.meta[WIDE] = given


wide_option = click.option(
    "--wide",
    is_flag=True,
    expose_value=False,
    callback=_keep_wide,
    help="Show every column: in several tables where the terminal is narrow.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON to stdout.")


def options(name: str, record: type, *specs: Decorator[R]) -> Decorator[R]:
    """Options that reach a command as one argument: ``name`` is a ``record`` (a dataclass) of their values."""
    own = [field.name for field in fields(record)]

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(command)
        def called(**given: object) -> R:
            values = {field: given.pop(field) for field in own}
            return command(**given, **{name: record(**values)})

        decorated: Callable[..., R] = called
        for spec in reversed(specs):
            decorated = spec(decorated)
        return decorated

    return decorate


class ParameterCount(click.ParamType[int, str]):
    """A number of parameters such as 1.5B, 270M or 7000000000."""

    name = "number"
    _UNITS = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number; the unit may be written in either case."""
        text = str(value).strip().lower()
        unit = self._UNITS.get(text[-1:], 1)
        try:
            number = round(float(text.rstrip("kmbt").replace("_", "").replace(",", "")) * unit)
        except (ValueError, OverflowError):
            number = 0
        if number < 1:
            self.fail(f"'{value}' is no number of parameters, for example 1.5B or 270M", param, ctx)
        return number
