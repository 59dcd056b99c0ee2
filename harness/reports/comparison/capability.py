"""Which kinds of request a model handles: ✓, 不安定 or ✗ per task, with the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kikime.harness.metrics.registry import QUALITY
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.stats.intervals import wilson_interval

if TYPE_CHECKING:
    import pandas as pd


def capability_table(pair: Pair) -> list[dict[str, Any]]:
    """One row per task: ``task, title, a, b``, each side as :func:`handled_by_task` gives it."""
    sides = [handled_by_task(cells, pair.manifest_a) for cells in (pair.a, pair.b)]
    return [
        {"task": left["task"], "title": left["title"], "a": left, "b": right}
        for left, right in zip(*sides, strict=True)
    ]


def handled_by_task(cells: pd.DataFrame, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Per task ``rate`` of items that are handled, ``low, high`` (Wilson over items), ``n`` items, ``mark``.

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
        rows.append(
            {"task": task, "title": content["title"], "rate": done / n, "low": low, "high": high, "n": n, "mark": mark}
        )
    return rows
