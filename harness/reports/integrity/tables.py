"""The tables of a run: against the log, against each other, and their summary."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.integrity.log import Content, row_hash, scores_hash
from kikime.harness.reports.integrity.records import Finding, fault
from kikime.harness.store.lines import TABLE, StoredLines
from kikime.harness.store.records import Summary
from kikime.harness.store.rundir import RunDirectory, json_bytes, read_json
from kikime.harness.store.wal import VERDICTS, read_records

_BATCH = 2048
_FROM_STATUS = "perf"
"""Part of a summary that comes from ``status.json``, not from the tables."""


class _Compared:
    """Compares tables with what the log says that they hold."""

    def __init__(self, mend: Reason) -> None:
        self.findings: list[Finding] = []
        self._mend = mend
        self._broken = False

    def _rows(self, path: Path) -> Iterator[dict[str, Any]]:
        self._broken = False
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as table:
                for batch in table.iter_batches(batch_size=_BATCH):
                    yield from batch.to_pylist()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            self._broken = True
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            self.findings.append(fault(path.name, "table_broken", self._mend, reason=reason))

    def _compare(
        self, name: str, found: Counter[str], wrong: list[str], expected: Collection[str], of: str = "rows"
    ) -> None:
        if self._broken:
            return
        missing = [key for key in expected if key not in found]
        strange = [key for key in found if key not in expected] if expected else []
        doubled = [key for key, times in found.items() if times > 1]
        for code, keys in (("missing", missing), ("strange", strange), ("twice", doubled), ("changed", wrong)):
            if keys:
                self.findings.append(fault(name, f"{of}_{code}", self._mend, n=len(keys), key=keys[0]))


class LinesCheck(_Compared):
    """Compares ``user_lines.parquet`` with the lines of user models in the log."""

    def __init__(self, run: RunDirectory, stored: StoredLines, mend: Reason) -> None:
        super().__init__(mend)
        self.n_lines = 0
        expected = {line["key"]: row_hash(line, TABLE.names) for line in stored.in_plan_order()}
        if not run.lines_file.is_file():
            if expected:
                self.findings.append(fault(run.lines_file.name, "no_tables", mend))
            return
        found, wrong = Counter[str](), []
        for row in self._rows(run.lines_file):
            self.n_lines += 1
            found[row["key"]] += 1
            if expected.get(row["key"], own := row_hash(row, TABLE.names)) != own:
                wrong.append(row["key"])
        self._compare(run.lines_file.name, found, wrong, expected, "lines")


class TableCheck(_Compared):
    """Compares ``samples.parquet`` and ``scores.parquet`` with what the log says that they hold."""

    def __init__(self, run: RunDirectory, expected: Mapping[str, Content], mend: Reason) -> None:
        super().__init__(mend)
        self._run = run
        self.keys: set[str] = set()
        self.n_samples = self.n_scores = 0
        found = Counter[str]()
        wrong = [key for key, content in self._samples(found) if expected.get(key, (content, 0))[0] != content]
        self.keys = set(found)
        self._compare("samples.parquet", found, wrong, expected)
        found = Counter[str]()
        wrong = [key for key, content in self._scores(found) if expected.get(key, (0, content))[1] != content]
        measured = {key: content for key, content in expected.items() if content[1] != scores_hash(iter(()))}
        self._compare("scores.parquet", found, wrong, measured)

    def _samples(self, found: Counter[str]) -> Iterator[tuple[str, int]]:
        for row in self._rows(self._run.samples_file):
            self.n_samples += 1
            found[row["key"]] += 1
            yield row["key"], row_hash(row)

    def _scores(self, found: Counter[str]) -> Iterator[tuple[str, int]]:
        for key, rows in groupby(self._rows(self._run.scores_file), key=lambda row: row["key"]):
            scores = [(row["metric"], row["value"], row.get("scorer_version")) for row in rows]
            self.n_scores += len(scores)
            found[key] += 1 + len(scores) - len({metric for metric, *_ in scores})
            yield key, scores_hash(iter(scores))


def check_verdicts(run: RunDirectory, keys: set[str], mend: Reason) -> tuple[int, list[Finding]]:
    """How many verdicts the table has, and what is wrong with it: replies that are missing, rows twice, values of no line.

    Raises:
        pa.ArrowException, OSError: the table is broken.
    """
    names = ("key", "judge_id", "protocol", "rubric_hash", "criterion")
    logged: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
    for line in read_records(run.wal, VERDICTS):
        logged.setdefault(tuple(line.get(name) for name in names), set()).add(_said(line))
    found = Counter[tuple[object, ...]]()
    orphans, changed = [], []
    with pq.ParquetFile(run.judge_file, page_checksum_verification=True) as table:
        for batch in table.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                identity = tuple(row[name] for name in names)
                found[identity] += 1
                if row["key"] not in keys:
                    orphans.append(row["key"])
                if logged and _said(row) not in logged.get(identity, set()):
                    changed.append(row["key"])
    doubled = [identity[0] for identity, times in found.items() if times > 1]
    missing = [identity[0] for identity in logged if identity not in found]
    wrong = (("missing", missing), ("twice", doubled), ("changed", changed), ("orphans", orphans))
    problems = [fault("judge.parquet", f"verdicts_{code}", mend, n=len(at), key=str(at[0])) for code, at in wrong if at]
    return found.total(), problems


def _said(verdict: Mapping[str, Any]) -> tuple[object, ...]:
    return (verdict.get("status"), verdict.get("score"), verdict.get("expected_score"), verdict.get("rationale"))


def check_summary(run: RunDirectory, computed: Summary, mend: Reason) -> list[Finding]:
    """Where ``summary.json`` is not what the tables give."""
    stored = read_json(run.summary_file)
    if stored is None:
        return [fault("summary.json", "summary_broken", mend)]
    own: dict[str, Any] = orjson.loads(json_bytes(computed))
    differing = [
        name for name, value in stored.items() if name in own and name != _FROM_STATUS and not _same(value, own[name])
    ]
    if not differing:
        return []
    return [fault("summary.json", "summary_differs", mend, names=", ".join(differing))]


def _same(stored: object, computed: object) -> bool:
    """Whether two JSON values are equal, numbers to nine digits; what an older version did not write does not count."""
    if isinstance(stored, dict) and isinstance(computed, dict):
        return all(name in computed and _same(value, computed[name]) for name, value in stored.items())
    if isinstance(stored, list) and isinstance(computed, list):
        return len(stored) == len(computed) and all(map(_same, stored, computed))
    if isinstance(stored, (int, float)) and isinstance(computed, (int, float)):
        return math.isclose(stored, computed, rel_tol=1e-9, abs_tol=1e-12)
    return stored == computed
