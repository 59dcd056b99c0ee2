"""Markdown tables for READMEs and model cards: values with ±, n and rank intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kikime.harness.reports.comparison.records import Comparison, EndingMean, GateAnswer
from kikime.harness.reports.overview.records import Overview
from kikime.harness.reports.report import Table
from kikime.harness.reports.trends.records import StepsReport
from kikime.harness.reports.trends.steps import tables as steps_tables
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!&])")


def escape_cell(text: str) -> str:
    """Text inside a markdown table: on one line, every character of the syntax escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A markdown table; the first ``left`` columns are text."""
    align = ["---" if number < left else "---:" for number in range(len(columns))]
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(align)}|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def run_markdown(overview: Overview, t: Translator) -> str:
    """One run: its metrics with ± and n, what it can do, and where it comes from."""
    panel = any(row.agreement for row in overview.metrics)
    rows = [
        [
            t.metric(row.metric),
            f"`{row.metric}`",
            labels.direction(t, row.direction),
            _plus_minus(row.metric, row.mean, row.half_width),
            f"{row.n:,}",
            *([labels.agreement(row.agreement)] if panel else []),
        ]
        for row in overview.metrics
    ]
    able = [
        [escape_cell(labels.title(t, row.task, row.title)), labels.handled(t, row), str(row.n)]
        for row in overview.capability
    ]
    note = t(
        "results.markdown.run_note",
        model=escape_cell(overview.model),
        params=labels.parameters(overview.params),
        coverage=f"{100 * overview.coverage:.1f}",
        run=overview.run,
    )
    return (
        f"## {escape_cell(overview.name)} × {escape_cell(overview.suite)}\n\n"
        + table(
            [*t("results.markdown.metric_columns").split("|"), *([t("cli.panel.alpha")] if panel else [])], rows, left=3
        )
        + "\n"
        + table(t("results.markdown.request_columns").split("|"), able)
        + _endings(t, [(row.metric, row.means()) for row in overview.endings])
        + f"\n{note}\n"
    )


def comparison_markdown(report: Comparison, t: Translator) -> str:
    """A comparison: one row per metric, with its interval, verdict and n."""
    a, b = escape_cell(report.a.name), escape_cell(report.b.name)
    if not report.comparable:
        reasons = "\n".join(f"- {escape_cell(reason)}" for reason in t.reasons(report.why_not_codes))
        return f"## {a} → {b}\n\n{t('results.markdown.refused')}\n\n{reasons}\n"
    panel = any(row.agreement_a or row.agreement_b for row in report.metrics)
    rows = [
        [
            ("◎ " if row.primary else "") + t.metric(row.metric),
            labels.value(row.metric, row.mean_a),
            labels.value(row.metric, row.mean_b),
            labels.change(row.metric, row.delta),
            labels.interval(t, row.metric, row.ci_low, row.ci_high),
            labels.size_of(row.metric, row.margin),
            labels.p_value(row.p_adjusted),
            labels.verdict(t, row),
            str(row.n_items),
            *([labels.agreement(row.agreement_a), labels.agreement(row.agreement_b)] if panel else []),
        ]
        for row in report.metrics
    ]
    able = [
        [
            escape_cell(labels.title(t, row.task, row.title)),
            labels.handled(t, row.a),
            labels.handled(t, row.b),
            str(row.a.n),
        ]
        for row in report.capability
    ]
    columns = t("results.markdown.comparison_columns").split("|")
    columns += [f"{t('cli.panel.alpha')} {name}" for name in (a, b)] if panel else []
    about = t(
        "results.markdown.comparison_note",
        a=a,
        b=b,
        scope=labels.scope(t, report.scope),
        margins=report.margins,
        rule=t("results.rule"),
    )
    return (
        f"## {a} → {b}\n\n"
        + table([columns[0], a, b, *columns[1:]], rows)
        + "\n"
        + table([t("results.markdown.request"), a, b, t("results.markdown.items")], able)
        + _endings(t, [(row.metric, row.means()) for row in report.endings], (a, b))
        + f"\n{about}\n"
    )


def gate_summary(answer: GateAnswer, t: Translator) -> str:
    """The answer as a markdown step summary."""
    metric, found = answer.metric, answer.difference
    sign = {"pass": "✅", "fail": "❌", "insufficient evidence": "⚠️"}[answer.decision]
    unit = t(f"results.gate.unit.{answer.unit}")
    name = t(
        "results.gate.metric", metric=t.metric(metric), name=metric, direction=labels.direction(t, answer.direction)
    )
    cells = [
        name,
        labels.value(metric, found.mean_a),
        labels.value(metric, found.mean_b),
        labels.change(metric, found.delta),
        labels.interval(t, metric, found.ci_low, found.ci_high),
        labels.size_of(metric, answer.margin),
        f"{answer.n} {unit}",
    ]
    decision = f"{labels.decision(t, answer.decision)}" + (f"（{answer.decision}）" if t.language == "ja" else "")
    lines = [
        f"### {sign} {t('results.gate.title', decision=decision)}",
        "",
        t("results.gate.head", a=escape_cell(answer.a.name), b=escape_cell(answer.b.name)),
        "|---|---:|---:|---:|---:|---:|---:|",
        f"| {' | '.join(cells)} |",
        "",
        _sentence(t, answer, unit),
        *(f"\n{t('results.gate.note', note=escape_cell(t.reason(note)))}" for note in answer.note_codes),
    ]
    return "\n".join(lines) + "\n"


def _endings(t: Translator, rows: Sequence[tuple[str, Sequence[EndingMean | None]]], names: Sequence[str] = ()) -> str:
    """Means by how replies ended; nothing where all ended in the same way."""
    if not rows:
        return ""
    cells = [[t.metric(metric), *(labels.counted(metric, mean) for mean in means)] for metric, means in rows]
    return f"\n{t('results.endings.title')}\n\n{table(labels.endings(t, names), cells)}"


def _sentence(t: Translator, answer: GateAnswer, unit: str) -> str:
    if answer.decision in {"pass", "fail"}:
        return t(f"results.gate.{answer.decision}")
    if answer.n_needed is None:
        return t("results.gate.open")
    return t("results.gate.open_needed", n=answer.n_needed, unit=unit)


def _plus_minus(metric: str, mean: float | None, half: float | None) -> str:
    shown = labels.value(metric, mean)
    return shown if half is None else f"{shown} ± {labels.value(metric, half)}"


def steps_markdown(report: StepsReport, t: Translator) -> str:
    """The curves of a training run: a row per step."""
    blocks = [block for block in steps_tables(report, t) if isinstance(block, Table)]
    return "\n".join(
        f"### {escape_cell(block.title)}\n\n"
        + table(
            list(map(escape_cell, block.columns)),
            [[escape_cell(str(cell)) for cell in row] for row in block.rows],
            left=block.left,
        )
        for block in blocks
    )
