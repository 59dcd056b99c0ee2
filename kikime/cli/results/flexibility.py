"""``kikime rank --flexibility`` in the terminal."""

from __future__ import annotations

import click
from msgspec.structs import replace

from kikime.cli.output import number, percent, print_table
from kikime.harness.reports.claims.records import (
    ExamplesEffect,
    FlexibilityReport,
    FlexibilityTable,
    InstructionEffect,
    TechniqueEffect,
)
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator


def print_flexibility(table: FlexibilityTable) -> None:
    """Flexibility, steerability, few-shot gain and the claims for people."""
    names = labels.distinct_names(table.runs)
    table = replace(
        table,
        runs=[replace(report, name=names[report.run]) for report in table.runs],
        claims=[replace(row, model=names.get(row.run or "", row.model)) for row in table.claims],
    )
    _print_formats(table.runs)
    _print_effects(table.runs)
    for text in _remarks(table):
        click.echo(text)
    _print_claims(table)


def _print_formats(reports: list[FlexibilityReport]) -> None:
    rows, parts = [], []
    for report in reports:
        found, items = report.formats, report.sensitivity
        if found is None:
            rows.append([report.name, *["—"] * 7])
            continue
        shares = [percent(share) for share in (found.retained, found.ci_low, found.ci_high)]
        spread = (found.level, found.tail, found.sigma_format, found.raw_spread, found.raw_spread_null)
        rest = [number(value, 3) for value in spread]
        between = "—" if found.ci_low is None else f"{shares[1]}〜{shares[2]}"
        rows.append([report.name, shares[0], between, *rest])
        variance = [percent(share) for share in (found.format_share, found.item_share, found.interaction_share)]
        across, net = (None, None) if items is None else (items.across, items.net)
        parts.append([report.name, *variance, number(across, 3), number(net, 3)])
    columns = ["名前", "保持率", "95%区間", "全書式の平均", "下位10%の書式", "書式のσ", "見かけの幅", "偶然による幅"]
    print_table("プロンプトへの柔軟性", columns, rows)
    if parts:
        columns = ["名前", "書式", "項目", "書式×項目と誤差", "項目ごとの敏感さ", "うち書式による分"]
        print_table("質のばらつきの内訳", columns, parts)


def _print_effects(reports: list[FlexibilityReport]) -> None:
    """One row per effect: the instruction within each format, k examples, each way of asking."""
    t = Translator.of(None)
    rows = []
    for report in reports:
        for form in report.steerability or []:
            where = "全書式" if form.format == "*" else form.format
            rows.append([report.name, "指示", where, *_effect(t, form.effect, form), "—", form.n_items])
        for gain in report.few_shot or []:
            new = labels.interval(t, "quality", gain.set_low, gain.set_high)
            where = f"{gain.shots}例（{gain.n_sets}組）"
            rows.append([report.name, "例示", where, *_effect(t, gain.gain, gain), new, gain.n_items])
        rows += [
            [report.name, "聞き方", asked.title, *_effect(t, asked.effect, asked), "—", asked.n_items]
            for asked in report.techniques or []
        ]
    if rows:
        columns = ["名前", "種類", "条件", "効果", "95%区間", "新しい例の組での95%区間", "項目"]
        print_table("条件ごとの効果", columns, rows, left=3)


def _effect(t: Translator, effect: float, row: InstructionEffect | ExamplesEffect | TechniqueEffect) -> list[str]:
    return [labels.change("quality", effect), labels.interval(t, "quality", row.ci_low, row.ci_high)]


def _remarks(table: FlexibilityTable) -> list[str]:
    """What was not measured, or only in part, and why; models that say the same share a line."""
    names: dict[tuple[str, str], list[str]] = {}
    t = Translator.of(None)
    for report in table.runs:
        for measure, reason in report.why_not_codes.items():
            names.setdefault((measure, f"測っていません。{t.reason(reason)}"), []).append(report.name)
        for measure, note in report.note_codes.items():
            names.setdefault((measure, t.reason(note)), []).append(report.name)
    lines = [f"{'・'.join(who)} の{labels.measure(t, measure)}：{text}" for (measure, text), who in names.items()]
    return lines + [f"{entry.run} は除きました：{t.reason(entry.reason_code)}" for entry in table.left_out]


def _print_claims(table: FlexibilityTable) -> None:
    t = Translator.of(None)
    rows = [
        [row.title, row.model, labels.parameters(row.params), labels.change("quality", row.effect),
         labels.interval(t, "quality", row.ci_low, row.ci_high), labels.claim(t, row)]
        for row in table.claims
    ]  # fmt: skip
    columns = ["主張", "モデル", "大きさ", "効果", "95%区間", "区間の下端は0より上か"]
    print_table("講演の主張", columns, rows, left=2)
    size = table.size
    click.echo("サイズの主張の効果は、パラメータ数が10倍になるごとの保持率の変化（ポイント）。")
    if size.why_not_code:
        click.echo(f"サイズの主張は確かめられません：{t.reason(size.why_not_code)}。")
    for entry in size.left_out:
        click.echo(f"サイズの主張から除きました：{entry.run}（{t.reason(entry.reason_code)}）")
