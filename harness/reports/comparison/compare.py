"""``kikime compare``: two runs, cell by cell (design §5.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kikime.harness.reports.comparison.capability import capability_table
from kikime.harness.reports.comparison.comparability import manifest_differences
from kikime.harness.reports.comparison.differences import metric_rows
from kikime.harness.reports.comparison.examples import changed_replies
from kikime.harness.reports.comparison.lengths import length_display
from kikime.harness.reports.comparison.pairs import Pair, load_pair
from kikime.harness.reports.tables.margins import load_margins
from kikime.harness.store.rundir import RunDirectory

Progress = Callable[[str], None]


def compare(
    a: RunDirectory,
    b: RunDirectory,
    *,
    common: bool = False,
    slices: bool = True,
    n_examples: int = 10,
    seed: int = 0,
    n_resamples: int = 9999,
    on_step: Progress = lambda _: None,
) -> dict[str, Any]:
    """Compare ``b`` with ``a`` over the same cells; every difference is b − a.

    Args:
        a: the reference.
        b: the run that is compared with it.
        common: compare the shared cells where the two runs do not have the same ones.
        slices: also compare per persona, task, format, shots and technique.
        n_examples: replies that got most worse, and most better.
        seed: of resampling.
        n_resamples: bootstrap draws of a metric; its slices take a fifth.
        on_step: told what is computed now.

    Returns:
        ``a, b, comparable, why_not, hint, notes, left_out, metrics, examples, lengths, capability, manifest, margins``; where
        the runs cannot be compared ``comparable`` is False and ``metrics`` and ``examples`` are empty.

    Raises:
        UsageError: a run has no tables yet, or a score is NaN.
    """
    on_step("cells")
    pair = load_pair(a, b, common=common)
    report: dict[str, Any] = {
        "a": describe(a, pair.manifest_a),
        "b": describe(b, pair.manifest_b),
        "comparable": not pair.why_not,
        "why_not": pair.why_not,
        "hint": pair.hint,
        "notes": pair.notes,
        "common": common,
        "left_out": pair.left_out,
        "n_cells": len(pair.a),
        "metrics": [],
        "examples": {},
        "manifest": manifest_differences(pair.manifest_a, pair.manifest_b),
        "margins": load_margins().version,
    }
    if not pair.why_not:
        report |= _compared(
            pair, slices=slices, n_examples=n_examples, seed=seed, n_resamples=n_resamples, on_step=on_step
        )
    return report


def _compared(
    pair: Pair, *, slices: bool, n_examples: int, seed: int, n_resamples: int, on_step: Progress
) -> dict[str, Any]:
    """The parts of the report that need comparable runs."""
    metrics = metric_rows(pair, slices=slices, seed=seed, n_resamples=n_resamples, on_step=on_step)
    on_step("lengths")
    lengths, capability = length_display(pair, seed=seed), capability_table(pair)
    on_step("examples")
    return {
        "metrics": metrics,
        "lengths": lengths,
        "capability": capability,
        "examples": changed_replies(pair, n=n_examples),
        "scope": scope(pair),
    }


def describe(run: RunDirectory, manifest: dict[str, Any]) -> dict[str, Any]:
    """Which run a side of a report is."""
    checkpoint = manifest["checkpoint"]
    return {
        "run": run.id,
        "name": manifest["name"],
        "model": checkpoint["name"],
        "params": checkpoint["n_params"],
        "fingerprint": checkpoint["fingerprint"],
        "suite": manifest["suite"]["id"],
        "created_at": manifest["created_at"],
    }


def scope(pair: Pair) -> dict[str, Any]:
    """What the results speak of."""
    personas = sorted(pair.a["persona"].unique())
    new = len(personas) >= 10
    return {
        "personas": personas,
        "speaks_of": "new personas" if new else "these personas",
        "ja": "新しいキャラクターにも当てはまる推測" if new else f"この{len(personas)}人のキャラクターについての結果",
    }
