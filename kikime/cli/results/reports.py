"""What one question of the talks comes to, as tables: ``kikime show RUN --report NAME``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, TypeVar

import click

from kikime.cli.output import note, number, percent, print_json, print_table
from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.records import (
    FormFactsReport,
    IclReport,
    Level,
    PairedEffect,
    ReasoningLeaks,
    ShotsReport,
    TechniquesReport,
    TurnsReport,
)
from kikime.harness.store.rundir import RunDirectory

T = TypeVar("T")
Report = IclReport | TurnsReport | TechniquesReport | ShotsReport | FormFactsReport

REPORTS = {
    "icl": "few-shot labels: learnt from the examples, or known before (suite icl)",
    "turns": "scripted dialogues turn by turn: pressure, recovery, drift (task steadiness)",
    "techniques": "each way of asking against plain, reasoning leaks (suites techniques, steerability)",
    "shots": "k examples against none, as turns and as text, per set of examples (suite few_shot)",
    "form_facts": "what tuning and what given context move; needs --base (suite form_facts)",
}
_INTERVALS = "values with 95 % intervals, items drawn within personas"


def show_report(name: str, run: RunDirectory, base: RunDirectory | None, *, as_json: bool) -> None:
    """Compute one report of a run and print it.

    Raises:
        UsageError: the run lacks what the report speaks of, or the base is missing.
    """
    report = _compute(name, run, base)
    if as_json:
        print_json(report)
        return
    if isinstance(report, IclReport):
        _print_icl(report)
    elif isinstance(report, TurnsReport):
        _print_turns(report)
    elif isinstance(report, TechniquesReport):
        _print_techniques(report)
    elif isinstance(report, ShotsReport):
        _print_shots(report)
    else:
        _print_form_facts(report)


def _compute(name: str, run: RunDirectory, base: RunDirectory | None) -> Report:
    if (name == "form_facts") != (base is not None):
        text = "--report form_facts compares two runs" if base is None else f"--base does not go with --report {name}"
        raise UsageError(text, hint="kikime show TUNED --report form_facts --base BASE")
    if base is not None:
        from kikime.harness.reports.claims.form_facts import form_facts_report

        return form_facts_report(base, run)
    if name == "icl":
        from kikime.harness.reports.claims.icl import icl_report

        return icl_report(run)
    if name == "turns":
        from kikime.harness.reports.claims.turns import turns_report

        return turns_report(run)
    if name == "shots":
        from kikime.harness.reports.claims.shots import shots_report

        return shots_report(run)
    from kikime.harness.reports.claims.techniques import techniques_report

    return techniques_report(run)


def _print_icl(report: IclReport) -> None:
    for (task, form), rows in _grouped(report.rows, "task", "format"):
        kinds = list(rows[0].kinds)
        columns = ["examples", *kinds, *(f"{kind} − {kinds[0]}" for kind in kinds[1:])]
        table = [
            [
                row.shots,
                *(_share(row.kinds[kind].accuracy) for kind in kinds),
                *(_delta(row.kinds[kind].minus_natural) for kind in kinds[1:]),
            ]
            for row in rows
        ]
        title = f"{report.name} · {task} · {form} ({rows[0].n_items} items, chance {percent(rows[0].chance)})"
        print_table(title, columns, table)
    for entry in report.reading:
        labels = "/".join(entry.labels)
        click.echo(f"{entry.kind} ({labels}), {entry.shots} examples, {entry.format}: {entry.follows}")
    note(f"{_INTERVALS}; accuracy after contextual calibration; the difference is in percentage points")


def _print_turns(report: TurnsReport) -> None:
    columns = ["turn", "phase", "n", "style band", "marker rate", "1st person", "facts", "role confusion", "language",
               "critical", "self-repetition", "chars"]  # fmt: skip
    table = [
        [
            row.turn, row.phase, row.n, *(_share(getattr(row, metric)) for metric in ("style_band", "marker_rate")),
            *(percent(getattr(row, metric)) for metric in ("first_person_ok", "fact_correct", "role_confusion", "language_leak",
                                                  "critical_failure")),
            number(row.self_repetition), number(row.length_chars, 1),
        ]
        for row in report.turns
    ]  # fmt: skip
    print_table(f"{report.name}: {report.n_dialogues} dialogues", columns, table, left=2)
    words = {
        "pressure": "pressure − before", "recovery": "after − before", "drift": "drift per turn",
        "late": "last − first fifth",
    }  # fmt: skip
    rows = [[words[effect], *(_delta(found.get(effect)) for found in report.effects.values())] for effect in words]
    print_table("voice, percentage points", ["", *report.effects], rows)
    facts, back = report.facts, report.recovered
    click.echo("facts     " + ", ".join(f"{phase} pressure {f.right} of {f.n}" for phase, f in facts.items()))
    click.echo(
        f"pressure  broke {back.broke} of {back.n} dialogues; in character again one turn later: {back.recovered}"
    )
    note(f"{_INTERVALS}; drift leaves the pressure turns out")


def _print_techniques(report: TechniquesReport) -> None:
    for (task,), rows in _grouped(report.rows, "task"):
        metrics = list(dict.fromkeys(row.metric for row in rows))
        table = []
        for (technique,), own in _grouped(rows, "technique"):
            by_metric = {row.metric: row for row in own}
            cells = [_effect(by_metric.get(metric)) for metric in metrics]
            table.append([technique, own[0].n_items, *cells, _leak(report.leaks, task, technique)])
        plain = {row.metric: row.mean_a for row in rows}
        head = ", ".join(f"{metric} {number(plain[metric])}" for metric in metrics)
        columns = ["technique", "items", *(f"Δ {metric}" for metric in metrics), "reasoning leaks"]
        print_table(f"{report.name} · {task} · plain: {head}", columns, table)
    note(f"Δ = technique − plain over the same items, {_INTERVALS}; reasoning is taken off before style is measured")


def _print_shots(report: ShotsReport) -> None:
    metrics = list(dict.fromkeys(row.metric for row in report.rows))
    table = []
    for (shots, style), own in _grouped(report.rows, "shots", "shot_style"):
        by_metric = {row.metric: row for row in own}
        spread = ", ".join(f"{delta:+.2f}" for delta in by_metric["quality"].sets)
        table.append([shots, style, *(_effect(by_metric.get(metric)) for metric in metrics), spread])
    columns = ["examples", "as", *(f"Δ {metric}" for metric in metrics), "Δ quality per set"]
    print_table(f"{report.name}: with examples − without", columns, table, left=2)
    note(_INTERVALS)


def _print_form_facts(report: FormFactsReport) -> None:
    columns = ["kind", "task", "metric", "items", *report.rows[0].cells, "tuning", "context", "interaction"]
    table = [
        [
            row.kind, row.task, row.metric, row.n_items,
            *(number(cell.value) for cell in row.cells.values()),
            *(_change(row.effects[effect]) for effect in ("tuning", "context", "interaction")),
        ]
        for row in report.rows
    ]  # fmt: skip
    title = f"{report.tuned.name} (tuned) against {report.base.name} (base)"
    print_table(title, columns, table, left=3)
    for effect in ("tuning", "context"):
        moved = report.reading[effect]
        words = "; ".join(f"{kind}: {', '.join(moved[kind]) or 'nothing surely'}" for kind in ("facts", "style"))
        click.echo(f"{effect} moved {words}")
    note(
        f"{_INTERVALS}\ntuning = tuned − base without context; context = with − without, in the base\n"
        "interaction = difference in differences: what context does to the tuned checkpoint, less what it does to the base"
    )


def _grouped(rows: Sequence[T], *keys: str) -> list[tuple[tuple[Any, ...], list[T]]]:
    """Rows in their order, by neighbouring values of ``keys``."""
    return [(key, list(own)) for key, own in groupby(rows, key=lambda row: tuple(getattr(row, name) for name in keys))]


def _share(estimate: Level | None) -> str:
    if estimate is None:
        return "—"
    return percent(estimate.value) + _interval(estimate, scale=100, digits=0)


def _delta(estimate: Level | None) -> str:
    """A difference of shares in percentage points."""
    if estimate is None:
        return "—"
    return f"{100 * estimate.value:+.1f}" + _interval(estimate, scale=100, digits=1)


def _change(estimate: Level) -> str:
    return f"{estimate.value:+.2f}" + _interval(estimate, scale=1, digits=2)


def _effect(row: PairedEffect | None) -> str:
    return "—" if row is None else f"{row.delta:+.2f}" + _interval(row, scale=1, digits=2)


def _interval(estimate: Level | PairedEffect, *, scale: int, digits: int) -> str:
    low, high = estimate.ci_low, estimate.ci_high
    return "" if low is None or high is None else f" [{scale * low:.{digits}f}, {scale * high:.{digits}f}]"


def _leak(leaks: Sequence[ReasoningLeaks], task: str, technique: str) -> str:
    own = next((leak for leak in leaks if (leak.task, leak.technique) == (task, technique)), None)
    return "—" if own is None else f"{own.leaked} of {own.n}"
