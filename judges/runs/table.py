"""A run's verdicts: the log that judging appends to, and ``judge.parquet`` made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from kikime.harness.core.files import replacing
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import VERDICTS, read_records
from kikime.judges.jobs.flags import annotate
from kikime.judges.jobs.job import Unit
from kikime.judges.runs.materials import RunMaterials, read_samples
from kikime.judges.verdicts.lines import Line, read_line
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.verdict import FINAL

if TYPE_CHECKING:
    import pyarrow as pa

Identity = tuple[str, str, str, str, str]


def logged_lines(run: RunDirectory) -> Iterator[Line]:
    """All lines of the run's log, oldest first; odd entries are left out."""
    return (line for record in read_records(run.wal, VERDICTS) if (line := read_line(record)) is not None)


def identity(line: Line) -> Identity:
    """What a line is about; a later line of the same identity replaces an earlier one."""
    return (line.key, line.judge_id, line.protocol, line.rubric_hash, line.criterion)


class Done:
    """What earlier sessions of this run have settled."""

    def __init__(self, run: RunDirectory) -> None:
        self._final: set[Identity] = set()
        self.counted: set[str] = set()
        for line in logged_lines(run):
            if line.status in FINAL:
                self._final.add(identity(line))
            if line.spent_tokens:
                self.counted.add(line.judge_key)

    def covers(self, unit: Unit, judge_id: str, protocol: str) -> bool:
        """Whether every criterion of ``unit`` has its final verdict."""
        return all(
            (str(unit.subject.key), judge_id, protocol, unit.rubric.hash, criterion.id) in self._final
            for criterion in unit.rubric.criteria
        )


def compact_verdicts(run: RunDirectory) -> int:
    """Write ``judge.parquet`` from the log, in a stable order; returns the number of rows. The log stays.

    Raises:
        EnvironmentFault: the disk is full or not writable; the former table is untouched.
    """
    latest: dict[Identity, Line] = {}
    for line in logged_lines(run):
        known = latest.get(identity(line))
        if known is not None:
            if known.status in FINAL and line.status not in FINAL:
                continue
            if not line.n_in and known.n_in:
                line.n_in, line.n_out, line.cost_usd = known.n_in, known.n_out, known.cost_usd
        latest[identity(line)] = line
    rows = [latest[name] for name in sorted(latest)]
    _annotate(run, rows)
    _write(run, rows)
    return len(rows)


def _annotate(run: RunDirectory, rows: Iterable[Line]) -> None:
    """Add flags and length-adjusted scores from the run's own replies."""
    materials = RunMaterials(run.manifest())
    subjects: dict[str, Subject] = {}
    for sample in read_samples(run):
        if sample.persona in materials.personas and (subject := materials.subject(sample)) is not None:
            subjects[sample.key] = subject
    judged = [(subjects[line.key], [line]) for line in rows if line.key in subjects]
    annotate(judged, subjects.values())


def _write(run: RunDirectory, rows: Sequence[Line]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = verdict_columns().with_metadata({"kikime.run": run.id})
    table = pa.table({name: [getattr(row, name) for row in rows] for name in schema.names}, schema=schema)
    with replacing(run.judge_file) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=3)


def verdict_columns() -> pa.Schema:
    """Columns of ``judge.parquet``: one row per reply, judge, rubric and criterion."""
    import pyarrow as pa

    text, real, strings = pa.string(), pa.float64(), pa.list_(pa.string())
    return pa.schema(
        {
            **dict.fromkeys(("judge_key", "key", "judge_id", "protocol", "rubric"), text),
            "rubric_version": pa.int32(),
            **dict.fromkeys(("rubric_hash", "criterion"), text),
            **dict.fromkeys(("score", "scale"), pa.int8()),
            **dict.fromkeys(("expected_score", "score_adjusted", "mass"), real),
            "status": text,
            "grounded": pa.bool_(),
            "rationale": text,
            **dict.fromkeys(("evidence", "flags"), strings),
            "evidence_turns": pa.list_(pa.int32()),
            **dict.fromkeys(("n_in", "n_out"), pa.int64()),
            "cost_usd": real,
            **dict.fromkeys(("error", "snapshot", "fingerprint"), text),
        }
    )


def stored_lines(run: RunDirectory, judge_id: str, protocol: str) -> Iterator[Line]:
    """The run's verdicts by one judge, one line per reply and criterion, from ``judge.parquet``."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(run.judge_file) as table:
        for batch in table.iter_batches(batch_size=2048):
            for line in msgspec.convert(batch.to_pylist(), list[Line]):
                if line.judge_id == judge_id and line.protocol in {protocol, "text"}:
                    line.id = line.key
                    yield line
