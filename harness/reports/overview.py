"""One run by itself: what it is, its metrics with intervals, its lengths, and what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.metrics.registry import METRICS
from harness.reports.capability import handled_by_task
from harness.reports.cells import read_cells, read_verdicts
from harness.reports.compare import describe
from harness.reports.frames import ITEM, POOLED_MARKERS, Bands, marker_sums
from harness.reports.lengths import describe_lengths
from harness.reports.margins import QUALITY, direction, load_margins
from harness.stats.contrast import Transform, identity, pooled_rate
from harness.stats.intervals import t_interval
from harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


def run_overview(run: RunDirectory) -> dict[str, Any]:
    """Describe one run.

    Returns:
        ``run, name, model, params, suite, created_at``, ``counts``, ``coverage``, ``health``, ``metrics`` (each with
        ``mean, half_width, n``), ``lengths``, ``capability``, ``formats`` (mean quality per format and shots).

    Raises:
        UsageError: no tables or summary yet, or a score is NaN.
    """
    manifest, summary = run.manifest(), run.summary()
    if summary is None:
        raise UsageError(f"{run.path}: no summary yet", hint=f"kikime resume {run.path}")
    cells = read_cells(run, manifest)
    ok = cells[~cells["failed"].astype(bool)]
    lengths = {unit: describe_lengths(ok, unit, manifest) for unit in ("length_chars", "sentences")} if len(ok) else {}
    by = cells.groupby(["format", "shots"], sort=False)[QUALITY].agg(["mean", "size"]).reset_index()
    return {
        **describe(run, manifest),
        "counts": summary["counts"],
        "coverage": summary["coverage"],
        "health": summary["health"],
        "hardware": manifest.get("hardware", {}),
        "metrics": _metrics(cells, summary, manifest) + _judged(run),
        "lengths": lengths,
        "capability": handled_by_task(cells, manifest),
        "formats": [
            {"format": r["format"], "shots": int(r["shots"]), "quality": float(r["mean"]), "n": int(r["size"])}
            for r in by.to_dict("records")
        ],
    }


def _metrics(cells: pd.DataFrame, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Means over personas of the mean over replies (pooled for rates), as the summary has them, with half intervals."""
    bands, margins, rows = Bands(manifest), load_margins(), []
    for metric in dict.fromkeys([*margins.primary, *METRICS]):
        found = summary["metrics"].get(metric)
        if metric in margins.parts or (found is None and metric != QUALITY):
            continue
        sums, transforms = _sums(cells, metric, bands)
        mean, half = pooled_mean(sums, transforms)
        about = {"metric": metric, "direction": direction(metric)}
        n = int(cells[metric].notna().sum()) if found is None else found["n"]
        rows.append({**about, "mean": mean if found is None else found["mean"], "n": n, "half_width": half})
    return rows


def _sums(cells: pd.DataFrame, metric: str, bands: Bands) -> tuple[pd.DataFrame, Mapping[str, Transform]]:
    if metric in POOLED_MARKERS:
        sums = marker_sums(cells[cells["persona"].isin(bands.targets)], bands)
        return sums, bands.transforms() if metric == "style_band" else {}
    values = cells[metric]
    return cells[ITEM].assign(num=values.fillna(0.0).astype(float), den=values.notna().astype(float)), {}


def _judged(run: RunDirectory) -> list[dict[str, Any]]:
    verdicts = read_verdicts(run)
    scored = verdicts[verdicts["score"].notna()]
    return [
        {
            "metric": f"{criterion}@{judge}", "direction": "higher", "mean": float(rows["score"].mean()), "n": len(rows),
            "half_width": None,
        }
        for (judge, criterion), rows in scored.groupby(["judge", "criterion"])
    ]  # fmt: skip


def pooled_mean(sums: pd.DataFrame, transforms: Mapping[str, Transform]) -> tuple[float | None, float | None]:
    """Mean over personas of transformed ratios of sums, and half of its 95 % interval.

    The interval is that of the jackknife over items within personas (Tukey 1958) with t; None where no persona has two
    items with a denominator.
    """
    import numpy as np

    values, variance, df = [], 0.0, 0
    for persona, rows in sums.groupby("persona"):
        items = rows.groupby("item")[["num", "den"]].sum().to_numpy(float)
        items = items[items[:, 1] > 0]
        if not len(items):
            continue
        points = transforms.get(str(persona), identity)
        values.append(float(pooled_rate(items[:, 0].sum(keepdims=True), items[:, 1].sum(keepdims=True), points)[0]))
        if len(items) > 1:
            rest = items.sum(axis=0) - items
            without = pooled_rate(rest[:, 0], rest[:, 1], points)
            variance += (len(items) - 1) ** 2 / len(items) * float(np.var(without, ddof=1))
            df += len(items) - 1
    if not values:
        return None, None
    half = t_interval(0.0, variance**0.5 / len(values), df)[1] if df else None
    return float(np.mean(values)), half
