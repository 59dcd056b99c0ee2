"""``kikime rank --explain``: the formula of every area."""

from __future__ import annotations

import click

from kikime.cli.language import words
from kikime.cli.output import percent, print_json
from kikime.harness.reports.tables.areas import Term, explain, load_areas
from kikime.harness.reports.tables.quality import QUALITY_RULE


def print_formulas(*, as_json: bool) -> None:
    """The formulas, as data or for people."""
    if as_json:
        print_json(explain())
        return
    say, areas = words(), load_areas()
    click.echo(say("cli.formulas.head", version=areas.version))
    for area in areas.areas:
        japanese = say.language == "ja"
        about = area.about if japanese else say.get(f"area_about.{area.id}", area.about)
        click.echo(say("cli.formulas.area", name=area.ja if japanese else area.en, id=area.id, about=about))
        click.echo("  " + say("cli.formulas.formula", terms=say("cli.listed").join(map(_term, area.terms))))
    click.echo(f"\n{QUALITY_RULE[say.language]}")
    click.echo(say("cli.formulas.handled", quality=areas.handled.quality))
    click.echo(say("cli.formulas.unbroken"))
    click.echo(say("cli.formulas.gate", share=percent(areas.critical_gate)))


def _term(term: Term) -> str:
    say = words()
    conditions = {
        f"formats_{term.formats}": "",
        f"shots_{term.shots}": "",
        f"technique_{term.technique}": "",
        f"context_{term.context}": "",
        f"turns_{term.turns}": "",
    }
    where = [say("cli.formulas.only", tasks=say("cli.and").join(term.only))] if term.only else []
    where += [say("cli.formulas.without", tasks=say("cli.and").join(term.without))] if term.without else []
    where += filter(None, (say.get(f"cli.formulas.where.{name}", missing) for name, missing in conditions.items()))
    name = term.words.partition("⟨")[0]
    return name + (f"⟨{say('cli.listed').join(where)}⟩" if where else "")
