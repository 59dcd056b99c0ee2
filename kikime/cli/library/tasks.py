"""``kikime tasks``: the task banks."""

from __future__ import annotations

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option
from kikime.cli.output import print_json, print_records, print_table
from kikime.harness.cards.persona import load_persona
from kikime.harness.core.files import data_path
from kikime.harness.suites.task import Task, load_task


@click.group()
def tasks() -> None:
    """The task banks: what each measures, and its items."""


@tasks.command("list")
@json_option
def list_tasks(as_json: bool) -> None:
    """List the bundled tasks with their counts and sources."""
    from kikime.workflows.library import tasks as bundled

    found = bundled()
    if as_json:
        print_records(found)
        return
    rows = [[task.id, task.title, task.measures, task.source, task.version, _range(*task.items)] for task in found]
    print_table("", columns("cli.tasks.columns"), rows, left=4)


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
    task = load_task(task_id)
    items = task.items_for(load_persona(persona)) if persona else task.items
    if as_json:
        print_json(task.model_dump(mode="json") | {"items": [item.model_dump(mode="json") for item in items]})
        return
    _print_head(task)
    for item in items:
        click.echo(f"  {item.id}: {item.user}")
        for line in item.script:
            click.echo(f"      ↳ {line}")
    if task.items_from and not persona:
        click.echo("  " + words()("cli.tasks.from_personas", kind=task.items_from))


def _print_head(task: Task) -> None:
    say = words()
    click.secho(say("cli.tasks.head", id=task.id, version=task.version, title=task.title), bold=True)
    click.echo(say("cli.tasks.measures", text=task.measures))
    click.echo(say("cli.tasks.source", text=task.source))
    click.echo(say("cli.tasks.metrics", text=", ".join(task.metrics)))
    if task.instruction:
        click.echo(say("cli.tasks.prompt", text=task.instruction))
