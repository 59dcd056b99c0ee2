"""Which kinds of request a model handles: ✓, 不安定 or ✗ per task, with the numbers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kikime.harness.core.manifest import Manifest
from kikime.harness.metrics.registry import QUALITY
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import Capability, Handled
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.stats.intervals import wilson_interval

if TYPE_CHECKING:
    import pandas as pd


def capability_table(pair: Pair) -> list[Capability]:
    """One row per task."""
    sides = [handled_by_task(cells, pair.manifest_a) for cells in (pair.a, pair.b)]
    return [Capability(left.task, left.title, left, right) for left, right in zip(*sides, strict=True)]


def handled_by_task(cells: pd.DataFrame, manifest: Manifest) -> list[Handled]:
    """Per task the share of items that are handled.

    An item is handled when the mean quality of its replies, asked plainly, reaches ``handled.quality``.
    """
    rule = load_areas().handled
    plain = cells[cells["technique"] == "plain"]
    rows = []
    for task, content in manifest["tasks"].items():
        own = plain[plain["task"] == task]
        if own.empty:
            continue
        means = own.groupby(["persona", "item"])[QUALITY].mean()
        done, n = int((means >= rule.quality).sum()), len(means)
        low, high = wilson_interval(done, n)
        mark = "✓" if done / n >= rule.steady else "不安定" if done / n >= rule.unsteady else "✗"
        rows.append(Handled(task, content["title"], done / n, low, high, n, mark))
    return rows
