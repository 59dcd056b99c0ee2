"""The log of a run: broken lines, replies twice, and what its tables must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.integrity.records import Finding, fault, remark
from kikime.harness.store.lines import LINES
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import SAMPLES, StoredReplies
from kikime.harness.store.wal import REPLIES, VERDICTS, Line, parse_line

Content = tuple[int, int]
"""Hashes of a reply's row and of its scores."""


class LogCheck:
    """Reads every line of the log once."""

    def __init__(self, run: RunDirectory, mend: Reason) -> None:
        self.n_lines = 0
        self.findings: list[Finding] = []
        self._finished: Counter[str] = Counter()
        for kind in (REPLIES, LINES, VERDICTS):
            for path in sorted(run.wal.glob(f"{kind}-*.jsonl")):
                self._read(path, f"wal/{path.name}", mend)
        doubled = [key for key, times in self._finished.items() if times > 1]
        if doubled:
            self.findings.append(fault("wal", "doubled", Reason("mend_report"), n=len(doubled), key=doubled[0]))

    def _read(self, path: Path, name: str, mend: Reason) -> None:
        broken: list[int] = []
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                self.n_lines += 1
                record = parse_line(line)
                if record is not None:
                    self._count(record)
                elif line.endswith(b"\n"):
                    broken.append(number)
                else:
                    self.findings.append(remark(name, "torn", mend, line=number))
        if broken:
            self.findings.append(fault(name, "broken_lines", mend, n=len(broken), line=broken[0]))

    def _count(self, record: Line) -> None:
        if "criterion" not in record and record.get("error") is None:
            self._finished[record["key"]] += 1


def expected_content(stored: StoredReplies, versions: Mapping[str, str]) -> Iterator[tuple[str, Content]]:
    """Of each reply in the log what the tables must hold."""
    for record in stored.in_plan_order():
        by = {**versions, **record.get("versions", {})}
        scores = ((metric, value, by.get(metric)) for metric, value in record["metrics"].items())
        yield record["key"], (row_hash(record), scores_hash(scores))


def row_hash(row: Mapping[str, object], names: Sequence[str] = SAMPLES.names) -> int:
    """Hash of a row of ``samples.parquet``, or of a table with the columns ``names``; equal within one process only."""
    return hash(tuple(row.get(name) for name in names))


def scores_hash(scores: Iterator[tuple[str, float | None, str | None]]) -> int:
    """Hash of a reply's rows in ``scores.parquet``, in whatever order; equal within one process only."""
    return hash(frozenset(scores))
