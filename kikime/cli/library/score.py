"""``kikime score``: rule metrics for replies that already exist."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from kikime.harness.core.errors import EnvironmentFault, PartialResult, UsageError
from kikime.harness.core.reasons import system_reason


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--persona", required=True, help="A bundled persona's id, or a card file; a line's own persona wins.")
def score(file: str, persona: str) -> None:
    """Score the replies of FILE: JSON lines in, JSON lines out, in the same order.

    A line is {"id", "response"} and may have user, history, finish_reason, system, examples, persona and expect. A
    line with task and item ("kikime tasks show TASK" lists them) is measured as that item's reply; format names the
    prompt format whose own sentences must not come back. A wrong line gives {"id" or "line", "error"}; the others are
    still scored, and the exit code is 4.
    """
    from kikime.workflows.score import score as score_replies

    total = failed = 0
    out = sys.stdout.buffer
    for scored in score_replies(_lines(file), persona):
        out.write(scored.to_json() + b"\n")
        total += 1
        failed += scored.error is not None
        if file == "-":
            out.flush()
    out.flush()
    if failed:
        raise PartialResult(
            "{failed} of {total} lines could not be scored",
            hint="each has an 'error' in the output instead of 'metrics'",
            failed=failed,
            total=total,
        )


def _lines(file: str) -> Iterator[bytes]:
    """Lines of FILE, which is opened when the first one is read: an unknown persona is told before a missing file."""
    with _opened(file) as stream:
        yield from stream


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115  (closed below; only opening it is guarded here)
    except FileNotFoundError:
        raise UsageError("{path}: no such file", path=file) from None
    except IsADirectoryError:
        raise UsageError(
            "{path} is a folder", hint="give a file of JSON lines, or - for standard input", path=file
        ) from None
    except OSError as error:
        raise EnvironmentFault("{path} cannot be read: {reason}", path=file, reason=system_reason(error)) from None
    with stream:
        yield stream
