"""``kikime personas``: list, show, check and draft character cards."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from kikime.cli.options import json_option
from kikime.cli.output import note, percent, print_json, print_table
from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.core.errors import EnvironmentFault, PartialResult, UsageError


@click.group()
def personas() -> None:
    """List, show, check and draft character cards."""


@personas.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the bundled personas."""
    cards = [load_persona(persona_id) for persona_id in persona_ids()]
    if as_json:
        print_json([_about(card) for card in cards])
        return
    rows = [
        (card.id, card.name, card.language, "–".join(map(str, card.length.chars)), len(card.facts), len(card.examples))
        for card in cards
    ]
    print_table("", ("persona", "name", "language", "characters", "facts", "examples"), rows, left=3)


@personas.command()
@click.argument("persona")
@json_option
def show(persona: str, as_json: bool) -> None:
    """Show a card. PERSONA is a bundled id or a card file."""
    card = load_persona(persona)
    if as_json:
        print_json(card.model_dump(mode="json"))
        return
    voice, length = card.voice, card.length
    click.echo(f"{card.id} (version {card.version})  {card.name}\n\n{card.profile}\n")
    if card.background:
        click.echo(f"scene:          {card.background}")
    click.echo(f"first person:   {_words(voice.first_person.allowed)}  never {_words(voice.first_person.forbidden)}")
    click.echo(f"second person:  {_words(voice.second_person.allowed)}  never {_words(voice.second_person.forbidden)}")
    click.echo(f"markers:        {_words(voice.markers.strong)}  target {percent(voice.markers.target_rate)}")
    click.echo(f"forbidden:      {_words(voice.forbidden)}")
    click.echo(f"length:         {length.chars[0]}–{length.chars[1]} characters, {length.target} wanted")
    for example in card.examples[:5]:
        click.echo(f"\n  {example.user}\n  → {example.reply}")


@personas.command()
@click.argument("file")
@json_option
def check(file: str, as_json: bool) -> None:
    """Validate a card and score its own examples with it. FILE is a card file or a bundled id.

    Exit code 2 when the card is wrong, 4 when it does not describe its own examples.
    """
    from kikime.harness.authoring.check import check_persona

    report = check_persona(load_persona(file))
    if as_json:
        print_json({**asdict(report), "ok": report.ok})
    else:
        pronouns = "、".join(f"{word} ×{count}" for word, count in report.first_person.items()) or "—"
        length = "—" if report.mean_length is None else f"{report.mean_length:.1f}"
        click.echo(f"{report.id}: {report.examples} examples")
        click.echo(f"  marker rate       {percent(report.marker_rate)}  (card: {percent(report.target_rate)})")
        click.echo(f"  length in range   {percent(report.length_inside)}  (mean {length} characters)")
        click.echo(f"  sentences in range {percent(report.sentences_inside)}")
        click.echo(f"  first person      {pronouns}")
    for text in report.notes:
        note(f"note: {text}")
    for text in report.warnings:
        note(f"warning: {text}")
    if not report.ok:
        raise PartialResult(
            f"{file}: {len(report.warnings)} things in the card do not fit its own examples",
            hint="mend the card or the examples, then check again",
        )


@personas.command()
@click.option("--from", "data", type=click.Path(path_type=Path), required=True, help="CSV, TSV, JSONL, JSON or text.")
@click.option("--id", "persona_id", required=True, help="Id of the card: a–z, 0–9 and -.")
@click.option("--name", required=True, help="The character's name.")
@click.option("--reply", metavar="COLUMN", help="Column of the character's lines; guessed from its name otherwise.")
@click.option("--user", metavar="COLUMN", help="Column of the lines that it answers; guessed, may be absent.")
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write the card here.")
@json_option
def new(
    data: Path, persona_id: str, name: str, reply: str | None, user: str | None, output: Path | None, as_json: bool
) -> None:
    """Draft a card from a set of the character's own lines: markers, pronouns, length, politeness, examples."""
    from kikime.harness.authoring.draft import draft_persona, parse_draft
    from kikime.harness.cards.lines import read_lines

    lines = read_lines(data, reply=reply, user=user)
    text = draft_persona(lines, persona_id, name)
    if output:
        _write(output, text)
        note(f"wrote {output} from {len(lines)} lines\n  → kikime personas check {output}")
    if as_json:
        print_json(parse_draft(text).model_dump(mode="json"))
    elif not output:
        click.echo(text, nl=False)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already", hint="choose another name; a card is never overwritten") from None
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}") from None


def _about(card: Persona) -> dict[str, object]:
    return {
        "id": card.id,
        "name": card.name,
        "version": card.version,
        "language": card.language,
        "chars": card.length.chars,
        "facts": len(card.facts),
        "examples": len(card.examples),
    }


def _words(words: tuple[str, ...]) -> str:
    return "、".join(words) or "—"
