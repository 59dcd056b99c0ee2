"""``kikime score``: rule metrics for replies that already exist."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.language import columns, words
from kikime.cli.output import print_table, tell
from kikime.harness.core.errors import PartialResult

if TYPE_CHECKING:
    from kikime.harness.metrics.totals import Totals


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--persona", required=True, help="A bundled persona's id, or a card file; a line's own persona wins.")
def score(file: str, persona: str) -> None:
    """Score the replies of FILE: JSON lines in, JSON lines out, in the same order.

    FILE may also be a table or training data, as kikime audit reads it; a row without an id gets its number.

    A line is {"id", "response"} and may have user, history, finish_reason, system, examples, persona and expect. A
    line with task and item ("kikime tasks show TASK" lists them) is measured as that item's reply, with turn (from
    0) as that to a later line of its script; format names the prompt format whose own sentences must not come back. A
    wrong line gives {"id" or "line", "error"}; the others are still scored, and the exit code is 4.

    The means of each metric follow on stderr; of each character, too, where lines name several.
    """
    from kikime.harness.metrics.totals import Totals
    from kikime.workflows.score import score_file, score_stream

    total = failed = 0
    totals = Totals()
    out = sys.stdout.buffer
    replies = score_stream(sys.stdin.buffer, persona) if file == "-" else score_file(Path(file), persona)
    for scored in replies:
        told = scored if scored.error is None else replace(scored, error=words().message(scored.error))
        out.write(told.to_json() + b"\n")
        if scored.metrics is not None and scored.persona is not None:
            totals.add(scored.persona, scored.metrics)
        total += 1
        failed += scored.error is not None
        if file == "-":
            out.flush()
    out.flush()
    if totals.replies:
        _print_means(totals)
    if failed:
        raise PartialResult(
            "{failed} of {total} {total:line|lines} could not be scored",
            hint="each has an 'error' in the output instead of 'metrics'",
            failed=failed,
            total=total,
        )


def _print_means(totals: Totals) -> None:
    """One row per metric: to how many replies it applies, and its means, on stderr."""
    from kikime.harness.words import labels

    say, several = words(), totals.characters if len(totals.characters) > 1 else {}
    rows = [
        [
            say.metric(name),
            f"{totals.n(name):,}",
            labels.value(name, totals.mean(name)),
            *(labels.value(name, own.mean(name)) for own in several.values()),
        ]
        for name in totals.metrics()
    ]
    title = say("cli.score.title", n=totals.replies)
    print_table(title, [*columns("cli.score.columns"), *several], rows, err=True)
    tell(say("cli.score.means"), err=True)
