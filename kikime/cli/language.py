"""The language of a command's output: ``--lang``, else ``KIKIME_LANG``, else the locale."""

from __future__ import annotations

from contextvars import ContextVar

import click

from kikime.harness.words.catalogue import LANGUAGES, Translator, own_language

_chosen: ContextVar[str | None] = ContextVar("language", default=None)


def words() -> Translator:
    """The words of the running command's language."""
    return Translator(_chosen.get() or own_language())


def columns(key: str) -> list[str]:
    """Headings of a table: one text of the catalogue, cut at each ``|``."""
    return [heading.strip() for heading in words()(key).split("|")]


def forget_language() -> None:
    """Begin a command: what an earlier one in this process chose is gone."""
    _chosen.set(None)


def _choose(_: click.Context, __: click.Parameter, value: str | None) -> None:
    if value is not None:
        _chosen.set(value)


def speak(command: click.Command) -> click.Command:
    """Give a command, and the commands below it, the option ``--lang``."""
    option = click.Option(
        ["--lang"],
        type=click.Choice(LANGUAGES),
        expose_value=False,
        is_eager=True,
        callback=_choose,
        help="Language of the output; the locale's by default.",
    )
    if not any("--lang" in parameter.opts for parameter in command.params):
        command.params.append(option)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        speak(below)
    return command
