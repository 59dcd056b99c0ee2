"""``kikime rank``: the leaderboard in the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.language import columns, words
from kikime.cli.options import Decorator, json_option, options, runs_option, wide_option
from kikime.cli.output import print_json, print_table, tell
from kikime.cli.results.panel import print_legend
from kikime.harness.words.numbers import number, percent

if TYPE_CHECKING:
    from kikime.harness.reports.ranking.records import AreaUse, Ranking


@dataclass(frozen=True)
class RankFlags:
    """What is ranked, and how."""

    suite: str | None
    judge: str | None
    native: str
    common: bool
    seed: int


_rank_options: Decorator[None] = options(
    "chosen",
    RankFlags,
    click.option("--suite", help="Rank the runs of this suite; by default the one with most runs."),
    click.option(
        "--judge", metavar="JUDGE", help="Also use this judge's verdicts (its id, or id/protocol); panel:A,B: means."
    ),
    click.option(
        "--native", default="native", show_default=True, help="The checkpoints' own format, for --flexibility."
    ),
    click.option("--common", is_flag=True, help="Rank runs of different grids on the replies that they share."),
    click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap."),
)


@click.command()
@click.argument("run_names", metavar="[RUN]...", nargs=-1)
@_rank_options
@click.option("--explain", "explained", is_flag=True, help="Print the formula of every area instead.")
@click.option("--flexibility", "flexible", is_flag=True, help="Print how flexible each model is instead.")
@runs_option
@wide_option
@json_option
def rank(
    run_names: tuple[str, ...], chosen: RankFlags, explained: bool, flexible: bool, runs: Path, as_json: bool
) -> None:
    """Rank RUNs (all by default) with one joint bootstrap; models that lack cells are listed unranked."""
    if explained:
        from kikime.cli.results.formulas import print_formulas

        print_formulas(as_json=as_json)
    elif flexible:
        from kikime.cli.results.flexibility import print_flexibility
        from kikime.workflows.results import flexibility

        table = flexibility(run_names, suite=chosen.suite, native=chosen.native, seed=chosen.seed, runs=runs)
        print_json(table) if as_json else print_flexibility(table)
    else:
        from kikime.workflows.results import rank as rank_runs

        result = rank_runs(
            run_names, suite=chosen.suite, judge=chosen.judge, common=chosen.common, seed=chosen.seed, runs=runs
        )
        print_json(result) if as_json else print_ranking(result)


def print_ranking(result: Ranking) -> None:
    """The ranking for people."""
    from kikime.harness.words import labels

    say, counted, panel = words(), [area for area in result.areas if area.counts], result.panel
    names = labels.distinct_names([*result.rows, *result.unranked, *result.excluded])
    rows = [
        [
            names[row.run],
            labels.rank_text(row),
            f"{labels.points(row.overall)} ({labels.points(row.ci_low)}–{labels.points(row.ci_high)})",
            labels.chance(row.p_best),
            *(labels.points(row.areas[area.id]) for area in counted),
            percent(row.critical_failure_rate) + (" ⚠" if row.critical_gate_exceeded else ""),
            number(row.mean_length, 1),
            labels.parameters(row.params),
            row.n_items,
            *([number(row.judge_alpha)] if panel else []),
        ]
        for row in result.rows
    ]
    areas = [_name(area) for area in counted]
    headings = [*columns("cli.rank.columns"), *areas, *columns("cli.rank.more_columns")]
    headings += [say("cli.panel.alpha")] if panel else []
    print_table(
        say("cli.rank.title", suite=result.suite or "—"), headings, rows, spare=_spare(len(counted), panel=bool(panel))
    )
    _print_others(result, names)
    if result.n_cells is not None:
        tell(say("cli.rank.common", n=result.n_cells))
    if counted:
        tell(say("results.means"))
        tell(say("cli.rank.legend", areas=say("cli.and").join(areas), version=result.version))
    if panel:
        print_legend(panel)
    for area in result.areas:
        if area.why_not_code:
            tell(say("cli.rank.no_area", area=_name(area), why=say.reason(area.why_not_code)))


def _spare(n_areas: int, *, panel: bool) -> list[int]:
    """Columns that a narrow terminal does without: items, characters, agreement, size, P(1st), and the last areas first."""
    first = 4
    critical = first + n_areas
    return [
        critical + 3,
        critical + 1,
        *([critical + 4] if panel else []),
        critical + 2,
        3,
        *range(critical - 1, first - 1, -1),
    ]


def _name(area: AreaUse) -> str:
    return area.ja if words().language == "ja" else area.en


def _print_others(result: Ranking, names: dict[str, str]) -> None:
    say = words()
    if result.unranked:
        rows = [[names[row.run], percent(row.coverage), say.together(row.reason_codes)] for row in result.unranked]
        print_table(say("cli.rank.unranked"), columns("cli.rank.unranked_columns"), rows, left=3)
    if result.excluded:
        others = [[names[row.run], say.together(row.reason_codes)] for row in result.excluded]
        print_table(say("cli.rank.excluded"), columns("cli.rank.excluded_columns"), others, left=2)
