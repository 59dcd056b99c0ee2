"""Panels of judges for people: means, and how far the members agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kikime.cli.language import columns, words
from kikime.cli.output import print_table, tell
from kikime.harness.words.numbers import number, percent

if TYPE_CHECKING:
    from kikime.harness.reports.overview.records import JudgedRun
    from kikime.harness.stats.panel import PanelAgreement
    from kikime.workflows.loaded import Run


def print_panels(run: Run) -> None:
    """The panel of all judges of a run, where there are several."""
    if len({row.judge_id for row in run.summary.judge}) > 1:
        for panel in run.panels():
            print_judged(panel)


def print_judged(found: JudgedRun) -> None:
    """One judge's, or a panel's, means of a run, one row per criterion."""
    say, panel = words(), bool(found.members)
    rows = [
        [
            say.metric(row.criterion),
            row.criterion,
            number(row.mean)
            + scale_note(row.scale)
            + ("" if row.half_width is None else f" ± {number(row.half_width)}"),
            f"{row.n:,}/{row.due:,}",
            percent(row.coverage),
            *(agreement_cells(row.agreement) if panel else []),
        ]
        for row in found.criteria
    ]
    headings = columns("cli.panel.columns") + ([say("cli.panel.alpha"), say("cli.panel.qwk")] if panel else [])
    print_table(f"{found.name}: {found.judge}", headings, rows, left=2)
    if panel:
        print_legend(found.members)


def scale_note(high: int) -> str:
    """What follows a mean that is not on the usual scale of 1–7."""
    return "" if high == 7 else f" (1–{high})"


def print_legend(members: Sequence[str]) -> None:
    """What a panel's mean and its agreement are."""
    tell(words()("cli.panel.legend", judges=words()("cli.and").join(members)))


def agreement_cells(found: PanelAgreement | None) -> list[str]:
    """Alpha and the mean of the pairwise QWK, each with its interval."""
    from kikime.harness.words import labels

    if found is None:
        return ["—", "—"]
    return [labels.agreement(found), labels.with_interval(found.qwk, found.qwk_low, found.qwk_high)]
