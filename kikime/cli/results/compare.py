"""``kikime compare``: two runs, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kikime.cli.options import json_option, runs_option
from kikime.cli.output import print_json, print_table

if TYPE_CHECKING:
    from kikime.harness.reports.comparison.records import Comparison, MetricRow


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--common", is_flag=True, help="Compare the shared cells where the runs do not have the same ones.")
@click.option("--by", type=click.Choice(["persona", "task", "format", "shots", "technique"]), help="Show these slices.")
@click.option("--examples", "n_examples", type=click.IntRange(min=0), default=10, show_default=True,
              help="Replies that got most worse, and most better.")  # fmt: skip
@runs_option
@json_option
def compare(a: str, b: str, common: bool, by: str | None, n_examples: int, runs: Path, as_json: bool) -> None:
    """Compare run B with run A over the same questions; differences are B − A.

    Exit code 2 when they cannot be compared: another task version, sampling, scorer or judge, or other cells.
    """
    from rich.console import Console
    from rich.markup import escape

    from kikime.harness.reports.comparison.compare import compare as compare_runs
    from kikime.harness.reports.comparison.pairs import not_comparable
    from kikime.harness.store.rundir import find_run

    left, right = find_run(a, runs), find_run(b, runs)
    with Console(stderr=True).status("比べています") as status:
        report = compare_runs(
            left,
            right,
            common=common,
            n_examples=n_examples,
            on_step=lambda step: status.update(f"比べています：{escape(step)}"),
        )
    if as_json:
        print_json(report)
    elif report.comparable:
        print_comparison(report, by)
    if not report.comparable:
        raise not_comparable(report.why_not_codes, report.hint_code)


def print_comparison(report: Comparison, by: str | None) -> None:
    """The report for people."""
    from kikime.harness.words import labels
    from kikime.harness.words.catalogue import Translator

    t = Translator.of(None)
    a, b = report.a.name, report.b.name
    _print_metrics(f"{b} − {a}（{labels.scope(t, report.scope)}、{report.n_cells:,}件の対）", a, b, report.metrics)
    if by:
        _print_slices(report, by)
    _print_lengths(report, a, b)
    _print_capability(report, a, b)
    _print_examples(report, a, b)
    _print_manifest(report, a, b)
    _print_remarks(report, a, b)


def _print_metrics(title: str, a: str, b: str, rows: list[MetricRow]) -> None:
    from kikime.harness.words import labels
    from kikime.harness.words.catalogue import Translator

    t = Translator.of(None)
    cells = [
        [
            ("◎ " if row.primary else "") + t.metric(row.metric),
            labels.value(row.metric, row.mean_a),
            labels.value(row.metric, row.mean_b),
            labels.change(row.metric, row.delta),
            labels.interval(t, row.metric, row.ci_low, row.ci_high),
            labels.p_value(row.p_value),
            labels.p_value(row.p_adjusted),
            f"{row.dominance:+.2f}",
            labels.size_of(row.metric, row.mde),
            labels.size_of(row.metric, row.margin),
            labels.verdict(t, row),
            row.n_items,
        ]
        for row in rows
    ]
    columns = ["指標", a, b, "差", "95%区間", "p", "補正p", "対の優越", "検出限界", "関心差", "判定", "項目"]
    print_table(title, columns, cells)


def _print_slices(report: Comparison, by: str) -> None:
    from kikime.harness.words import labels
    from kikime.harness.words.catalogue import Translator

    t = Translator.of(None)
    rows = [
        [
            t.metric(metric.metric),
            row.value,
            labels.value(metric.metric, row.mean_a),
            labels.value(metric.metric, row.mean_b),
            labels.change(metric.metric, row.delta),
            labels.interval(t, metric.metric, row.ci_low, row.ci_high),
            labels.p_value(row.p_adjusted),
            labels.verdict(t, row),
            row.n_items,
        ]
        for metric in report.metrics
        if metric.primary or metric.judge
        for row in metric.slices
        if row.by == by
    ]
    a, b, what = report.a.name, report.b.name, labels.condition(t, by)
    columns = ["指標", what, a, b, "差", "95%区間", "補正p", "判定", "項目"]
    print_table(
        f"{what}ごと（主要な指標と判定。すべての指標の内訳は --json か kikime export --to csv に）",
        columns,
        rows,
        left=2,
    )


def _print_lengths(report: Comparison, a: str, b: str) -> None:
    from kikime.harness.words import labels
    from kikime.harness.words.catalogue import Translator

    t = Translator.of(None)
    rows = []
    for entry in report.lengths:
        for side, name, found in (("a", a, entry.a), ("b", b, entry.b)):
            ratio = entry.ratio.value
            rows.append(
                [
                    labels.unit(t, entry.unit), entry.persona or "全体", name, f"{found.mean:.2f}",
                    f"{found.median:.1f}", f"{found.q1:.1f}〜{found.q3:.1f}", f"{100 * found.share_in_range:.1f}%",
                    f"×{ratio:.2f}" if side == "b" and ratio is not None else "",
                ]
            )  # fmt: skip
    columns = ["応答の長さ", "キャラクター", "モデル", "平均", "中央値", "四分位範囲", "目標内", "平均の比"]
    print_table("", columns, rows, left=3)


def _print_capability(report: Comparison, a: str, b: str) -> None:
    from kikime.harness.words import labels
    from kikime.harness.words.catalogue import Translator

    t = Translator.of(None)
    rows = [[row.title, *(labels.handled(t, side) for side in (row.a, row.b)), row.a.n] for row in report.capability]
    print_table("応えられる依頼の種類（応えた項目の割合と95%区間）", ["種類", a, b, "項目"], rows)


def _print_examples(report: Comparison, a: str, b: str) -> None:
    for kind, title in (("worse", "悪くなった返答"), ("better", "良くなった返答")):
        for example in report.examples[kind]:
            where = " · ".join(
                str(getattr(example, name)) for name in ("task", "item_id", "persona", "format", "shots")
            )
            click.secho(f"{title} {example.change:+.2f}  {where}", bold=True)
            click.echo(f"  > {example.user}")
            for name, reply in ((a, example.a), (b, example.b)):
                click.echo(f"  {name}: {reply.error or repr(reply.response)}")


def _print_manifest(report: Comparison, a: str, b: str) -> None:
    rows = [[row.path, _shown(row.a), _shown(row.b)] for row in report.manifest]
    if rows:
        print_table("設定の違い", ["設定", a, b], rows, left=3)


def _shown(value: Any) -> str:
    return "—" if value is None else str(value)


def _print_remarks(report: Comparison, a: str, b: str) -> None:
    from kikime.harness.words.catalogue import Translator

    left_out = report.left_out
    if left_out.a or left_out.b:
        click.echo(f"共通でない返答は除きました：{a} の {left_out.a}件、{b} の {left_out.b}件")
    for text in Translator.of(None).reasons(report.note_codes):
        click.echo(f"注：{text}")
    click.echo(
        "◎は主要な指標（Holm補正）、ほかは Benjamini–Hochberg 補正。検出限界は、この項目数で80%の確率で見つけられる差。"
        f"関心差は、意味があるとみなす最小の差（{report.margins}）で、優位・劣位・同等はこれで決まる。"
        "平均は、項目ごとの平均をキャラクターごとに平均し、さらにキャラクターで平均したもの（割合の指標はキャラクターごとの合計どうしの比）。"
    )
