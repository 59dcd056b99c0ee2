"""A run or a comparison as CSV."""

from __future__ import annotations

from kikime.harness.core.axes import CELL
from kikime.harness.core.files.csv import csv_bytes
from kikime.harness.reports.comparison.records import Comparison, Difference, MetricRow
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.samples import read_samples
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.labels import condition

_REPLY = (
    *("key", "pair_key", *CELL, "user", "response"),
    *("finish_reason", "n_prompt_tokens", "n_output_tokens", "latency_ms", "error"),
)
_METRIC = (
    *("metric", "direction", "primary", "n_items", "n_personas", "mean_a", "mean_b", "delta", "ci_low", "ci_high"),
    *("ci_method", "p_value", "p_adjusted", "family", "dominance", "mde", "margin", "verdict", "change"),
)


_JUDGED = ("judge", "alpha_a", "alpha_b")
"""Who gave the scores, and of a panel Krippendorff's alpha on each run's replies; empty for rule metrics."""


def run_csv(run: RunDirectory) -> bytes:
    """One row per reply: where it belongs, its text, and every metric."""
    samples = read_samples(run)
    metrics = list(samples[0]["metrics"]) if samples else []
    rows = ([sample[name] for name in _REPLY] + [sample["metrics"][name] for name in metrics] for sample in samples)
    return csv_bytes([*_REPLY, *metrics], rows)


def comparison_csv(report: Comparison, t: Translator) -> bytes:
    """One row per metric and slice of a comparison; ``by`` is empty for the whole."""
    rows = []
    names = (report.a.name, report.b.name)
    for metric in report.metrics:
        rows.append([*names, "", "", *_cells(metric), metric.judge, *_alphas(metric)])
        rows += [
            [*names, condition(t, row.by), row.value, *_cells(row), metric.judge, None, None] for row in metric.slices
        ]
    return csv_bytes(["a", "b", "by", "slice", *_METRIC, *_JUDGED], rows)


def _alphas(row: MetricRow) -> list[object]:
    return [found.alpha if found else None for found in (row.agreement_a, row.agreement_b)]


def _cells(row: Difference) -> list[object]:
    return [getattr(row, name) for name in _METRIC]
