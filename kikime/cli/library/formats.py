"""``kikime formats``: the prompt formats, rendering with them, and their cards."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, wide_option
from kikime.cli.output import note, print_json, print_record, print_table
from kikime.cli.waiting import life_signs
from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.messages import Message
from kikime.harness.core.reasons import parser_reason, system_reason

if TYPE_CHECKING:
    from kikime.harness.prompts import Format, FormatCard

_ROLES = ("system", "user", "assistant")


@click.group()
def formats() -> None:
    """The prompt formats: what they look like, what they cost, how safe they are."""


@formats.command("list")
@wide_option
@json_option
def list_formats(as_json: bool) -> None:
    """List the formats with their sources."""
    from kikime.workflows import library

    known = list(library.formats().values())
    if as_json:
        print_json([_summary(entry) for entry in known])
        return
    rows = [[f.id, words().of_format(f.title), *_places(f), _yes(f.enclosed), _roles(f.n_roles)] for f in known]
    print_table("", columns("cli.formats.columns"), rows, left=4, spare=(2, 5, 3))


@formats.command("show")
@click.argument("format_id", metavar="ID")
@json_option
def show_format(format_id: str, as_json: bool) -> None:
    """Show one format: sidecar, template and an example."""
    from kikime.workflows import library

    shown = library.find_format(format_id)
    if as_json:
        print_json(_summary(shown) | {"template": shown.template})
        return
    say, source, (kind, system) = words(), shown.source, _places(shown)
    click.secho(f"{shown.id}: {say.of_format(shown.title)}", bold=True)
    citation = say.of_format(source.citation)
    click.echo(say("cli.formats.source", text=" ".join(filter(None, [f"{kind}:", citation, source.url, source.read]))))
    click.echo(say("cli.formats.stops", text=" ".join(map(repr, shown.stop)) or "—"))
    click.echo(say("cli.formats.traits", system=system, roles=_roles(shown.n_roles), enclosed=_yes(shown.enclosed)))
    if shown.models:
        click.echo(say("cli.formats.models", text=", ".join(shown.models)))
    for text in filter(None, (*shown.lossy, shown.notes)):
        click.echo(say("cli.formats.note", text=say.of_format(text)))
    if shown.template:
        click.echo(say("cli.formats.template", example=_example(shown), template=shown.template), nl=False)


@formats.command("render")
@click.option("--format", "format_id", required=True, metavar="F", help="A format's id.")
@click.option("--messages", "source", required=True, metavar="FILE", help="Messages as JSON; - reads stdin.")
@click.option("--tokenizer", metavar="PATH", help="A checkpoint's directory or Hub id; gives token ids and stops.")
@click.option("--prefill", metavar="TEXT", help="The beginning of the reply.")
@click.option("--persona", metavar="P", help="Names the speakers and fills the sections (aines_v3).")
@json_option
def render(
    format_id: str, source: str, tokenizer: str | None, prefill: str | None, persona: str | None, as_json: bool
) -> None:
    """Render messages as a prompt: text, token ids, stops.

    FILE is a JSON list of {"role", "content"}, or an object with such a list under "messages".
    """
    from kikime.workflows import library

    messages = read_messages(source)
    rendered = library.render(format_id, messages, tokenizer=tokenizer, prefill=prefill, persona=persona)
    if as_json:
        print_json(rendered._asdict())
    else:
        click.echo(rendered.text)


@formats.command("card")
@click.option("--tokenizer", required=True, metavar="T", help="A checkpoint's directory or Hub id.")
@click.option("--format", "chosen", multiple=True, metavar="F", help="Only these formats (repeatable).")
@wide_option
@json_option
def card(tokenizer: str, chosen: tuple[str, ...], as_json: bool) -> None:
    """Measure the formats on a tokenizer: overhead, single-token controls, protection, parse-back."""
    with life_signs("tokenizer", model=tokenizer):
        from kikime.workflows import library

        found = library.format_cards(tokenizer, chosen)
    for name, why in found.left_out.items():
        note(words()("cli.formats.left_out", id=name, why=why))
    if as_json:
        print_json([asdict(measured) for measured in found.cards])
    else:
        _print_cards(found.cards)


@formats.command("detect")
@click.argument("tokenizer", metavar="TOKENIZER")
@json_option
def detect(tokenizer: str, as_json: bool) -> None:
    """Say which format a checkpoint was trained in, and how sure that is.

    TOKENIZER is a checkpoint's directory or Hub id. Its chat template is compared with every format; its vocabulary
    and its EOS count too.
    """
    say = words()
    with life_signs("tokenizer", model=tokenizer):
        from kikime.workflows import library

        found = library.find_format_of(tokenizer)
    if as_json:
        print_record(found)
        return
    certainty = say(f"cli.formats.certainty_{found.certainty}")
    verdict = say("cli.formats.detected", format=found.format, certainty=certainty) if found.format else certainty
    click.secho(verdict, bold=True)
    for text in say.reasons(found.evidence):
        click.echo(f"  {text}")
    if len(found.matches) > 1:
        rows = [[m.format, m.same, m.alike, m.of, f"{m.tokens}/{m.controls}", _yes(m.ends)] for m in found.matches]
        print_table("", columns("cli.formats.detect_columns"), rows)


def read_messages(source: str) -> list[Message]:
    """Read messages from a JSON file, or from stdin for ``-``.

    Raises:
        FileFormatError: unreadable, not JSON, or not a list of messages.
    """
    where = "<stdin>" if source == "-" else source
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        data = orjson.loads(raw)
    except OSError as error:
        raise FileFormatError(where, None, "cannot be read: {reason}", reason=system_reason(error)) from None
    except orjson.JSONDecodeError as error:
        raise FileFormatError(where, error.lineno, "not valid JSON: {reason}", reason=parser_reason(error)) from None
    if isinstance(data, dict):
        data = data.get("messages")
    if not isinstance(data, list) or not data:
        raise FileFormatError(where, None, "no messages", hint='wanted: [{{"role": "user", "content": "…"}}, …]')
    return [_message(where, number, entry) for number, entry in enumerate(data, 1)]


def _message(where: str, number: int, entry: Any) -> Message:
    if not isinstance(entry, dict) or not {"role", "content"} <= entry.keys():
        raise FileFormatError(where, None, "message {number} is not an object with 'role' and 'content'", number=number)
    if entry["role"] not in _ROLES:
        raise FileFormatError(
            where,
            None,
            "message {number} has role {role!r}",
            hint="one of {known}",
            number=number,
            role=entry["role"],
            known=", ".join(_ROLES),
        )
    if not isinstance(entry["content"], str):
        raise FileFormatError(where, None, "the content of message {number} is not a text", number=number)
    return {"role": entry["role"], "content": entry["content"]}


def _places(entry: Format) -> tuple[str, str]:
    """Where its strings come from, and where it puts the system text."""
    return words()(f"formats.source_{entry.source.kind}"), words()(f"formats.system_{entry.system}")


def _summary(entry: Format) -> dict[str, object]:
    return entry.model_dump(mode="json") | {"hash": entry.hash}


def _example(shown: Format) -> str:
    from kikime.workflows import library

    messages: list[Message] = [
        {"role": "system", "content": "SYSTEM"},
        {"role": "user", "content": "USER 1"},
        {"role": "assistant", "content": "REPLY 1"},
        {"role": "user", "content": "USER 2"},
    ]
    return library.render(shown, messages).text


def _print_cards(cards: list[FormatCard]) -> None:
    print_table(
        "", columns("cli.formats.card_columns"), [_row(measured) for measured in cards], spare=(11, 10, 9, 8, 7)
    )
    note(words()("cli.formats.card_legend"))


def _row(card: FormatCard) -> list[object]:
    single = f"{card.single_token_controls}/{len(card.control_tokens)}"
    sizes = [card.format, card.fixed_overhead, card.turn_overhead, single, card.eot_tokens]
    traits = [_yes(card.enclosed), _yes(card.protected), _roles(card.n_roles)]
    return [*sizes, *traits, card.newlines, card.markers, card.forged, card.forged_as_text]


def _roles(n: int | str) -> int | str:
    return words()("cli.formats.any_roles") if n == "any" else n


def _yes(value: bool) -> str:
    return words()("cli.yes" if value else "cli.no")
