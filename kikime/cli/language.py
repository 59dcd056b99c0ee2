"""The language of a command's output: ``--lang``, else ``KIKIME_LANG``, else the locale."""

from __future__ import annotations

import click

from kikime.harness.words.catalogue import LANGUAGES, Translator, use_language


def words() -> Translator:
    """The words of the running command's language."""
    return Translator.of(None)


def columns(key: str) -> list[str]:
    """Headings of a table: one text of the catalogue, cut at each ``|``."""
    return [heading.strip() for heading in words()(key).split("|")]


def _choose(_: click.Context, __: click.Parameter, value: str | None) -> None:
    if value is not None:
        use_language(value)


def speak(command: click.Command) -> click.Command:
    """Give a command, and the commands below it, the option ``--lang``."""
    option = click.Option(
        ["--lang"],
        type=click.Choice(LANGUAGES),
        expose_value=False,
        is_eager=True,
        callback=_choose,
        allow_from_autoenv=False,
        help="Language of the output; the locale's by default.",
    )
    if not any("--lang" in parameter.opts for parameter in command.params):
        command.params.append(option)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        speak(below)
    return command
