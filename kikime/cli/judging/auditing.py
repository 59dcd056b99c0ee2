"""What ``kikime audit`` does: judge a data set, then write the table and the filtered data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.again import this_command
from kikime.cli.judging.judging import finish, take_settings
from kikime.cli.output import note, number, print_json, print_table
from kikime.harness.cards.persona import load_persona
from kikime.judges.verdicts.rubric import load_rubric

if TYPE_CHECKING:
    from kikime.judges.files.audit import Audit


def audit_command(data: Path, **options: Any) -> int:
    """``kikime audit``."""
    from kikime.judges.files.audit import audit_table, find_columns, write_report
    from kikime.judges.files.table_file import open_table

    settings = take_settings(options)
    persona, rubric = load_persona(options["persona"]), load_rubric(options["rubric"])
    table = open_table(data, options["split"])
    columns = find_columns(table, options["user_column"], options["reply_column"])
    found = audit_table(table, columns, persona, rubric, settings, say=note)
    found.outcome.raise_for_stop(this_command())
    out = options["out"] or Path(f"{data.stem}-audit")
    out.mkdir(parents=True, exist_ok=True)
    report, filtered = out / "audit.csv", out / f"{data.stem}-kept{data.suffix}"
    write_report(found, report)
    kept = found.kept(options["keep_min"])
    table.write(filtered, kept)
    _print_audit(found, kept, report, filtered, as_json=options["as_json"])
    return finish(found.outcome)


def _print_audit(found: Audit, kept: Sequence[int], report: Path, filtered: Path, *, as_json: bool) -> None:
    unscored = sum(row.score is None for row in found.rows)
    if as_json:
        rows = [
            {
                "row": row.number,
                "score": row.score,
                "status": row.status,
                "verdicts": row.lines,
                "metrics": dict(row.metrics),
            }
            for row in found.by_score()
        ]
        kept_rows = [index + 1 for index in kept]
        paths = {"table": str(report), "filtered": str(filtered)}
        print_json({"rows": rows, "kept": kept_rows, "unscored": unscored, "histogram": found.histogram(), **paths})
        return
    for criterion, counts in found.histogram().items():
        widest = max([*counts.values(), 1])
        click.echo(criterion)
        for point, n in sorted(counts.items()):
            click.echo(f"  {point} {'█' * round(40 * n / widest)} {n}")
    lowest = [[r.subject.user, r.subject.response, r.number, number(r.score)] for r in found.by_score()[:10]]
    print_table("lowest", ["user", "reply", "row", "score"], lowest, left=2)
    note(
        f"{len(kept)} of {len(found.rows)} rows kept ({unscored} of them have no score) → {filtered}; table → {report}"
    )
