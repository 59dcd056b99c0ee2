"""Replies that changed most between two runs, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kikime.harness.core.axes import PLACE
from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.comparison.pairs import Pair
from kikime.harness.reports.comparison.records import Example, ExampleReply
from kikime.harness.store.database import open_tables
from kikime.harness.store.rundir import RunDirectory

if TYPE_CHECKING:
    import pandas as pd


class _Text(NamedTuple):
    key: str
    user: str
    response: str
    error: str | None


class _Row(NamedTuple):
    pair_key: str
    change: float
    a: float
    b: float


def changed_replies(pair: Pair, *, n: int = 10) -> dict[str, list[Example]]:
    """The ``n`` pairs of replies that got most ``worse`` and most ``better``, the largest change first.

    The change is that of the reply's quality, averaged with the judge's scores (the ends of each scale as 0 and 1)
    where both sides have them.
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
    return {"worse": _examples(pair, worse, texts), "better": _examples(pair, better, texts)}


def _examples(pair: Pair, changes: pd.DataFrame, texts: list[dict[str, _Text]]) -> list[Example]:
    rows = changes[list(_Row._fields)].itertuples(index=False)
    return [_example(pair, _Row(*row), texts[0][row[0]], texts[1][row[0]]) for row in rows]


def _first_of_items(changes: pd.DataFrame, n: int) -> pd.DataFrame:
    return changes.drop_duplicates("item")[:n]


def _score(cells: pd.DataFrame, pair: Pair) -> pd.Series:
    quality = cells[QUALITY]
    if not pair.judged:
        return quality
    judged = (pair.a[list(pair.judged)].notna() & pair.b[list(pair.judged)].notna()).all(axis=1)
    spans = [pair.scales[metric] - 1 for metric in pair.judged]
    verdict = ((cells[list(pair.judged)] - 1) / spans).mean(axis=1)
    return quality.where(~judged, (quality + verdict) / 2)


def _texts(run: RunDirectory, keys: list[str]) -> dict[str, _Text]:
    if not keys:
        return {}
    with open_tables(run, "samples") as connection:
        rows = connection.execute(
            "SELECT pair_key, key, user, response, error FROM samples WHERE pair_key IN (SELECT unnest(?))", [keys]
        ).fetchall()
    return {pair_key: _Text(*text) for pair_key, *text in rows}


def _example(pair: Pair, row: _Row, a: _Text, b: _Text) -> Example:
    where = {name: pair.a.at[row.pair_key, name] for name in PLACE}
    return Example(
        pair_key=row.pair_key,
        **{name: value.item() if hasattr(value, "item") else value for name, value in where.items()},
        user=a.user,
        a=ExampleReply(a.key, a.response, a.error, float(row.a)),
        b=ExampleReply(b.key, b.response, b.error, float(row.b)),
        change=float(row.change),
        changed=_changed(pair, row.pair_key),
    )


def _changed(pair: Pair, key: str) -> dict[str, tuple[float, float]]:
    """Metrics with a better end whose value changed: name → a's and b's."""
    found = {}
    names = [name for name, metric in METRICS.items() if metric.direction != "none"] + list(pair.judged)
    for name in names:
        a, b = float(pair.a.at[key, name]), float(pair.b.at[key, name])
        if a != b and a == a and b == b:  # noqa: PLR0124  (not NaN)
            found[name] = (a, b)
    return found
