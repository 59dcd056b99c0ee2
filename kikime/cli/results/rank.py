"""``kikime rank``: the leaderboard in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.options import json_option, runs_option
from kikime.cli.output import number, percent, print_json, print_table

if TYPE_CHECKING:
    from kikime.harness.reports.ranking.records import Ranking


@click.command()
@click.argument("run_names", metavar="[RUN]...", nargs=-1)
@click.option("--suite", help="Rank the runs of this suite; by default the one with most runs.")
@click.option("--judge", metavar="JUDGE", help="Also use this judge's verdicts (its id, or id/protocol).")
@click.option("--explain", "explained", is_flag=True, help="Print the formula of every area instead.")
@click.option("--flexibility", "flexible", is_flag=True, help="Print how flexible each model is instead.")
@click.option("--native", default="native", show_default=True, help="The checkpoints' own format, for --flexibility.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap.")
@runs_option
@json_option
def rank(
    run_names: tuple[str, ...], suite: str | None, judge: str | None, explained: bool, flexible: bool, native: str,
    seed: int, runs: Path, as_json: bool,
) -> None:  # fmt: skip
    """Rank RUNs (all by default) with one joint bootstrap; models that lack cells are listed unranked."""
    from kikime.cli.results.flexibility import print_flexibility
    from kikime.harness.reports.claims.flexibility import flexibility_table
    from kikime.harness.reports.ranking.rank import of_suite
    from kikime.harness.reports.ranking.rank import rank as rank_runs
    from kikime.harness.reports.tables.areas import explain
    from kikime.harness.store.rundir import find_run, list_runs

    if explained:
        formulas = explain()
        print_json(formulas) if as_json else _print_formulas(formulas)
        return
    chosen = [find_run(name, runs) for name in run_names] or list_runs(runs)
    own = chosen if suite is None else of_suite(chosen, suite)
    if flexible:
        table = flexibility_table(own, native=native, seed=seed)
        print_json(table) if as_json else print_flexibility(table)
        return
    result = rank_runs(chosen, suite=suite, judge=judge, seed=seed)
    print_json(result) if as_json else print_ranking(result)


def print_ranking(result: Ranking) -> None:
    """The ranking for people."""
    from kikime.harness.words import labels

    counted = [area for area in result.areas if area.counts]
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
        ]
        for row in result.rows
    ]
    areas = [area.ja for area in counted]
    columns = ["名前", "順位", "総合", "P(1位)", *areas, "致命的な失敗", "平均文字数", "大きさ", "項目"]
    print_table(f"リーダーボード（スイート {result.suite or '—'}）", columns, rows)
    _print_others(result, names)
    if counted:
        click.echo(
            f"総合は{'・'.join(areas)}の平均（{result.version}）。式は --explain、書式や指示の効き目は --flexibility"
        )
    for area in result.areas:
        if not area.counts:
            click.echo(f"{area.ja}：{area.why_not}")


def _print_others(result: Ranking, names: dict[str, str]) -> None:
    from kikime.harness.words.catalogue import Translator

    t = Translator.of(None)
    if result.unranked:
        rows = [
            [names[row.run], percent(row.coverage), "; ".join(t.reasons(row.reason_codes))] for row in result.unranked
        ]
        print_table("順位なし", ["名前", "充足率", "理由"], rows, left=3)
    if result.excluded:
        rows = [[names[row.run], "; ".join(t.reasons(row.reason_codes))] for row in result.excluded]
        print_table("比べられないもの", ["名前", "理由"], rows, left=2)


def _print_formulas(formulas: dict[str, Any]) -> None:
    click.echo(
        f"{formulas['version']}：総合 = 測れる領域の平均（0〜100）。測れる領域はスイートで決まり、どのモデルも同じです。"
    )
    for area in formulas["areas"]:
        click.echo(f"\n{area['ja']}（{area['id']}）：{area['about']}\n  {area['formula']}")
    handled = formulas["handled"]
    click.echo(f"\n{formulas['quality']['ja']}")
    click.echo(f"handled：q が {handled['quality']} 以上の返答の割合（タスクごとに同じ重み）。")
    click.echo("unbroken[…]：その指標の違反がない返答の割合。")
    click.echo(f"⚠ は、致命的な失敗の割合が {percent(formulas['critical_gate'])} を超えるモデル。")
