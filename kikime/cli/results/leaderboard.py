"""``kikime leaderboard``: browse, compare and inspect runs in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from kikime.cli.language import words
from kikime.cli.options import runs_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option("--allow-remote", is_flag=True, help="Listen on an address that other machines can reach; no password.")
@runs_option
def leaderboard(host: str, port: int, allow_remote: bool, runs: Path) -> None:
    """Open the leaderboard: models, comparisons, every reply, the judge, and blind rating by people."""
    from kikime.cli.output import note
    from kikime.leaderboard.launch import is_loopback, serve

    def announce() -> None:
        if not is_loopback(host):
            note(words()("cli.leaderboard.remote", where=f"{host}:{port}"))
        note(words()("cli.leaderboard.ready", url=f"http://{host}:{port}"))

    code = 0
    try:
        serve(runs, host=host, port=port, allow_remote=allow_remote, announce=announce)
    except KeyboardInterrupt:
        code = 130
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End at once: threads of visitors still run, and DuckDB would print what each of them holds as leaks."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
