"""``kikime schema``: what the other commands print as JSON."""

from __future__ import annotations

import click

from kikime.cli.output import print_document


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON schema of what --json of command NAME prints; without NAME, the names.

    Of kikime show, samples is that of --samples, judged of --judge and report.NAME of --report NAME; of kikime rank, flexibility is that of
    --flexibility and explain of --explain. For score, judge and judge.canaries it describes one line.
    """
    from kikime.workflows.schemas import schema as find_schema
    from kikime.workflows.schemas import schema_names

    if name is None:
        click.echo("\n".join(schema_names()))
    else:
        print_document(find_schema(name))
