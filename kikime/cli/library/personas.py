"""``kikime personas``: list, show, check, draft, import and export character cards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, wide_option
from kikime.cli.output import note, print_json, print_records, print_table
from kikime.cli.unreadable import tell_unreadable
from kikime.harness.core.errors import EnvironmentFault, PartialResult, UsageError
from kikime.harness.core.reasons import system_reason
from kikime.harness.words.numbers import number, percent

if TYPE_CHECKING:
    from kikime.harness.authoring.check import PersonaReport
    from kikime.harness.cards.persona import Persona


@click.group()
def personas() -> None:
    """List, show, check, draft, import and export character cards."""


@personas.command("list")
@wide_option
@json_option
def list_(as_json: bool) -> None:
    """List the bundled personas."""
    from kikime.workflows import library

    found = library.personas()
    if as_json:
        print_records(found)
        return
    rows = [
        (card.id, card.name, card.language, "–".join(map(str, card.chars)), card.facts, card.examples) for card in found
    ]
    print_table("", columns("cli.personas.columns"), rows, left=3, spare=(5, 4))


@personas.command()
@click.argument("persona")
@json_option
def show(persona: str, as_json: bool) -> None:
    """Show a card. PERSONA is a bundled id or a card file."""
    from kikime.harness.cards.persona import load_persona

    card = load_persona(persona)
    if as_json:
        print_json(card.model_dump(mode="json"))
        return
    _print_card(card)


def _print_card(card: Persona) -> None:
    say, voice, length = words(), card.voice, card.length
    head = say("cli.personas.head", id=card.id, version=card.version, name=card.name)
    click.echo(f"{head}\n\n{card.profile}\n")
    if card.background:
        click.echo(say("cli.personas.scene", text=card.background))
    for key, pronouns in (("first_person", voice.first_person), ("second_person", voice.second_person)):
        allowed, forbidden = _listed(pronouns.allowed), _listed(pronouns.forbidden)
        click.echo(say(f"cli.personas.{key}", allowed=allowed, forbidden=forbidden))
    click.echo(say("cli.personas.markers", text=_listed(voice.markers.strong), rate=percent(voice.markers.target_rate)))
    click.echo(say("cli.personas.forbidden", text=_listed(voice.forbidden)))
    click.echo(say("cli.personas.length", low=length.chars[0], high=length.chars[1], target=length.target))
    for example in card.examples[:5]:
        click.echo(f"\n  {example.user}\n  → {example.reply}")


@personas.command()
@click.argument("file")
@json_option
def check(file: str, as_json: bool) -> None:
    """Validate a card and score its own examples with it. FILE is a card file or a bundled id.

    Exit code 2 when the card is wrong, 4 when it does not describe its own examples.
    """
    from kikime.workflows import library

    report = library.check_card(file)
    if as_json:
        print_json({**asdict(report), "ok": report.ok})
    else:
        _print_check(report)
    for text in report.notes:
        note(words()("cli.personas.note", text=text))
    for text in report.warnings:
        note(words()("cli.personas.warning", text=text))
    if not report.ok:
        raise PartialResult(
            "{path}: {n} things in the card do not fit its own examples",
            hint="mend the card or the examples, then check again",
            path=file,
            n=len(report.warnings),
        )


def _print_check(report: PersonaReport) -> None:
    say = words()
    used = _listed([f"{word} ×{count}" for word, count in report.first_person.items()])
    click.echo(say("cli.personas.check.head", id=report.id, n=report.examples))
    rates = {"rate": percent(report.marker_rate), "target": percent(report.target_rate)}
    click.echo(say("cli.personas.check.markers", **rates))
    mean = number(report.mean_length, 1)
    click.echo(say("cli.personas.check.length", share=percent(report.length_inside), mean=mean))
    click.echo(say("cli.personas.check.sentences", share=percent(report.sentences_inside)))
    click.echo(say("cli.personas.check.first_person", used=used))


@personas.command()
@click.option(
    "--from",
    "data",
    metavar="FILE",
    type=click.Path(path_type=Path),
    required=True,
    help="CSV, TSV, JSONL, JSON, Parquet, a dataset folder or text.",
)
@click.option("--id", "persona_id", required=True, help="Id of the card: a–z, 0–9 and -.")
@click.option("--name", required=True, help="The character's name.")
@click.option("--reply", metavar="COLUMN", help="Column of the character's lines; guessed from its name otherwise.")
@click.option("--user", metavar="COLUMN", help="Column of the lines that it answers; guessed, may be absent.")
@click.option(
    "--output", "-o", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write the card here."
)
@json_option
def new(
    data: Path, persona_id: str, name: str, reply: str | None, user: str | None, output: Path | None, as_json: bool
) -> int:
    """Draft a card from a set of the character's own lines: markers, pronouns, length, politeness, examples."""
    from kikime.workflows import library

    draft = library.draft_card(data, persona_id, name, reply=reply, user=user)
    if output:
        _write(output, draft.text)
        note(words()("cli.personas.wrote", path=output, n=draft.n_lines))
    if as_json:
        print_json(draft.card.model_dump(mode="json"))
    elif not output:
        click.echo(draft.text, nl=False)
    tell_unreadable(draft.unreadable)
    return 4 if draft.unreadable else 0


@personas.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "persona_id", help="Id of the card: a–z, 0–9 and -; from the file's name otherwise.")
@click.option("--user-name", help="What {{user}} stands for.")
@click.option(
    "--output", "-o", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write the card here."
)
@json_option
def import_(file: Path, persona_id: str | None, user_name: str | None, output: Path | None, as_json: bool) -> None:
    """Make a persona card of a character card of SillyTavern (V1–V3: JSON, PNG, CHARX) or oobabooga (YAML).

    Its texts, first messages, examples and lorebook are kept; the voice is measured on what the character says. What
    has no place in a persona card is named.
    """
    from kikime.workflows import library

    found, say = library.import_card(file, persona_id=persona_id, user_name=user_name), words()
    if output:
        _write(output, found.text)
        note(say("cli.personas.wrote_card", path=output))
    if as_json:
        print_json(found.card.model_dump(mode="json"))
    elif not output:
        click.echo(found.text, nl=False)
    kept = {
        "examples": len(found.card.examples),
        "greetings": len(found.card.greetings),
        "lore": len(found.card.lorebook),
    }
    note(say("cli.personas.imported", kind=found.program, **kept))
    note(say("cli.personas.measured" if found.measured else "cli.personas.brought", n=found.n_lines))
    if found.unmapped:
        note(say("cli.personas.unmapped", names=say("cli.and").join(found.unmapped)))
    if found.guessed:
        note(say("cli.personas.few_lines", n=found.n_lines))


@personas.command()
@click.argument("persona")
@click.option(
    "--to", "version", type=click.Choice(["v2", "v3"]), default="v2", show_default=True, help="Version of the card."
)
@click.option(
    "--output", "-o", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write the card here."
)
def export(persona: str, version: Literal["v2", "v3"], output: Path | None) -> None:
    """Write a persona card as a SillyTavern card (JSON). PERSONA is a bundled id or a card file.

    The whole card travels in it, so that `kikime personas import` gives it back.
    """
    from kikime.workflows import library

    text = json.dumps(library.export_card(persona, version), ensure_ascii=False, indent=2) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    _write(output, text)
    note(words()("cli.personas.exported", path=output))


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(
            "{path} exists already", hint="choose another name; a card is never overwritten", path=path
        ) from None
    except OSError as error:
        raise EnvironmentFault("{path} cannot be written: {reason}", path=path, reason=system_reason(error)) from None


def _listed(texts: Sequence[str]) -> str:
    return words()("cli.listed").join(texts) or "—"
