"""``kikime rank``: the leaderboard in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli.options import json_option, runs_option
from harness.cli.output import number, percent, print_json, print_table


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
    from harness.reports.areas import explain
    from harness.reports.flexibility import flexibility_table
    from harness.reports.ranking import rank as rank_runs
    from harness.store.rundir import find_run, list_runs

    if explained:
        formulas = explain()
        print_json(formulas) if as_json else _print_formulas(formulas)
        return
    chosen = [find_run(name, runs) for name in run_names] or list_runs(runs)
    if flexible:
        table = flexibility_table(chosen, native=native, seed=seed)
        print_json(table) if as_json else print_flexibility(table)
        return
    result = rank_runs(chosen, suite=suite, judge=judge, seed=seed)
    print_json(result) if as_json else print_ranking(result)


def print_ranking(result: dict[str, Any]) -> None:
    """The ranking for people."""
    from harness.reports import labels

    counted = [area for area in result["areas"] if area["counts"]]
    rows = [
        [
            row["name"],
            labels.rank_text(row),
            f"{labels.points(row['overall'])} ({labels.points(row['ci_low'])}–{labels.points(row['ci_high'])})",
            *(labels.points(row["areas"][area["id"]]) for area in counted),
            percent(row["critical_failure_rate"]) + (" ⚠" if row["critical_gate_exceeded"] else ""),
            number(row["mean_length"], 1),
            labels.parameters(row["params"]),
            row["n_items"],
        ]
        for row in result["rows"]
    ]
    columns = ["名前", "順位", "総合", *(a["ja"] for a in counted), "致命的な失敗", "平均文字数", "大きさ", "項目"]
    print_table(f"リーダーボード（スイート {result['suite'] or '—'}）", columns, rows)
    _print_others(result)
    if counted:
        click.echo(f"総合は{'・'.join(area['ja'] for area in counted)}の平均（{result['version']}）。式は --explain")
    for area in result["areas"]:
        if not area["counts"]:
            click.echo(f"{area['ja']}：{area['why_not']}")


def _print_others(result: dict[str, Any]) -> None:
    from harness.reports import labels

    if result["unranked"]:
        rows = [[row["name"], percent(row["coverage"]), labels.reason(row["reason"])] for row in result["unranked"]]
        print_table("順位なし", ["名前", "充足率", "理由"], rows, left=3)
    if result["excluded"]:
        rows = [[row.get("name", row["run"]), row["reason"]] for row in result["excluded"]]
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


def print_flexibility(table: dict[str, Any]) -> None:
    """Flexibility, steerability, few-shot gain and the claims for people."""
    from harness.reports import labels

    _print_formats(table["runs"])
    _print_effects(table["runs"])
    for report in table["runs"]:
        for name, reason in report["why_not"].items():
            click.echo(f"{report['name']} の{labels.MEASURES[name]}：測っていません（{reason}）")
    for entry in table["left_out"]:
        click.echo(f"{entry['run']} は除きました：{entry['reason']}")
    _print_claims(table)


def _print_formats(reports: list[dict[str, Any]]) -> None:
    rows, parts = [], []
    for report in reports:
        found, items = report["formats"], report["sensitivity"] or dict.fromkeys(("across", "net"))
        if found is None:
            rows.append([report["name"], *["—"] * 7])
            continue
        shares = [percent(found[name]) for name in ("retained", "ci_low", "ci_high")]
        rest = [number(found[name], 3) for name in ("level", "tail", "sigma_format", "raw_spread", "raw_spread_null")]
        rows.append([report["name"], shares[0], f"{shares[1]}〜{shares[2]}", *rest])
        variance = [percent(found[name]) for name in ("format_share", "item_share", "interaction_share")]
        parts.append([report["name"], *variance, number(items["across"], 3), number(items["net"], 3)])
    columns = ["名前", "保持率", "95%区間", "全書式の平均", "下位10%の書式", "書式のσ", "見かけの幅", "偶然による幅"]
    print_table("プロンプトへの柔軟性", columns, rows)
    if parts:
        columns = ["名前", "書式", "項目", "書式×項目と誤差", "項目ごとの敏感さ", "うち書式による分"]
        print_table("質のばらつきの内訳", columns, parts)


def _print_effects(reports: list[dict[str, Any]]) -> None:
    """One row per effect: the instruction within each format, k examples, each way of asking."""
    from harness.reports import labels

    rows = []
    for report in reports:
        effects = [
            *(("指示", "全書式" if r["format"] == "*" else r["format"], r, r["effect"]) for r in report["steerability"] or []),
            *(("例示", f"{r['shots']}例（{r['n_sets']}組）", r, r["gain"]) for r in report["few_shot"] or []),
            *(("聞き方", r["title"], r, r["effect"]) for r in report["techniques"] or []),
        ]  # fmt: skip
        rows += [
            [report["name"], kind, where, labels.change("quality", effect),
             labels.interval("quality", row["ci_low"], row["ci_high"]), row["n_items"]]
            for kind, where, row, effect in effects
        ]  # fmt: skip
    if rows:
        print_table("条件ごとの効果", ["名前", "種類", "条件", "効果", "95%区間", "項目"], rows, left=3)


def _print_claims(table: dict[str, Any]) -> None:
    from harness.reports import labels

    effects = [
        [row["title"], row["model"], labels.parameters(row["params"]), labels.change("quality", row["effect"]),
         labels.interval("quality", row["ci_low"], row["ci_high"]), "はい" if row["holds"] else "いいえ"]
        for row in table["claims"]
    ]  # fmt: skip
    if effects:
        columns = ["主張", "モデル", "大きさ", "効果", "95%区間", "区間は0より上か"]
        print_table("講演の主張", columns, effects, left=2)
    size = table["size"]
    if size["slope"] is not None:
        ends = "" if size["ci_low"] is None else f"（{number(size['ci_low'], 3)}〜{number(size['ci_high'], 3)}）"
        click.echo(f"パラメータ数10倍あたりの全書式の平均の変化：{number(size['slope'], 3)}{ends}")
