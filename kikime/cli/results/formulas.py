"""``kikime rank --explain``: the formula of every area."""

from __future__ import annotations

from kikime.cli.language import words
from kikime.cli.output import print_json, tell
from kikime.harness.reports.tables.areas import explain, load_areas, weighted_mean
from kikime.harness.reports.tables.quality import QUALITY_RULE
from kikime.harness.words.numbers import percent


def print_formulas(*, as_json: bool) -> None:
    """The formulas, as data or for people."""
    if as_json:
        print_json(explain())
        return
    say, areas = words(), load_areas()
    tell(say("cli.formulas.head", version=areas.version))
    for area in areas.areas:
        tell(say("cli.formulas.area", name=area.name(say), id=area.id, about=area.purpose(say)))
        tell("  " + weighted_mean(area.terms, say))
    tell(f"\n{QUALITY_RULE[say.language]}")
    tell(say("cli.formulas.handled", quality=areas.handled.quality))
    tell(say("cli.formulas.unbroken"))
    tell(say("cli.formulas.gate", share=percent(areas.critical_gate)))
