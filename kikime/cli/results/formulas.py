"""``kikime rank --explain``: the formula of every area."""

from __future__ import annotations

import click

from kikime.cli.language import words
from kikime.cli.output import print_json
from kikime.harness.reports.tables.areas import explain, load_areas, weighted_mean
from kikime.harness.reports.tables.quality import QUALITY_RULE
from kikime.harness.words.numbers import percent


def print_formulas(*, as_json: bool) -> None:
    """The formulas, as data or for people."""
    if as_json:
        print_json(explain())
        return
    say, areas = words(), load_areas()
    click.echo(say("cli.formulas.head", version=areas.version))
    for area in areas.areas:
        click.echo(say("cli.formulas.area", name=area.name(say), id=area.id, about=area.purpose(say)))
        click.echo("  " + weighted_mean(area.terms, say))
    click.echo(f"\n{QUALITY_RULE[say.language]}")
    click.echo(say("cli.formulas.handled", quality=areas.handled.quality))
    click.echo(say("cli.formulas.unbroken"))
    click.echo(say("cli.formulas.gate", share=percent(areas.critical_gate)))
