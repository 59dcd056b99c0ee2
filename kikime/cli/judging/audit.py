"""``kikime audit``: judge a data set, then write the table and the filtered data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.again import this_command
from kikime.cli.judging.options import AskFlags, finish, going_on_is_told, judge_options
from kikime.cli.language import columns, words
from kikime.cli.options import json_option
from kikime.cli.unreadable import tell_unreadable
from kikime.cli.output import note, print_json, print_table
from kikime.harness.words.numbers import number

if TYPE_CHECKING:
    from kikime.judges.files.audit import Audit


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
    from kikime.harness.cards.persona import load_persona
    from kikime.harness.core.tables import read_table
    from kikime.harness.core.tables.replies import replies_of
    from kikime.judges.files.audit import audit_replies, own_names, write_report
    from kikime.judges.verdicts.rubric import load_rubric

    settings = asking.settings()
    card, asked = load_persona(persona), load_rubric(rubric)
    table = read_table(data, split=split, wanted=[name for name in (user_column, reply_column) if name])
    replies = replies_of(table, user=user_column, reply=reply_column, own_names=own_names(card))
    with going_on_is_told():
        found = audit_replies(replies, card, asked, settings, say=note)
    found.outcome.raise_for_stop(this_command())
    out = out or Path(f"{data.stem}-audit")
    out.mkdir(parents=True, exist_ok=True)
    report, filtered = out / "audit.csv", out / f"{data.stem}-kept{data.suffix}"
    write_report(found, report)
    kept = found.kept(keep_min)
    found.warn_of_nothing_kept(kept, keep_min)
    table.write(filtered, kept)
    if as_json:
        print_json(found.report(kept, table=report, filtered=filtered))
    else:
        _print_audit(found, kept, report, filtered)
    tell_unreadable(found.unreadable)
    return finish(found.outcome, flawless=bool(kept) and not found.unreadable)


def _print_audit(found: Audit, kept: Sequence[int], report: Path, filtered: Path) -> None:
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
            kept=len(kept),
            total=found.total,
            unscored=found.unscored,
            filtered=filtered,
            table=report,
        )
    )
