"""``kikime demo``: the two bundled checkpoints, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kikime.cli.options import json_option, runs_option
from kikime.cli.output import note, number, percent, print_json, print_table

_MODELS = ("demo:august", "demo:september")
_ROWS = {
    "length_chars": "文字数 characters",
    "sentences": "文の数 sentences",
    "length_fit": "長さの適合 length fit",
    "marker_rate": "語尾の割合 marker rate",
    "style_band": "口調の水準 style band",
    "fact_correct": "設定の正答 facts",
    "critical_failure": "致命的な失敗 critical failures",
}
_COUNTED = {"length_chars", "sentences"}


@click.command()
@runs_option
@json_option
def demo(runs: Path, as_json: bool) -> None:
    """Benchmark the two bundled checkpoints on the real engine, compare them, write the report."""
    from kikime.cli.running.run import ended_by_signals
    from kikime.harness.engines import EngineOptions
    from kikime.harness.engines.checkpoint import resolve_checkpoint
    from kikime.harness.plan.prepare import prepare
    from kikime.harness.run.execute import start_run
    from kikime.harness.suites.grid import gather_materials
    from kikime.harness.suites.suite import load_suite
    from kikime.leaderboard.report.write import write_report
    from kikime.workflows import run as workflow

    materials = gather_materials(load_suite("quick"))
    finished: list[workflow.Finished] = []
    with ended_by_signals():
        for model in _MODELS:
            prepared = prepare(resolve_checkpoint(model), materials, EngineOptions())
            note(workflow.plan_line(prepared, runs))
            planned = prepared, start_run(prepared, runs)
            finished += workflow.execute_all([planned], judge=None, quiet=as_json)
    report = write_report([run for run, _ in finished], runs / "demo-report.html", slices=False)
    summaries = [summary for _, summary in finished]
    if as_json:
        print_json({"runs": [str(run.path) for run, _ in finished], "summaries": summaries, "report": str(report)})
        return
    _print_side_by_side(summaries)
    for run, _ in finished:
        click.echo(f"run     {run.path}")
    click.echo(f"report  {report}")


def _print_side_by_side(summaries: list[dict[str, Any]]) -> None:
    from kikime.harness.store.summary import overall_by

    by_format = [overall_by(summary, ("format",)) for summary in summaries]
    pools = [groups["native",]["metrics"] for groups in by_format] + [summary["metrics"] for summary in summaries]
    rows = [[label, *(_cell(pool, name) for pool in pools)] for name, label in _ROWS.items()]
    columns = [f"{summary['name']}: {where}" for where in ("native", "all formats") for summary in summaries]
    print_table("August and September in their own format and over all six", ["", *columns], rows)
    rows = [
        [
            form[0],
            *(
                _cell(groups[form]["metrics"], name)
                for groups in by_format
                for name in ("style_band", "critical_failure")
            ),
        ]
        for form in by_format[0]
    ]
    headings = [f"{summary['name']}: {what}" for summary in summaries for what in ("style band", "critical")]
    print_table("Per prompt format", ["format", *headings], rows)


def _cell(metrics: dict[str, Any], name: str) -> str:
    value = metrics.get(name, {}).get("mean")
    return number(value, 1) if name in _COUNTED else percent(value)
