"""``kikime compare``: two runs, cell by cell."""

from __future__ import annotations

from collections.abc import Callable

from kikime.harness.core.manifest import Manifest
from kikime.harness.reports.comparison.capability import capability_table
from kikime.harness.reports.comparison.comparability import manifest_differences
from kikime.harness.reports.comparison.differences import metric_rows
from kikime.harness.reports.comparison.endings import ending_means
from kikime.harness.reports.comparison.examples import changed_replies
from kikime.harness.reports.comparison.lengths import length_display
from kikime.harness.reports.comparison.pairs import Pair, load_pair
from kikime.harness.reports.comparison.records import Comparison, Scope, Side
from kikime.harness.reports.tables.margins import load_margins
from kikime.harness.reports.tables.panels import members_of
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator

Progress = Callable[[str], None]
NEW_PERSONAS = 10
"""Personas from which on results speak of personas that were not asked."""


def compare(
    a: RunDirectory,
    b: RunDirectory,
    *,
    common: bool = False,
    judge: str | None = None,
    own_users: bool = False,
    slices: bool = True,
    n_examples: int = 10,
    seed: int = 0,
    n_resamples: int = 9999,
    on_step: Progress = lambda _: None,
    language: str | None = None,
) -> Comparison:
    """Compare ``b`` with ``a`` over the same cells; every difference is b − a.

    Args:
        a: the reference.
        b: the run that is compared with it.
        common: compare the shared cells where the two runs do not have the same ones.
        judge: of all verdicts only that judge's (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        own_users: compare also where each model played the user of its dialogues itself.
        slices: also compare per persona, task, format, shots and technique.
        n_examples: replies that got most worse, and most better.
        seed: of resampling.
        n_resamples: bootstrap draws of a metric; its slices take a fifth.
        on_step: told what is computed now.
        language: of reasons and notes (``ja`` or ``en``); that of the person at this terminal by default.

    Raises:
        UsageError: a run has no tables yet, a score is NaN, or a run has no verdicts of ``judge``.
    """
    t = Translator.of(language)
    on_step("cells")
    pair = load_pair(a, b, common=common, judge=judge, own_users=own_users)
    report = Comparison(
        a=describe(a, pair.manifest_a),
        b=describe(b, pair.manifest_b),
        comparable=not pair.why_not,
        why_not=t.reasons(pair.why_not),
        why_not_codes=pair.why_not,
        hint=t.reason(pair.hint) if pair.hint else None,
        hint_code=pair.hint,
        notes=t.reasons(pair.notes),
        note_codes=pair.notes,
        common=common,
        left_out=pair.left_out,
        n_cells=len(pair.a),
        manifest=manifest_differences(pair.manifest_a, pair.manifest_b),
        margins=load_margins().version,
        rule=t("results.rule"),
        panel=list(members_of(judge or "")),
    )
    if not pair.why_not:
        report.metrics = metric_rows(pair, slices=slices, seed=seed, n_resamples=n_resamples, on_step=on_step)
        _add_displays(report, pair, n_examples=n_examples, seed=seed, on_step=on_step)
    return report


def _add_displays(report: Comparison, pair: Pair, *, n_examples: int, seed: int, on_step: Progress) -> None:
    on_step("lengths")
    report.lengths, report.capability = length_display(pair, seed=seed), capability_table(pair)
    report.endings = ending_means(pair)
    on_step("examples")
    report.examples, report.scope = changed_replies(pair, n=n_examples), scope(pair)


def describe(run: RunDirectory, manifest: Manifest) -> Side:
    """Which run a side of a report is."""
    checkpoint = manifest["checkpoint"]
    return Side(
        run=run.id,
        name=manifest["name"],
        model=checkpoint["name"],
        params=checkpoint["n_params"],
        fingerprint=checkpoint["fingerprint"],
        suite=manifest["suite"]["id"],
        created_at=manifest["created_at"],
    )


def scope(pair: Pair) -> Scope:
    """What the results speak of."""
    personas = sorted(pair.a["persona"].unique())
    new = len(personas) >= NEW_PERSONAS
    t = Translator("ja")
    return Scope(
        personas=personas,
        speaks_of="new personas" if new else "these personas",
        ja=t("results.scope_new") if new else t("results.scope_these", n=len(personas)),
    )
