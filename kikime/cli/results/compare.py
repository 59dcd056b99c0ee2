"""``kikime compare``: two runs, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kikime.cli.language import columns, words
from kikime.cli.options import json_option, judged_option, runs_option, wide_option
from kikime.cli.output import print_json, print_table, tell
from kikime.harness.core.axes import COMPARED, PLACE
from kikime.harness.words.numbers import percent, signed

if TYPE_CHECKING:
    from kikime.harness.reports.comparison.records import Comparison, MetricRow


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--common", is_flag=True, help="Compare the shared cells where the runs do not have the same ones.")
@judged_option
@click.option("--own-users", is_flag=True, help="Also compare runs of --user-model self, whose users are not the same.")
@click.option("--by", type=click.Choice(COMPARED), help="Show these slices.")
@click.option(
    "--examples",
    "n_examples",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Replies that got most worse, and most better.",
)
@runs_option
@wide_option
@json_option
def compare(
    a: str,
    b: str,
    common: bool,
    judge: str | None,
    own_users: bool,
    by: str | None,
    n_examples: int,
    runs: Path,
    as_json: bool,
) -> None:
    """Compare run B with run A over the same questions; differences are B − A.

    Exit code 2 when they cannot be compared: another task version, sampling, scorer or judge, or other cells.
    """
    from rich.console import Console
    from rich.markup import escape

    from kikime.harness.reports.comparison.pairs import not_comparable
    from kikime.workflows.results import compare as compare_runs

    busy = words()("cli.compare.busy")
    with Console(stderr=True).status(busy) as status:
        report = compare_runs(
            a,
            b,
            common=common,
            judge=judge,
            own_users=own_users,
            n_examples=n_examples,
            runs=runs,
            on_step=lambda step: status.update(f"{busy} {escape(_step(step))}"),
        )
    if as_json:
        print_json(report)
    elif report.comparable:
        print_comparison(report, by)
    if not report.comparable:
        raise not_comparable(report.why_not_codes, report.hint_code)


def _step(name: str) -> str:
    """What is computed now: a metric, or another part of the report."""
    say = words()
    return say.get(f"cli.compare.step.{name}", "") or say.metric(name)


def print_comparison(report: Comparison, by: str | None) -> None:
    """The report for people."""
    from kikime.harness.words import labels

    say, a, b = words(), report.a.name, report.b.name
    title = say("cli.compare.title", a=a, b=b, scope=labels.scope(say, report.scope), n=report.n_cells)
    _print_metrics(title, a, b, report.metrics)
    _print_agreement(report, a, b)
    if by:
        _print_slices(report, by)
    _print_lengths(report, a, b)
    _print_endings(report, a, b)
    _print_capability(report, a, b)
    _print_examples(report, a, b)
    _print_manifest(report, a, b)
    _print_remarks(report, a, b)


def _headings(key: str, **names: str) -> list[str]:
    """Headings of a table; ``{a}`` and ``{b}`` stand for the runs' names."""
    return [names.get(heading.strip("{}"), heading) for heading in columns(key)]


def _print_metrics(title: str, a: str, b: str, rows: Sequence[MetricRow]) -> None:
    from kikime.harness.words import labels

    say = words()
    cells = [
        [
            ("◎ " if row.primary else "") + say.metric(row.metric),
            labels.value(row.metric, row.mean_a),
            labels.value(row.metric, row.mean_b),
            labels.change(row.metric, row.delta),
            labels.interval(say, row.metric, row.ci_low, row.ci_high),
            labels.p_value(row.p_value),
            labels.p_value(row.p_adjusted),
            signed(row.dominance),
            labels.size_of(row.metric, row.mde),
            labels.size_of(row.metric, row.margin),
            labels.verdict(say, row),
            row.n_items,
        ]
        for row in rows
    ]
    print_table(title, _headings("cli.compare.columns", a=a, b=b), cells, spare=(5, 7, 8, 9, 11, 6, 3))


def _print_agreement(report: Comparison, a: str, b: str) -> None:
    """How far the members of a panel agree, by criterion."""
    from kikime.cli.results.panel import agreement_cells, print_legend

    say = words()
    rows = [
        [say.metric(row.metric), *agreement_cells(row.agreement_a), *agreement_cells(row.agreement_b)]
        for row in report.metrics
        if row.agreement_a or row.agreement_b
    ]
    if rows:
        alpha, qwk = say("cli.panel.alpha"), say("cli.panel.qwk")
        headings = [say("cli.panel.criterion"), *(f"{what} {name}" for name in (a, b) for what in (alpha, qwk))]
        print_table(say("cli.panel.title"), headings, rows)
        print_legend(report.panel)


def _print_slices(report: Comparison, by: str) -> None:
    from kikime.harness.words import labels

    say = words()
    rows = [
        [
            say.metric(metric.metric),
            row.value,
            labels.value(metric.metric, row.mean_a),
            labels.value(metric.metric, row.mean_b),
            labels.change(metric.metric, row.delta),
            labels.interval(say, metric.metric, row.ci_low, row.ci_high),
            labels.p_value(row.p_adjusted),
            labels.verdict(say, row),
            row.n_items,
        ]
        for metric in report.metrics
        if metric.primary or metric.judge
        for row in metric.slices
        if row.by == by
    ]
    axis = labels.condition(say, by)
    headings = _headings("cli.compare.slice_columns", a=report.a.name, b=report.b.name, axis=axis)
    print_table(say("cli.compare.slices", axis=axis), headings, rows, left=2, spare=(8, 6, 5))


def _print_lengths(report: Comparison, a: str, b: str) -> None:
    from kikime.harness.words import labels

    say, rows = words(), []
    for entry in report.lengths:
        for name, found, ratio in ((a, entry.a, None), (b, entry.b, entry.ratio.value)):
            rows.append(
                [
                    labels.unit(say, entry.unit),
                    entry.persona or say("common.all"),
                    name,
                    f"{found.mean:.2f}",
                    f"{found.median:.1f}",
                    say("results.interval", low=f"{found.q1:.1f}", high=f"{found.q3:.1f}"),
                    percent(found.share_in_range),
                    "" if ratio is None else f"×{ratio:.2f}",
                ]
            )
    print_table("", columns("cli.compare.length_columns"), rows, left=3, spare=(5, 4))


def _print_endings(report: Comparison, a: str, b: str) -> None:
    from kikime.harness.words import labels

    if not report.endings:
        return
    say = words()
    rows = [
        [say.metric(row.metric), *(labels.counted(row.metric, mean) for mean in row.means())] for row in report.endings
    ]
    print_table(say("results.endings.title"), labels.endings(say, (a, b)), rows)


def _print_capability(report: Comparison, a: str, b: str) -> None:
    from kikime.harness.words import labels

    say = words()
    rows = [
        [labels.title(say, row.task, row.title), labels.handled(say, row.a), labels.handled(say, row.b), row.a.n]
        for row in report.capability
    ]
    print_table(say("cli.compare.capability"), _headings("cli.compare.capability_columns", a=a, b=b), rows)


def _print_examples(report: Comparison, a: str, b: str) -> None:
    for kind in ("worse", "better"):
        say = words()
        title = say(f"cli.compare.{kind}")
        for example in report.examples[kind]:
            where = " · ".join(str(getattr(example, name)) for name in PLACE)
            tell(f"{title} {signed(example.change)}  {where}", bold=True)
            tell(f"  > {example.user}")
            for name, reply in ((a, example.a), (b, example.b)):
                tell(f"  {name}: {say.stored(reply.error) if reply.error else repr(reply.response)}")


def _print_manifest(report: Comparison, a: str, b: str) -> None:
    rows = [[row.path, _shown(row.a), _shown(row.b)] for row in report.manifest]
    if rows:
        headings = _headings("cli.compare.setting_columns", a=a, b=b)
        print_table(words()("cli.compare.settings"), headings, rows, left=3)


def _shown(value: object) -> str:
    return "—" if value is None else str(value)


def _print_remarks(report: Comparison, a: str, b: str) -> None:
    say, left_out = words(), report.left_out
    if left_out.a or left_out.b:
        tell(say("cli.compare.left_out", a=a, b=b, left=left_out.a, right=left_out.b))
    for text in say.reasons(report.note_codes):
        tell(say("cli.compare.note", text=text))
    tell(say("cli.compare.legend", margins=report.margins, means=say("results.means")))
    tell(say("results.rule"))
