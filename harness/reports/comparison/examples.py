"""Replies that changed most between two runs, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ("task", "item_id", "persona", "format", "shots", "technique", "context", "turn")


def changed_replies(pair: Pair, *, n: int = 10) -> dict[str, list[dict[str, Any]]]:
    """The ``n`` pairs of replies that got most ``worse`` and most ``better``, the largest change first.

    The change is that of the reply's quality, averaged with the judge's scores (1–7 as 0–1) where both sides have them.
    Each item shows once, by the reply that changed most, so that one broken question does not fill the list with its
    formats; ties go by ``pair_key``.
    """
    scores = [_score(cells, pair) for cells in (pair.a, pair.b)]
    change = (scores[1] - scores[0]).rename("change").reset_index()
    change["a"], change["b"] = scores[0].to_numpy(), scores[1].to_numpy()
    change["item"] = pair.a["item"].to_numpy()
    worse = _first_of_items(change[change["change"] < 0].sort_values(["change", "pair_key"]), n)
    better = _first_of_items(
        change[change["change"] > 0].sort_values(["change", "pair_key"], ascending=[False, True]), n
    )
    keys = [*worse["pair_key"], *better["pair_key"]]
    texts = [_texts(run, keys) for run in (pair.run_a, pair.run_b)]
    return {
        "worse": [_example(pair, row, texts) for row in worse.to_dict("records")],
        "better": [_example(pair, row, texts) for row in better.to_dict("records")],
    }


def _first_of_items(changes: pd.DataFrame, n: int) -> pd.DataFrame:
    return changes.drop_duplicates("item")[:n]


def _score(cells: pd.DataFrame, pair: Pair) -> pd.Series:
    quality = cells[QUALITY]
    if not pair.judged:
        return quality
    judged = (pair.a[list(pair.judged)].notna() & pair.b[list(pair.judged)].notna()).all(axis=1)
    verdict = (cells[list(pair.judged)].mean(axis=1) - 1) / 6
    return quality.where(~judged, (quality + verdict) / 2)


def _texts(run: RunDirectory, keys: list[str]) -> dict[str, dict[str, Any]]:
    if not keys:
        return {}
    with duckdb.connect() as connection:
        connection.read_parquet(str(run.samples_file)).create_view("samples")
        cursor = connection.execute(
            "SELECT pair_key, key, user, response, error FROM samples WHERE pair_key IN (SELECT unnest(?))", [keys]
        )
        names = ("pair_key", "key", "user", "response", "error")
        return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def _example(pair: Pair, row: dict[str, Any], texts: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    key = row["pair_key"]
    where = {name: pair.a.at[key, name] for name in _SHOWN}
    where = {name: value.item() if hasattr(value, "item") else value for name, value in where.items()}
    sides = {
        side: {
            "key": text[key]["key"],
            "response": text[key]["response"],
            "error": text[key]["error"],
            "score": row[side],
        }
        for side, text in zip(("a", "b"), texts, strict=True)
    }
    return {
        "pair_key": key, **where, "user": texts[0][key]["user"], **sides, "change": row["change"],
        "changed": _changed(pair, key),
    }  # fmt: skip


def _changed(pair: Pair, key: str) -> dict[str, list[float]]:
    """Metrics with a better end whose value changed: name → [a, b]."""
    found = {}
    names = [name for name, metric in METRICS.items() if metric.direction != "none"] + list(pair.judged)
    for name in names:
        a, b = float(pair.a.at[key, name]), float(pair.b.at[key, name])
        if a != b and a == a and b == b:  # noqa: PLR0124  (not NaN)
            found[name] = [a, b]
    return found
