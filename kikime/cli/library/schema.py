"""``kikime schema``: what the other commands print as JSON."""

from __future__ import annotations

import click

from kikime.cli.output import print_document


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON schema of what --json of command NAME prints; without NAME, the names.

    samples is that of kikime show --samples, flexibility that of kikime rank --flexibility, report.NAME that of kikime show --report NAME.
    For score and judge it describes one line.
    """
    from kikime.workflows.schemas import schema as find_schema
    from kikime.workflows.schemas import schema_names

    if name is None:
        click.echo("\n".join(schema_names()))
    else:
        print_document(find_schema(name))
