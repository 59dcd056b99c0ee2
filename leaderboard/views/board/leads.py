"""The way back from a cell of the board to the replies that its number comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.tables.areas import Term, load_areas
from kikime.leaderboard.data.queries.samples import FLAGS, RANKED
from kikime.leaderboard.data.queries.slices import MOST_SHOTS

Lead = dict[str, str | list[str]]
"""Parameters of the page of replies."""
MEASURED = {"critical": "critical_failure", "truncation": "no_eos", "length": "length_chars"}
"""Columns that show one metric under a name of their own."""
_SHOTS = {"none": ["0"], "some": [str(n) for n in range(1, MOST_SHOTS + 1)]}


def lead_of(column: str, filters: Mapping[str, Sequence[str]]) -> Lead:
    """How the page of replies shows what a cell of ``column`` is made of; empty for all replies of the run.

    ``filters`` are those of the board, which its slice columns (``slice_METRIC``) follow.
    """
    if column.startswith("slice_"):
        return {name: list(values) for name, values in filters.items()} | _worst(column.removeprefix("slice_"))
    if column.startswith("area_"):
        return _area(column.removeprefix("area_"))
    metric = MEASURED.get(column, "")
    return {"flag": metric} if metric in FLAGS else _worst(metric)


def _worst(metric: str) -> Lead:
    if metric in RANKED:
        return {"order": "worst", "metric": metric}
    return {"order": "long"} if metric == "length_chars" else {}


def _area(name: str) -> Lead:
    """The replies of the area's heaviest term that is a metric, the worst ones first; else those of its heaviest term."""
    area = next((area for area in load_areas().areas if area.id == name), None)
    if area is None:
        return {}
    terms = sorted(area.used(judged=False), key=lambda term: -term.weight)
    measured = [term for term in terms if term.metric in METRICS]
    if measured:
        return _conditions(measured[0]) | _worst(measured[0].metric)
    return _conditions(terms[0]) if terms else {}


def _conditions(term: Term) -> Lead:
    """The conditions under which a term is measured, as far as the page of replies filters by them."""
    found: Lead = {"task": list(term.only)} if term.only else {}
    if term.shots in _SHOTS:
        found["shots"] = _SHOTS[term.shots]
    if term.technique != "any":
        found["technique"] = term.technique
    if term.context != "any":
        found["context"] = term.context
    return found
