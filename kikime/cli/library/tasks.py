"""``kikime tasks``: the task banks."""

from __future__ import annotations

import click

from kikime.cli.options import json_option
from kikime.cli.output import print_json, print_table
from kikime.harness.cards.persona import load_persona, persona_ids
from kikime.harness.core.files import data_path
from kikime.harness.suites.task import Task, load_task, task_ids


@click.group()
def tasks() -> None:
    """The task banks: what each measures, and its items."""


@tasks.command("list")
@json_option
def list_tasks(as_json: bool) -> None:
    """List the bundled tasks with their counts and sources."""
    personas = [load_persona(name) for name in persona_ids()]
    rows = []
    for task in map(load_task, task_ids()):
        counts = [len(task.items_for(persona)) for persona in personas]
        about = task.model_dump(include={"id", "version", "title", "measures", "source", "metrics"}, mode="json")
        rows.append(about | {"items": [min(counts), max(counts)]})
    if as_json:
        print_json(rows)
        return
    shown = [[r["id"], r["title"], r["measures"], r["source"], r["version"], _range(*r["items"])] for r in rows]
    print_table("", ["task", "title", "measures", "source", "version", "items/persona"], shown, left=4)


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
        click.echo(f"  items come from each persona's {task.items_from}; --persona ID shows them")


def _print_head(task: Task) -> None:
    click.secho(f"{task.id} (version {task.version}): {task.title}", bold=True)
    click.echo(f"measures: {task.measures}\nsource:   {task.source}\nmetrics:  {', '.join(task.metrics)}")
    if task.instruction:
        click.echo(f"prompt:   {task.instruction}")
