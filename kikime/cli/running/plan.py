"""``kikime plan``: the dry run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.flags import EngineFlags, GridFlags, adapter_pairs, engine_options, grid_options
from kikime.cli.language import columns, words
from kikime.cli.options import json_option, runs_option, wide_option
from kikime.cli.output import print_record, print_records, print_table, tell
from kikime.cli.progress import duration_range
from kikime.cli.waiting import life_signs
from kikime.harness.core.axes import SLICE, without

if TYPE_CHECKING:
    from kikime.workflows.plan import JudgeCost, Plan, PlannedCell

_MOST_NAMES = 3


@click.command()
@click.argument("model")
@grid_options
@engine_options
@click.option("--lora", multiple=True, metavar="NAME=DIR", help="Adapter on MODEL; a plan each.")
@runs_option
@wide_option
@json_option
def plan(model: str, grid: GridFlags, engine: EngineFlags, lora: tuple[str, ...], runs: Path, as_json: bool) -> None:
    """Dry run: cells, exact prompt tokens, time and judge cost, two rendered prompts. Loads no engine."""
    with life_signs("plan", model=model):
        from kikime.workflows.keywords import engine_options as read_engine
        from kikime.workflows.plan import choose_materials, plan_adapters

        materials, loading = choose_materials(**grid.keywords()), read_engine(engine.keywords())
        planned = plan_adapters(model, adapter_pairs(lora), materials, loading, runs=runs)
    if as_json:
        print_records(planned) if len(planned) > 1 else print_record(planned[0])
    else:
        for each in planned:
            _print_plan(each)


def _print_plan(plan: Plan) -> None:
    say = words()
    tell(f"{plan.model.name} × {plan.suite}", bold=True)
    tell(say("cli.plan.replies", n=plan.n_replies))
    tokens = "tokens" if plan.n_prompt_tokens else "tokens_unknown"
    tell(say(f"cli.plan.{tokens}", n=plan.n_prompt_tokens))
    if plan.n_scored_tokens:
        tell(say("cli.plan.scored", n=plan.n_scored_tokens))
    if plan.n_too_long:
        tell(say("cli.plan.too_long", n=plan.n_too_long, context=plan.max_model_len))
    tell(say("cli.plan.new_tokens", n=plan.max_output_tokens))
    tell(say("cli.plan.time", time=duration_range(plan.seconds)))
    tell(say("cli.plan.judge", cost=_dollars(plan.judge_usd)))
    for note in say.reasons(plan.note_codes):
        tell(say("cli.plan.note", text=note))
    print_table("", columns("cli.plan.columns"), _rows(plan.cells), left=6, spare=(5, 4))
    for prompt in plan.prompts:
        click.echo(f"\n── {prompt.format} · {prompt.item} ──\n{prompt.prompt}")


def _rows(cells: Sequence[PlannedCell]) -> list[list[object]]:
    """One row per task: where it is asked, and how many replies that makes; ``--json`` has every cell."""
    tasks: dict[str, list[PlannedCell]] = {}
    for cell in cells:
        tasks.setdefault(cell.task, []).append(cell)
    axes = without(SLICE, "task")
    return [
        [task, *(_named(getattr(cell, axis) for cell in own) for axis in axes), f"{sum(cell.n for cell in own):,}"]
        for task, own in tasks.items()
    ]


def _named(values: Iterable[object]) -> str:
    """The different values, or their number where it is large."""
    names = list(dict.fromkeys(map(str, values)))
    return ", ".join(names) if len(names) <= _MOST_NAMES else str(len(names))


def _dollars(cost: JudgeCost) -> str:
    if cost.usd is None:
        return words()("cli.plan.price_unknown", judge=cost.judge)
    return words()("cli.plan.price", judge=cost.judge, low=cost.usd[0], high=cost.usd[1])
