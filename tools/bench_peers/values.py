"""Whether two programs measured the same: every value of every document that both have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from kikime.harness.store.database import open_tables
from kikime.harness.store.rundir import RunDirectory

TOLERANCE = 1e-9
Values = dict[tuple[str, str], float]
"""By ``pair_key`` and metric."""


class Agreement(NamedTuple):
    """Documents and values that both have, and how many of them differ."""

    documents: int
    replies_differ: int
    """Documents whose replies are not the same text."""
    values: int
    values_differ: int
    """Of documents with equal replies: by more than 1e-9."""
    largest: float
    """The largest difference of those values."""

    @property
    def holds(self) -> bool:
        """Whether there was something to compare, and all of it is equal."""
        return bool(self.documents and self.values) and not (self.replies_differ or self.values_differ)

    def __str__(self) -> str:
        same = self.documents - self.replies_differ
        return (
            f"{same:,} of {self.documents:,} replies equal; of these {self.values - self.values_differ:,} of"
            f" {self.values:,} values equal to 1e-9 (largest difference {self.largest:.1g})"
        )


def compare(run: RunDirectory, samples: Path) -> Agreement:
    """A run of kikime against the ``samples_*.jsonl`` that lm-eval wrote below ``samples``."""
    replies, values = of_run(run)
    theirs, measured = of_lm_eval(samples)
    return agreement(replies, values, theirs, measured)


def agreement(replies: dict[str, str], values: Values, theirs: dict[str, str], measured: Values) -> Agreement:
    """Compare replies by ``pair_key`` and, where they are equal, values; a value that only one has differs."""
    shared = replies.keys() & theirs.keys()
    same = {key for key in shared if replies[key] == theirs[key]}
    found = {key: value for key, value in measured.items() if key[0] in same}
    gaps = [abs(values[key] - value) if key in values else float("inf") for key, value in found.items()]
    differ = sum(not gap <= TOLERANCE for gap in gaps)
    missing = len(replies.keys() ^ theirs.keys())
    return Agreement(len(shared) + missing, len(shared) - len(same) + missing, len(gaps), differ, max(gaps, default=0))


def of_run(run: RunDirectory) -> tuple[dict[str, str], Values]:
    """Replies and values of a run; a value that does not apply is left out."""
    with open_tables(run, "samples", "scores") as connection:
        replies = dict(connection.execute("SELECT pair_key, response FROM samples").fetchall())
        query = "SELECT pair_key, metric, value FROM samples JOIN scores USING (key) WHERE value IS NOT NULL"
        values = {(key, metric): value for key, metric, value in connection.execute(query).fetchall()}
    return replies, values


def of_lm_eval(folder: Path) -> tuple[dict[str, str], Values]:
    """Replies and values of every sample below ``folder``."""
    replies, values = dict[str, str](), Values()
    for path in folder.rglob("samples_*.jsonl"):
        with path.open(encoding="utf-8") as lines:
            for sample in map(json.loads, lines):
                key = sample["doc"]["pair_key"]
                replies[key] = sample["resps"][0][0]
                values |= {(key, metric): float(sample[metric]) for metric in sample["metrics"]}
    return replies, values
