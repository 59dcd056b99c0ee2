"""``kikime audit``: judge a data set, then write the table and the filtered data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.again import this_command
from kikime.cli.judging.options import AskFlags, finish, going_on_is_told, judge_options
from kikime.cli.language import columns, words
from kikime.cli.options import json_option
from kikime.cli.output import note, print_json, print_table
from kikime.cli.unreadable import tell_unreadable
from kikime.harness.words.numbers import number

if TYPE_CHECKING:
    from kikime.workflows.judge import Audited


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--persona", required=True, help="Who should be speaking (id or card file).")
@click.option("--user-column", help="Column of the user's line.")
@click.option("--reply-column", help="Column of the character's reply.")
@click.option("--split", help="Split of a dataset directory.")
@click.option("--rubric", default="character_v1", show_default=True, help="Rubric id or file.")
@click.option("--keep-min", type=click.FloatRange(1, 7), default=5.0, show_default=True, help="Least score that stays.")
@click.option(
    "--out",
    metavar="DIRECTORY",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the table and the filtered data.",
)
@judge_options
@json_option
def audit(
    data: Path,
    asking: AskFlags,
    persona: str,
    user_column: str | None,
    reply_column: str | None,
    split: str | None,
    rubric: str,
    keep_min: float,
    out: Path | None,
    as_json: bool,
) -> int:
    """Judge training data: what scores low and why, and the data without it, in the format of the input."""
    from kikime.cli.progress import TerminalListener
    from kikime.workflows.judge import audit as audit_data

    settings = asking.settings()
    with going_on_is_told():
        found = audit_data(
            data,
            persona=persona,
            user_column=user_column,
            reply_column=reply_column,
            split=split,
            rubric=rubric,
            keep_min=keep_min,
            judge=settings,
            out=out,
            again=this_command(),
            progress=TerminalListener(),
        )
    if as_json:
        print_json(found.report())
    else:
        _print_audit(found)
    tell_unreadable(found.audit.unreadable)
    return finish(found.audit.outcome, flawless=bool(found.kept) and not found.audit.unreadable)


def _print_audit(audited: Audited) -> None:
    found = audited.audit
    for criterion, counts in found.histogram().items():
        widest = max([*counts.values(), 1])
        click.echo(words().criterion(criterion))
        for point, n in sorted(counts.items()):
            click.echo(f"  {point} {'█' * round(40 * n / widest)} {n}")
    lowest = [[r.source.user, r.source.reply, r.number, number(r.score)] for r in found.by_score()[:10]]
    print_table(words()("cli.audit.lowest"), columns("cli.audit.columns"), lowest, left=2)
    note(
        words()(
            "cli.audit.kept",
            kept=len(audited.kept),
            total=found.total,
            unscored=found.unscored,
            filtered=audited.filtered,
            table=audited.table,
        )
    )
