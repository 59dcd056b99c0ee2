"""The running command as a line to copy: what a hint says to go on with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import click
from click.core import ParameterSource


def this_command() -> str:
    """The command line of the running command with all that was given on it, ready to paste into a shell."""
    context = click.get_current_context()
    path = context.command_path.split()
    given = [part for parameter in context.command.params for part in _parts(context, parameter)]
    return shlex.join([*path, *given])


def _parts(context: click.Context, parameter: click.Parameter) -> Iterator[str]:
    name = str(parameter.name)
    if name not in context.params or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return
    value = context.params[name]
    if isinstance(parameter, click.Argument):
        yield from map(str, value if parameter.nargs != 1 else [value])
    elif isinstance(parameter, click.Option) and parameter.is_flag:
        yield (parameter.opts if value else parameter.secondary_opts)[0]
    else:
        for one in value if parameter.multiple else [value]:
            yield from _option(parameter, one)


def _option(parameter: click.Parameter, value: Any) -> Iterator[str]:
    yield parameter.opts[0]
    yield from map(str, value if parameter.nargs != 1 else [value])
