"""What ranking needs of a run: for each term of each area a numerator and a denominator per item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from kikime.harness.core.manifest import Manifest
from kikime.harness.metrics.belonging import declares
from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.tables.areas import Areas, Term
from kikime.harness.reports.tables.frames import ITEM, Bands, question_rates, voice_rates
from kikime.harness.reports.tables.quality import oriented
from kikime.harness.stats.validation import FloatArray

if TYPE_CHECKING:
    import pandas as pd

NATIVE = "native"
Entry = dict[str, Any]
"""A run's part of a ranking, or a part of that: what ``ranking.json`` holds."""


def measure_terms(cells: pd.DataFrame, areas: Areas, manifest: Manifest, verdicts: pd.DataFrame | None = None) -> Entry:
    """Measure every term of ``areas`` on one run's replies.

    Args:
        cells: as :func:`kikime.harness.reports.tables.cells.read_cells` gives them.
        areas: the formulas.
        manifest: of the run.
        verdicts: scores of one judge, ``pair_key, criterion, score``; None leaves the judge's terms out.

    Returns:
        ``items`` ([persona, item] each) and ``terms``: id → ``personas`` (those that the term applies to), ``num`` and
        ``den`` (one number per item; a den of 0: nothing there). A term that no cell of the suite can measure is left out.
    """
    usable = cells[cells["task"].isin(measured_tasks(areas, manifest)) & ~is_baseline(cells, manifest)]
    items = usable[ITEM].drop_duplicates().sort_values(ITEM)
    index = {tuple(row): number for number, row in enumerate(items.to_numpy().tolist())}
    bands = Bands(manifest)
    terms: Entry = {}
    for term in (term for area in areas.areas for term in area.terms):
        chosen = usable[_scope(usable, term, manifest)]
        if term.value == "level":
            chosen = chosen[chosen["persona"].isin(bands.targets)]
        sums = None if chosen.empty else _sums(chosen, term, areas, bands, verdicts)
        if sums is not None:
            terms[term.id] = _arrays(sums, index)
    return {"items": items.to_numpy().tolist(), "terms": terms}


def measured_tasks(areas: Areas, manifest: Manifest) -> list[str]:
    """Tasks that areas are computed from."""
    return [name for name, task in manifest["tasks"].items() if name not in areas.contrast and not task.get("bare")]


def is_baseline(cells: pd.DataFrame, manifest: Manifest) -> pd.Series:
    """Whether a reply answers a question about given facts without having been given them: only a contrast's base."""
    given = [name for name, task in manifest["tasks"].items() if any(item["contexts"] for item in task["items"])]
    return cells["task"].isin(given) & (cells["context"] == "none")


def _scope(cells: pd.DataFrame, term: Term, manifest: Manifest) -> pd.Series:
    tasks = [
        name
        for name, task in manifest["tasks"].items()
        if (term.tasks == "all" or declares(task["metrics"], term.metric))
        and (not term.only or name in term.only)
        and name not in term.without
    ]
    inside = cells["task"].isin(tasks)
    if term.technique == "plain":
        inside &= cells["technique"] == "plain"
    if term.context == "none":
        inside &= cells["context"] == "none"
    if term.shots != "any":
        inside &= (cells["shots"] > 0) if term.shots == "some" else (cells["shots"] == 0)
    if term.turns == "later":
        inside &= cells["turn"] > 0
    if term.formats == "foreign":
        inside &= (cells["format"] != NATIVE) & bool((cells["format"] == NATIVE).any())
    return inside


def _sums(
    cells: pd.DataFrame, term: Term, areas: Areas, bands: Bands, verdicts: pd.DataFrame | None
) -> pd.DataFrame | None:
    """``persona, item, num, den`` of each reply, or each question, in the term's scope."""
    if term.value == "level":
        sums = voice_rates(cells, bands).groupby(ITEM, as_index=False)[["num", "den"]].sum()
        return question_rates(sums, ITEM, [("num", "den")])
    weight = np.ones(len(cells))
    if term.value == "judge":
        points = _judged(cells, term, verdicts)
    elif term.value == "quality":
        points = cells[QUALITY].to_numpy(float)
    elif term.value == "handled":
        points = (cells[QUALITY] >= areas.handled.quality).to_numpy(float)
        weight = 1 / cells.groupby(["persona", "task"])[QUALITY].transform("size").to_numpy(float)
    elif term.value == "unbroken":
        points = _unbroken(cells, term.metric)
    else:
        points = oriented(cells[term.metric], term.metric)
    known = np.isfinite(points)
    if not known.any():
        return None
    return cells[ITEM].assign(num=np.where(known, points, 0.0) * weight, den=known * weight)


def _unbroken(cells: pd.DataFrame, metric: str) -> FloatArray:
    values = cells[metric].to_numpy(float)
    fault = values < METRICS[metric].high if METRICS[metric].direction == "higher" else values > 0
    unbroken: FloatArray = 1.0 - (fault | cells["failed"].to_numpy(bool))
    return unbroken


def _judged(cells: pd.DataFrame, term: Term, verdicts: pd.DataFrame | None) -> FloatArray:
    if verdicts is None:
        return np.full(len(cells), np.nan)
    own = verdicts[verdicts["criterion"] == term.metric].set_index("pair_key")["score"]
    points = (own.reindex(cells.index).to_numpy(float) - 1) / 6
    return np.where(cells["failed"].to_numpy(bool), 0.0, points)


def _arrays(sums: pd.DataFrame, index: Mapping[tuple[str, ...], int]) -> Entry:
    totals = sums.groupby(ITEM)[["num", "den"]].sum()
    num, den = [0.0] * len(index), [0.0] * len(index)
    for (persona, item), row in zip(totals.index, totals.to_numpy(), strict=True):
        num[index[persona, item]], den[index[persona, item]] = float(row[0]), float(row[1])
    return {"personas": sorted(sums["persona"].unique()), "num": num, "den": den}
