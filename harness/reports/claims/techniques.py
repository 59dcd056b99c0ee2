"""Ways of asking, each paired with asking plainly in the same cell; reasoning that leaks into replies is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.factors import Json
from kikime.harness.reports.comparison.differences import difference
from kikime.harness.reports.tables.cells import read_cells
from kikime.harness.reports.tables.frames import Bands
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.condition import load_techniques

if TYPE_CHECKING:
    import pandas as pd

PLAIN = "plain"
METRICS_SHOWN = ("fact_correct", "constraint_ok", "marker_rate", "style_band", "length_chars", "critical_failure")
_CELL = ["task", "persona", "item_id", "format", "shots", "shot_style", "example_set", "context", "turn", "repeat"]
_KEPT = ("mean_a", "mean_b", "delta", "ci_low", "ci_high", "p_value", "verdict", "n_items")


def techniques_report(run: RunDirectory, *, seed: int = 0, n_resamples: int = 4999) -> Json:
    """Effect of each technique on each task of a run: technique less ``plain``, item by item.

    Style is measured on the reply without the reasoning that the technique asked for.

    Returns:
        ``rows``: per task, technique and metric ``mean_a`` (plain), ``mean_b``, ``delta``, its 95 % interval,
        ``p_value``, ``verdict`` and ``n_items``; ``leaks``: per task and technique that asks for reasoning the replies
        (``n``) and those in which reasoning and reply could not be told apart (``leaked``).

    Raises:
        UsageError: no tables yet, or the run asked in one way only.
    """
    manifest = run.manifest()
    replies = read_cells(run, manifest)
    asked = [name for name in load_techniques() if name != PLAIN and name in set(replies["technique"])]
    if not asked or PLAIN not in set(replies["technique"]):
        raise UsageError(
            f"{run.path}: this run has no technique beside plain, or no plain to pair it with",
            hint="kikime run MODEL --suite techniques (or steerability)",
        )
    rows = list(_rows(replies, asked, Bands(manifest), seed=seed, n_resamples=n_resamples))
    return {"report": "techniques", "run": run.id, "name": manifest["name"], "rows": rows, "leaks": _leaks(replies)}


def _rows(replies: pd.DataFrame, asked: list[str], bands: Bands, **options: Any) -> Iterator[Json]:
    titles = {name: technique.title for name, technique in load_techniques().items()}
    for task, own in replies.groupby("task", sort=False):
        cells = own.set_index(_CELL, drop=False).rename_axis([f"_{name}" for name in _CELL])
        plain = cells[cells["technique"] == PLAIN]
        for name in asked:
            other = cells[cells["technique"] == name]
            shared = plain.index[plain.index.isin(other.index)]
            if shared.empty:
                continue
            a, b = plain.loc[shared], other.loc[shared]
            for metric in METRICS_SHOWN:
                row = difference(a, b, metric, bands, **options)
                if row is not None:
                    kept = {key: row[key] for key in _KEPT}
                    yield {"task": task, "technique": name, "title": titles[name], "metric": metric, **kept}


def _leaks(replies: pd.DataFrame) -> list[Json]:
    asked = replies[replies["reasoning_leak"].notna()]
    counted = asked.groupby(["task", "technique"], sort=False)["reasoning_leak"].agg(["size", "sum"])
    return [
        {"task": task, "technique": technique, "n": int(n), "leaked": int(leaked)}
        for (task, technique), n, leaked in counted.itertuples()
    ]
