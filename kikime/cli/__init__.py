"""The ``kikime`` command: thin commands that each call one function."""

from __future__ import annotations

import errno
import importlib
import itertools
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from kikime.cli.click_words import translate_click
from kikime.cli.language import speak, words
from kikime.harness import __version__
from kikime.harness.core.errors import KikimeError
from kikime.harness.core.names import did_you_mean
from kikime.harness.core.reasons import Phrase, system_reason
from kikime.harness.words.catalogue import LANGUAGES, Translator, use_language

_COMMANDS = {
    "demo": "kikime.cli.running.demo:demo",
    "run": "kikime.cli.running.run:run",
    "sweep": "kikime.cli.running.sweep:sweep",
    "watch": "kikime.cli.running.watch:watch",
    "plan": "kikime.cli.running.plan:plan",
    "resume": "kikime.cli.running.resume:resume",
    "score": "kikime.cli.library.score:score",
    "judge": "kikime.cli.judging.judge:judge",
    "show": "kikime.cli.results.show:show",
    "compare": "kikime.cli.results.compare:compare",
    "about": "kikime.cli.results.about:about",
    "verify": "kikime.cli.results.verify:verify",
    "push": "kikime.cli.running.push:push",
    "rank": "kikime.cli.results.rank:rank",
    "gate": "kikime.cli.results.gate:gate",
    "export": "kikime.cli.results.export:export",
    "leaderboard": "kikime.cli.results.leaderboard:leaderboard",
    "audit": "kikime.cli.judging.audit:audit",
    "calibrate": "kikime.cli.judging.calibrate:calibrate",
    "formats": "kikime.cli.library.formats:formats",
    "personas": "kikime.cli.library.personas:personas",
    "tasks": "kikime.cli.library.tasks:tasks",
    "schema": "kikime.cli.library.schema:schema",
    "doctor": "kikime.cli.library.doctor:doctor",
}
_HELP_ORDER = list(_COMMANDS)
OWN_FAULT = 70
"""Exit code of an error of our own (EX_SOFTWARE of sysexits.h)."""


class KikimeGroup(click.Group):
    """Loads commands when they are asked for, and turns errors into one message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Commands in the order of the journey."""
        return _HELP_ORDER

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module that defines the command."""
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return speak(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is told with the nearest."""
        if args and args[0] not in _COMMANDS and (meant := did_you_mean(args[0], _COMMANDS)):
            unknown = Phrase("No such command '{name}'{meant}.", name=args[0], meant=meant)
            ctx.fail(words().message(unknown))
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> Any:
        """Run a command; never shows a traceback unless ``--debug`` or KIKIME_DEBUG is given."""
        arguments = list(sys.argv[1:] if args is None else args)
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # torch reads it once, at its first import
        debug = "--debug" in arguments or bool(os.environ.get("KIKIME_DEBUG"))
        arguments = [argument for argument in arguments if argument != "--debug"]
        _choose_language(arguments)
        extra["standalone_mode"] = False
        extra["prog_name"] = "kikime"
        try:
            result = super().main(arguments, **extra)
        except Exception as error:
            if debug:
                raise
            sys.exit(_report(error))
        except KeyboardInterrupt:
            sys.exit(130)
        sys.exit(result if isinstance(result, int) else 0)


def _choose_language(arguments: Sequence[str]) -> None:
    """Take the language from the line before click reads it, so that click's own complaints are in it too."""
    given = [after for before, after in itertools.pairwise(arguments) if before == "--lang"]
    given += [argument.removeprefix("--lang=") for argument in arguments if argument.startswith("--lang=")]
    use_language(next((language for language in reversed(given) if language in LANGUAGES), None))
    named = os.environ.get("KIKIME_LANG")
    if not given and named and named not in LANGUAGES:
        say = words()
        unknown = Phrase(
            "KIKIME_LANG={language} is not a language of kikime ({known}); speaking {spoken}",
            language=named,
            known=", ".join(LANGUAGES),
            spoken=say.language,
        )
        click.echo(say.message(unknown), err=True)


def _report(error: Exception) -> int:
    """Print what went wrong; returns the exit code."""
    say = Translator.of(None)
    if isinstance(error, click.exceptions.Abort):
        click.echo(say.message(Phrase("kikime: interrupted")), err=True)
        return 130
    if isinstance(error, BrokenPipeError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  (nobody reads any more)
        return 0
    if isinstance(error, click.ClickException):
        error.show(sys.stderr)
        return 2
    if isinstance(error, KikimeError):
        click.echo(say.message(Phrase("kikime: {problem}", problem=error)), err=True)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EIO}:
        problem = Phrase(
            "kikime: a file or standard output cannot be read or written: {reason}", reason=system_reason(error)
        )
        click.echo(say.message(problem), err=True)
        return 3
    unexpected = Phrase(
        "kikime: unexpected {kind}: {reason}\n  → --debug shows the trace", kind=type(error).__name__, reason=error
    )
    click.echo(say.message(unexpected), err=True)
    return OWN_FAULT


@click.group(
    cls=KikimeGroup,
    context_settings={"auto_envvar_prefix": "KIKIME", "help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="kikime", help="Show the version and exit.")
def main() -> None:
    """How well does a prompt work on a Japanese character model?

    Benchmarks checkpoints with vLLM, scores every reply, and compares models with honest statistics.
    --debug (anywhere on the line) shows traces of errors.
    """


translate_click()
speak(main)
