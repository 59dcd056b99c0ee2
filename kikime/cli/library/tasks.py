"""``kikime tasks``: the task banks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, wide_option
from kikime.cli.output import print_json, print_records, print_table, tell
from kikime.harness.core.errors import PartialResult
from kikime.harness.core.files import data_path

if TYPE_CHECKING:
    from kikime.harness.suites.task import Task


@click.group()
def tasks() -> None:
    """The task banks: what each measures, and its items."""


@tasks.command("list")
@wide_option
@json_option
def list_tasks(as_json: bool) -> None:
    """List the bundled tasks with their counts and sources."""
    from kikime.workflows import library

    found = library.tasks()
    if as_json:
        print_records(found)
        return
    of = words().of_bank
    rows = [
        [task.id, of(task.title), of(task.measures), of(task.source), task.version, _range(*task.items)]
        for task in found
    ]
    print_table("", columns("cli.tasks.columns"), rows, left=4, spare=(2, 3))


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


@tasks.command("path")
@json_option
def print_path(as_json: bool) -> None:
    """Print the folder of the lm-eval tasks: lm_eval run --include_path $(kikime tasks path) --tasks kikime_quick."""
    path = str(data_path("lm_eval"))
    if as_json:
        print_json({"path": path})
    else:
        click.echo(path)


@tasks.command("show")
@click.argument("task_id", metavar="TASK")
@click.option("--persona", default=None, help="Show the items that this persona is asked.")
@json_option
def show_task(task_id: str, persona: str | None, as_json: bool) -> None:
    """Show a task: purpose, metrics, items. TASK is an id or a YAML file."""
    from kikime.workflows import library

    task, items = library.bank(task_id, persona=persona)
    if as_json:
        print_json(task.model_dump(mode="json") | {"items": [item.model_dump(mode="json") for item in items]})
        return
    _print_head(task)
    for item in items:
        owner = f" ({', '.join(item.personas)})" if item.personas else ""
        click.echo(f"  {item.id}{owner}: {item.user}")
        for line in item.script:
            click.echo(f"      ↳ {line}")


@tasks.command("check")
@click.argument("file", metavar="TASK")
@click.option(
    "--persona", "personas", multiple=True, help="A persona that is asked the items; default: the bundled ones."
)
@json_option
def check_task(file: str, personas: tuple[str, ...], as_json: bool) -> None:
    """Validate a bank and measure its probes: replies that its verifiers must tell apart. TASK is an id or a YAML file.

    Exit code 2 when the bank is wrong, 4 when a verifier misjudges a reply or an item has too few.
    """
    from kikime.workflows import library

    report = library.check_bank(file, personas)
    if as_json:
        print_json({**asdict(report), "ok": report.ok})
    else:
        say = words()
        tell(say("cli.tasks.check.head", id=report.task, items=report.items, replies=report.replies))
        for miss in report.misjudged:
            expected = say(f"cli.tasks.check.{miss.expected}")
            place = {"item": miss.item, "persona": miss.persona}
            tell(say("cli.tasks.check.misjudged", **place, expected=expected, reply=miss.reply))
        for item in report.too_few:
            tell(say("cli.tasks.check.too_few", item=item))
    if not report.ok:
        raise PartialResult(
            "{path}: {misjudged} {misjudged:reply is|replies are} misjudged, {too_few} {too_few:item has|items have} too few",
            hint="mend expect or the probes of these items, then check again",
            path=file,
            misjudged=len(report.misjudged),
            too_few=len(report.too_few),
        )


def _print_head(task: Task) -> None:
    say = words()
    tell(say("cli.tasks.head", id=task.id, version=task.version, title=say.of_bank(task.title)), bold=True)
    tell(say("cli.tasks.measures", text=say.of_bank(task.measures)))
    tell(say("cli.tasks.source", text=say.of_bank(task.source)))
    tell(say("cli.tasks.metrics", text=", ".join(task.metrics)))
    if task.instruction:
        tell(say("cli.tasks.prompt", text=task.instruction))
