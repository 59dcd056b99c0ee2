"""``kikime rank --flexibility`` in the terminal."""

from __future__ import annotations

from typing import Any

import click

from kikime.cli.output import number, percent, print_table
from kikime.harness.words import labels


def print_flexibility(table: dict[str, Any]) -> None:
    """Flexibility, steerability, few-shot gain and the claims for people."""
    names = labels.distinct_names(table["runs"])
    table = {
        **table,
        "runs": [{**report, "name": names[report["run"]]} for report in table["runs"]],
        "claims": [{**row, "model": names.get(row["run"], row["model"])} for row in table["claims"]],
    }
    _print_formats(table["runs"])
    _print_effects(table["runs"])
    for text in _remarks(table):
        click.echo(text)
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
        between = "—" if found["ci_low"] is None else f"{shares[1]}〜{shares[2]}"
        rows.append([report["name"], shares[0], between, *rest])
        variance = [percent(found[name]) for name in ("format_share", "item_share", "interaction_share")]
        parts.append([report["name"], *variance, number(items["across"], 3), number(items["net"], 3)])
    columns = ["名前", "保持率", "95%区間", "全書式の平均", "下位10%の書式", "書式のσ", "見かけの幅", "偶然による幅"]
    print_table("プロンプトへの柔軟性", columns, rows)
    if parts:
        columns = ["名前", "書式", "項目", "書式×項目と誤差", "項目ごとの敏感さ", "うち書式による分"]
        print_table("質のばらつきの内訳", columns, parts)


def _print_effects(reports: list[dict[str, Any]]) -> None:
    """One row per effect: the instruction within each format, k examples, each way of asking."""
    rows = []
    for report in reports:
        effects = [
            *(("指示", "全書式" if r["format"] == "*" else r["format"], r, r["effect"]) for r in report["steerability"] or []),
            *(("例示", f"{r['shots']}例（{r['n_sets']}組）", r, r["gain"]) for r in report["few_shot"] or []),
            *(("聞き方", r["title"], r, r["effect"]) for r in report["techniques"] or []),
        ]  # fmt: skip
        rows += [
            [report["name"], kind, where, labels.change("quality", effect),
             labels.interval("quality", row["ci_low"], row["ci_high"]),
             labels.interval("quality", row.get("set_low"), row.get("set_high")), row["n_items"]]
            for kind, where, row, effect in effects
        ]  # fmt: skip
    if rows:
        columns = ["名前", "種類", "条件", "効果", "95%区間", "新しい例の組での95%区間", "項目"]
        print_table("条件ごとの効果", columns, rows, left=3)


def _remarks(table: dict[str, Any]) -> list[str]:
    """What was not measured, or only in part, and why; models that say the same share a line."""
    names: dict[tuple[str, str], list[str]] = {}
    for report in table["runs"]:
        for measure, reason in report["why_not"].items():
            names.setdefault((measure, f"測っていません。{reason}"), []).append(report["name"])
        for measure, note in report["notes"].items():
            names.setdefault((measure, note), []).append(report["name"])
    lines = [f"{'・'.join(who)} の{labels.MEASURES[measure]}：{text}" for (measure, text), who in names.items()]
    return lines + [f"{entry['run']} は除きました：{entry['reason']}" for entry in table["left_out"]]


def _print_claims(table: dict[str, Any]) -> None:
    rows = [
        [row["title"], row["model"], labels.parameters(row["params"]), labels.change("quality", row["effect"]),
         labels.interval("quality", row["ci_low"], row["ci_high"]), labels.claim(row)]
        for row in table["claims"]
    ]  # fmt: skip
    columns = ["主張", "モデル", "大きさ", "効果", "95%区間", "区間の下端は0より上か"]
    print_table("講演の主張", columns, rows, left=2)
    size = table["size"]
    click.echo("サイズの主張の効果は、パラメータ数が10倍になるごとの保持率の変化（ポイント）。")
    if size["why_not"]:
        click.echo(f"サイズの主張は確かめられません：{size['why_not']}。")
    for entry in size["left_out"]:
        click.echo(f"サイズの主張から除きました：{entry['run']}（{entry['reason']}）")
