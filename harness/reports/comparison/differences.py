"""The table of differences: one row per metric, with its slices and adjusted p-values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from kikime.harness.core.axes import COMPARED
from kikime.harness.core.reasons import Reason
from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import Difference, MetricRow, Slice
from kikime.harness.reports.tables.frames import ITEM, MARKERS, Bands, item_frame
from kikime.harness.reports.tables.margins import SCALE, bounds, direction, load_margins
from kikime.harness.stats.decisions import benjamini_hochberg, holm
from kikime.harness.stats.paired import ALPHA, FEW_ITEMS, judged, paired_difference

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row", bound=Difference)


def metric_rows(
    pair: Pair, *, slices: bool, seed: int, n_resamples: int, on_step: Callable[[str], None] = lambda _: None
) -> list[MetricRow]:
    """Compare every metric that applies on both sides; primary metrics first."""
    rows: list[MetricRow] = []
    for metric in metric_names(pair):
        on_step(metric)
        found = difference(pair.a, pair.b, metric, pair.bands, seed=seed, n_resamples=n_resamples, top=pair.top(metric))
        if found is None:
            continue
        own = list(_slices(pair, metric, seed=seed, n_resamples=n_resamples // 5)) if slices else []
        rows.append(MetricRow(**vars(found), **pair.judging(metric)._asdict(), slices=own))
    return _adjusted(rows)


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
    top: int = SCALE,
) -> Difference | None:
    """One comparison as a row; None where the metric applies nowhere on both sides. A judge's scores reach to ``top``."""
    items = item_frame(a, b, metric, bands)
    if items is None:
        return None
    margins, better = load_margins(), direction(metric)
    margin = margins.margin(metric, top) if margin is None else margin
    found = paired_difference(
        items.frame,
        higher_is_better=better != "lower",
        margin=margin,
        seed=seed,
        n_resamples=n_resamples,
        transform=items.transform,
        bounds=bounds(metric, top),
    )
    said = found.estimate
    row = Difference(
        metric=metric,
        direction=better,
        primary=metric in margins.primary,
        margin=margin,
        scope=found.scope,
        n_cells=items.n_cells,
        change="unclear",
        verdict_code=Reason("at_bound") if found.at_bound and _within(said.ci_low, said.ci_high, margin) else None,
        **vars(said),
    )
    return _decided(row, row.p_value)


def _within(low: float | None, high: float | None, margin: float) -> bool:
    return low is not None and high is not None and -margin < low and high < margin


def _decided(row: Row, p: float) -> Row:
    """The row with verdict and change by ``p``, the one that is printed beside them."""
    found = p < ALPHA and row.ci_low is not None
    verdict = judged(
        row.delta,
        (row.ci_low, row.ci_high),
        found=found and row.direction != "none",
        margin=row.margin,
        higher_is_better=row.direction == "higher",
        at_bound=row.verdict_code is not None,
    )
    return replace(
        row,
        verdict=verdict if row.n_items > FEW_ITEMS else "inconclusive",
        change="unclear" if not found else "up" if row.delta > 0 else "down",
    )


def settled(rows: Sequence[Row], family: str, adjust: Callable[[Sequence[float]], list[float]]) -> list[Row]:
    """``rows`` with their p-values corrected together, and their verdicts decided by what comes out."""
    adjusted = adjust([row.p_value for row in rows])
    return [_decided(replace(row, p_adjusted=p, family=family), p) for row, p in zip(rows, adjusted, strict=True)]


def _slices(pair: Pair, metric: str, *, seed: int, n_resamples: int) -> Iterator[Slice]:
    a, b = (_narrow(cells, metric) for cells in (pair.a, pair.b))
    for column in COMPARED:
        of = pair.a[column].to_numpy()
        values = sorted(set(of))
        if len(values) < 2:
            continue
        for value in values:
            at = of == value
            options = {"seed": seed, "n_resamples": n_resamples, "top": pair.top(metric)}
            found = difference(a[at], b[at], metric, pair.bands, **options)
            if found is not None:
                yield Slice(by=column, value=value.item() if hasattr(value, "item") else value, **vars(found))


def _narrow(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What one metric needs, with keys as plain objects: cutting all columns costs more than the statistics."""
    sources = ["marker_sentences", "eligible_sentences", "voiced"] if metric in MARKERS else [metric]
    return cells[[*ITEM, "failed", *sources]].astype(dict.fromkeys(ITEM, object)).reset_index(drop=True)


def _adjusted(rows: Sequence[MetricRow]) -> list[MetricRow]:
    """Holm inside the primary metrics; Benjamini–Hochberg over the others, and over the whole grid of slices."""
    grid = [entry for row in rows for entry in row.slices]
    slices = iter(settled(grid, "slices (Benjamini–Hochberg)", benjamini_hochberg))
    primary = iter(settled([row for row in rows if row.primary], "primary (Holm)", holm))
    others = [row for row in rows if not row.primary]
    exploratory = iter(settled(others, "exploratory (Benjamini–Hochberg)", benjamini_hochberg))
    ordered = [next(primary) if row.primary else next(exploratory) for row in rows]
    return [replace(row, slices=list(islice(slices, len(row.slices)))) for row in ordered]
