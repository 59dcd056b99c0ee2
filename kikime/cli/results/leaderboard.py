"""``kikime leaderboard``: browse, compare and inspect runs in the browser."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

import click

from kikime.cli.language import words
from kikime.cli.options import runs_option
from kikime.harness.core.errors import UsageError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--allow-remote", is_flag=True, help="Listen on an address that other machines can reach.")
@click.option(
    "--sign-in",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Let in only whom this TOML file names: [auth] of an OIDC provider, [roles] viewer, rater and admin.",
)
@click.option("--embed", metavar="ORIGIN", multiple=True, help="Let pages of ORIGIN show it in a frame (repeatable).")
@runs_option
def leaderboard(
    host: str, port: int, allow_remote: bool, sign_in: Path | None, embed: tuple[str, ...], runs: Path
) -> None:
    """Open the leaderboard: models, comparisons, every reply, the judge, and blind rating by people."""
    from kikime.cli.output import note
    from kikime.leaderboard.launch import is_loopback, serve

    def announce() -> None:
        if not is_loopback(host) and sign_in is None:
            note(words()("cli.leaderboard.remote", where=f"{host}:{port}"))
        note(words()("cli.leaderboard.ready", url=f"http://{host}:{port}"))

    code = 0
    try:
        serve(
            runs,
            host=host,
            port=port,
            allow_remote=allow_remote,
            sign_in=sign_in,
            frames=[_origin(each) for each in embed],
            announce=announce,
        )
    except KeyboardInterrupt:
        code = 130
    _leave(code)


def _origin(text: str) -> str:
    """An origin as a Content-Security-Policy takes it."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.*-]+(:[0-9]+)?", text):
        raise UsageError("'{text}' is no origin", hint="for example https://huggingface.co", text=text)
    return text


def _leave(code: int) -> NoReturn:
    """End at once: threads of visitors still run, and DuckDB would print what each of them holds as leaks."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
