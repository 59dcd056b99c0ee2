"""``kikime about``: what is said of a run's model, and how to say it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import click

from kikime.cli.language import words
from kikime.cli.options import Decorator, ParameterCount, json_option, made_runs_option, options
from kikime.cli.output import print_record


@dataclass(frozen=True)
class AboutFlags:
    """What is said of a model."""

    link: str | None
    license: str | None
    type: str | None

    def given(self) -> dict[str, str]:
        """Those that were given."""
        return {name: value for name, value in asdict(self).items() if value is not None}


about_options: Decorator[None] = options(
    "said",
    AboutFlags,
    click.option("--link", metavar="URL", help="The model's page, shown beside its ranks."),
    click.option("--license", metavar="NAME", help="The model's licence, for example apache-2.0."),
    click.option("--type", type=click.Choice(["base", "tuned", "merged", "adapter"]), help="What the model is."),
)


@click.command()
@click.argument("run_name", metavar="RUN")
@about_options
@click.option("--params", type=ParameterCount(), help="How many RUN's model has; for example 1.5B.")
@made_runs_option
@json_option
def about(run_name: str, said: AboutFlags, params: int | None, runs: Path, as_json: bool) -> None:
    """Show, or change, what is said of RUN's model: page, licence, type and size, in about.yaml beside the run.

    Values that are not given stay; an empty one is taken out. The manifest, keys and numbers stay what they are.
    """
    from kikime.workflows.run import describe

    changes: dict[str, object] = {**said.given(), **({"params": params} if params else {})}
    found = describe(run_name, changes, runs=runs)
    if as_json:
        print_record(found)
        return
    say = words()
    kind = say(f"board.types.{found.type}") if found.type else None
    size = f"{found.params:,}" if found.params else None
    click.echo(say("cli.about.run", name=found.name, run=found.run))
    for name, value in (("link", found.link), ("license", found.license), ("type", kind), ("params", size)):
        click.echo(say("cli.about.line", label=say(f"board.{name}"), value=value or "—"))
