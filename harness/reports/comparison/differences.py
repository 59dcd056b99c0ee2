"""The table of differences: one row per metric, with its slices and adjusted p-values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from msgspec.structs import asdict as fields_of

from kikime.harness.core.axes import COMPARED
from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import Change, Difference, MetricRow, Slice
from kikime.harness.reports.tables.frames import ITEM, POOLED_MARKERS, Bands, item_frame
from kikime.harness.reports.tables.margins import direction, load_margins
from kikime.harness.stats.decisions import benjamini_hochberg, holm
from kikime.harness.stats.paired import paired_difference
from kikime.harness.words.labels import is_share

if TYPE_CHECKING:
    import pandas as pd


def metric_rows(
    pair: Pair, *, slices: bool, seed: int, n_resamples: int, on_step: Callable[[str], None] = lambda _: None
) -> list[MetricRow]:
    """Compare every metric that applies on both sides; primary metrics first."""
    rows: list[MetricRow] = []
    for metric in metric_names(pair):
        on_step(metric)
        found = difference(pair.a, pair.b, metric, pair.bands, seed=seed, n_resamples=n_resamples)
        if found is None:
            continue
        own = list(_slices(pair, metric, seed=seed, n_resamples=n_resamples // 5)) if slices else []
        rows.append(MetricRow(**fields_of(found), judge=pair.judged.get(metric), slices=own))
    _adjust(rows)
    return rows


def metric_names(pair: Pair) -> list[str]:
    """Metrics of both runs in the order of tables."""
    margins = load_margins()
    names = [*margins.primary, *pair.judged, *METRICS, QUALITY]
    return [name for name in dict.fromkeys(names) if name not in margins.parts and name in pair.a]


def difference(
    a: pd.DataFrame,
    b: pd.DataFrame,
    metric: str,
    bands: Bands,
    *,
    seed: int,
    n_resamples: int,
    margin: float | None = None,
) -> Difference | None:
    """One comparison as a row; None where the metric applies nowhere on both sides."""
    items = item_frame(a, b, metric, bands)
    if items is None:
        return None
    margins, better = load_margins(), direction(metric)
    margin = margins.margin(metric) if margin is None else margin
    found = paired_difference(
        items.frame,
        higher_is_better=better != "lower",
        margin=margin,
        seed=seed,
        n_resamples=n_resamples,
        transform=items.transform,
    )
    low, high = (_possible(metric, end) for end in (found.ci_low, found.ci_high))
    open_ended = better == "none" and found.verdict != "equivalent"
    measured = asdict(found) | {"ci_low": low, "ci_high": high}
    return Difference(
        metric=metric,
        direction=better,
        primary=metric in margins.primary,
        margin=margin,
        scope=found.scope,
        n_cells=items.n_cells,
        change=_change(low, high),
        **measured | {"verdict": "inconclusive" if open_ended else found.verdict},
    )


def _possible(metric: str, end: float | None) -> float | None:
    """An end of an interval, not beyond what a difference of shares can be."""
    return max(-1.0, min(1.0, end)) if end is not None and is_share(metric) else end


def _change(low: float | None, high: float | None) -> Change:
    """Whether the value itself surely went up or down, good or bad."""
    if low is None or high is None:
        return "unclear"
    return "up" if low > 0 else "down" if high < 0 else "unclear"


def _slices(pair: Pair, metric: str, *, seed: int, n_resamples: int) -> Iterator[Slice]:
    a, b = (_narrow(cells, metric) for cells in (pair.a, pair.b))
    for column in COMPARED:
        of = pair.a[column].to_numpy()
        values = sorted(set(of))
        if len(values) < 2:
            continue
        for value in values:
            at = of == value
            found = difference(a[at], b[at], metric, pair.bands, seed=seed, n_resamples=n_resamples)
            if found is not None:
                yield Slice(by=column, value=value.item() if hasattr(value, "item") else value, **fields_of(found))


def _narrow(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What one metric needs, with keys as plain objects: cutting all columns costs more than the statistics."""
    sources = ["marker_sentences", "eligible_sentences"] if metric in POOLED_MARKERS else [metric]
    return cells[[*ITEM, "failed", *sources]].astype(dict.fromkeys(ITEM, object)).reset_index(drop=True)


def _adjust(rows: list[MetricRow]) -> None:
    """Holm inside the primary metrics; Benjamini–Hochberg over the others, and over the whole grid of slices."""
    primary: list[Difference] = [row for row in rows if row.primary]
    others: list[Difference] = [row for row in rows if not row.primary]
    grid: list[Difference] = [entry for row in rows for entry in row.slices]
    for family, name, adjust in (
        (primary, "primary (Holm)", holm),
        (others, "exploratory (Benjamini–Hochberg)", benjamini_hochberg),
        (grid, "slices (Benjamini–Hochberg)", benjamini_hochberg),
    ):
        for row, adjusted in zip(family, adjust([row.p_value for row in family]), strict=True):
            row.p_adjusted, row.family = adjusted, name
