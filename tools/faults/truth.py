"""What came of a trial, and what a run says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from kikime.harness.store.rundir import RunDirectory, read_json

TIMING = {"latency_ms"}
JUDGED = {0, 4}
"""Exit codes of a ``kikime judge`` that ended: some verdicts quote what the reply does not say."""
Rows = dict[Any, Any]


@dataclass
class Tally:
    """What came of one kind of fault."""

    what: str
    tried: int = 0
    recovered: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    skipped: str = ""
    unmended: list[str] = field(default_factory=list)

    def add(self, state: State, truth: State, told: str = "") -> None:
        """Count one trial: what there is after it, and what was said where that is not the truth."""
        self.tried += 1
        self.lost += len(truth.samples.keys() - state.samples.keys())
        self.doubled += state.doubled
        if state.same(truth):
            self.recovered += 1
        elif told:
            self.unmended.append(told)
        else:
            self.wrong += 1


@dataclass
class State:
    """What a run says: rows by key, the parts of its summary that no clock changes, and which model it was."""

    samples: Rows
    scores: Rows
    summary: Rows
    verdicts: Rows
    doubled: int

    @classmethod
    def of(cls, run: RunDirectory) -> State:
        """Read the tables and the summary; rows twice are counted."""
        samples = pq.read_table(run.samples_file).to_pylist()
        scores = pq.read_table(run.scores_file).to_pylist()
        judged = pq.read_table(run.judge_file).to_pylist() if run.judge_file.is_file() else []
        by_sample = {row["key"]: {n: v for n, v in row.items() if n not in TIMING} for row in samples}
        by_score = {(row["key"], row["metric"]): row["value"] for row in scores}
        by_verdict = {(row["key"], row["judge_id"], row["rubric"], row["criterion"]): row["score"] for row in judged}
        summary = read_json(run.summary_file) or {}
        told = {name: _rounded(summary.get(name)) for name in ("counts", "metrics", "slices", "judge", "state")}
        told["model"] = (read_json(run.manifest_file) or {}).get("model")
        doubled = len(samples) - len(by_sample) + len(scores) - len(by_score) + len(judged) - len(by_verdict)
        return cls(by_sample, by_score, told, by_verdict, doubled)

    def same(self, other: State) -> bool:
        """Whether everything is equal, verdicts included."""
        mine, theirs = (x.samples | x.scores | x.summary | x.verdicts for x in (self, other))
        return self.doubled == other.doubled and mine == theirs


def _rounded(value: Any) -> Any:
    """Numbers to ten digits: the order in which threads add is left to chance."""
    if isinstance(value, dict):
        return {name: _rounded(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value
