"""``kikime rank --flexibility`` in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from kikime.cli.language import columns, words
from kikime.cli.output import print_table, tell
from kikime.harness.reports.claims.records import FlexibilityReport, FlexibilityTable, TechniqueEffect
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import number, percent

if TYPE_CHECKING:
    from kikime.harness.stats.prompts.effects import ExamplesEffect, InstructionEffect


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
        tell(text)
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
        between = "—" if found.ci_low is None else words()("results.interval", low=shares[1], high=shares[2])
        rows.append([report.name, shares[0], between, *rest])
        variance = [percent(share) for share in (found.format_share, found.item_share, found.interaction_share)]
        across, net = (None, None) if items is None else (items.across, items.net)
        parts.append([report.name, *variance, number(across, 3), number(net, 3)])
    say = words()
    print_table(say("cli.flexibility.title"), columns("cli.flexibility.columns"), rows)
    if parts:
        print_table(say("cli.flexibility.variance"), columns("cli.flexibility.variance_columns"), parts)


def _print_effects(reports: list[FlexibilityReport]) -> None:
    """One row per effect: the instruction within each format, k examples, each way of asking."""
    t = words()
    rows = []
    for report in reports:
        for steered in report.steerability or []:
            where = t("cli.flexibility.every_format") if steered.format == "*" else steered.format
            rows.append(
                [
                    report.name,
                    t("cli.flexibility.instruction"),
                    where,
                    *_effect(t, steered.effect, steered),
                    "—",
                    steered.n_items,
                ]
            )
        for gain in report.few_shot or []:
            new = labels.interval(t, "quality", gain.set_low, gain.set_high)
            where = t("cli.flexibility.shots", n=gain.shots, sets=gain.n_sets)
            rows.append(
                [report.name, t("cli.flexibility.examples"), where, *_effect(t, gain.gain, gain), new, gain.n_items]
            )
        rows += [
            [
                report.name,
                t("cli.flexibility.technique"),
                labels.title(t, asked.technique, asked.title),
                *_effect(t, asked.effect, asked),
                "—",
                asked.n_items,
            ]
            for asked in report.techniques or []
        ]
    if rows:
        print_table(t("cli.flexibility.effects"), columns("cli.flexibility.effect_columns"), rows, left=3)


def _effect(t: Translator, effect: float, row: InstructionEffect | ExamplesEffect | TechniqueEffect) -> list[str]:
    return [labels.change("quality", effect), labels.interval(t, "quality", row.ci_low, row.ci_high)]


def _remarks(table: FlexibilityTable) -> list[str]:
    """What was not measured, or only in part, and why; models that say the same share a line."""
    names: dict[tuple[str, str], list[str]] = {}
    t = words()
    for report in table.runs:
        for measure, reason in report.why_not_codes.items():
            text = t("cli.flexibility.unmeasured", why=t.reason(reason))
            names.setdefault((measure, text), []).append(report.name)
        for measure, note in report.note_codes.items():
            names.setdefault((measure, t.reason(note)), []).append(report.name)
    lines = [
        t("cli.flexibility.remark", names=t("cli.and").join(who), measure=labels.measure(t, measure), text=text)
        for (measure, text), who in names.items()
    ]
    return lines + [
        t("cli.flexibility.left_out", run=entry.run, why=t.reason(entry.reason_code)) for entry in table.left_out
    ]


def _print_claims(table: FlexibilityTable) -> None:
    t = words()
    rows = [
        [
            row.title,
            row.model,
            labels.parameters(row.params),
            labels.change("quality", row.effect),
            labels.interval(t, "quality", row.ci_low, row.ci_high),
            labels.claim(t, row),
        ]
        for row in table.claims
    ]
    print_table(t("cli.flexibility.claims"), columns("cli.flexibility.claim_columns"), rows, left=2)
    tell(t("cli.flexibility.size"))
    if table.size.why_not_code:
        tell(t("cli.flexibility.no_size", why=t.reason(table.size.why_not_code)))
    for entry in table.size.left_out:
        tell(t("cli.flexibility.size_left_out", run=entry.run, why=t.reason(entry.reason_code)))
