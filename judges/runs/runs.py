"""Judging a run: samples become subjects, verdicts go to their own log and table; generations are never touched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import replacing
from kikime.harness.core.messages import Message
from kikime.harness.store.database import broken_table, require_tables
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import VERDICTS, read_records
from kikime.harness.suites.task import Task
from kikime.judges.jobs.flags import OutputFlags, graphemes, length_adjusted
from kikime.judges.jobs.job import Unit
from kikime.judges.verdicts.lines import Line
from kikime.judges.verdicts.rubric import Rubric, load_rubric
from kikime.judges.verdicts.subject import Subject
from kikime.judges.verdicts.verdict import FINAL

_COLUMNS = ("key", "task", "item_id", "persona", "turn", "user", "history", "response", "error")
Identity = tuple[str, str, str, str, str]


class RunMaterials:
    """What judging needs of a run's manifest: personas, which rubrics a task asks for, how long its dialogues are."""

    def __init__(self, manifest: Mapping[str, Any], rubrics: Sequence[str] = ()) -> None:
        """``rubrics``, where given, replace the tasks' own.

        Raises:
            UsageError: a rubric for pairs, which one run alone does not have.
        """
        self.personas = {name: Persona.model_validate(card) for name, card in manifest["personas"].items()}
        self.personas |= {persona.id: persona for persona in list(self.personas.values())}
        self._tasks: dict[str, Task] = {}
        for name, stored in manifest["tasks"].items():
            task = Task.model_validate(stored)
            self._tasks |= {name: task, task.id: task}
        self._turns = {(name, item.id): len(item.script) for name, task in self._tasks.items() for item in task.items}
        self._override = tuple(load_rubric(name) for name in rubrics)
        for rubric in self._override:
            if rubric.kind == "pair":
                raise UsageError(
                    f"{rubric.id} compares the replies of two runs",
                    hint=f"kikime judge RUN --against OTHER --rubric {rubric.id}",
                )

    def rubrics(self, task: str) -> tuple[Rubric, ...]:
        """The rubrics that score ``task``."""
        return self._override or tuple(load_rubric(name) for name in self._tasks[task].rubrics)

    def units(self, sample: Mapping[str, Any], index: int = 0) -> list[Unit]:
        """What is to be judged of one row of ``samples.parquet``; nothing where there is no reply."""
        if sample["error"] is not None:
            return []
        subject = Subject(
            id=sample["key"],
            persona=self.personas[sample["persona"]],
            user=sample["user"],
            response=sample["response"],
            history=spoken(sample["history"]),
            key=sample["key"],
        )
        last = sample["turn"] >= self._turns.get((sample["task"], sample["item_id"]), 0)
        return [
            Unit(index, subject, rubric)
            for rubric in self.rubrics(sample["task"])
            if rubric.kind == "reply" or (rubric.kind == "dialogue" and last and len(subject.lines) > 1)
        ]


def spoken(stored: Any) -> tuple[Message, ...]:
    """The user's and the character's turns of a stored history (JSON or a list)."""
    turns = json.loads(stored) if isinstance(stored, str) else stored
    return tuple(Message(role=t["role"], content=t["content"]) for t in turns if t["role"] in {"user", "assistant"})


def read_rows(run: RunDirectory, columns: Sequence[str] = _COLUMNS) -> Iterator[dict[str, Any]]:
    """Rows of ``samples.parquet``, a batch in memory at a time.

    Raises:
        UsageError: the run has no tables yet, or this one is broken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(require_tables(run)) as table:
            for batch in table.iter_batches(batch_size=2048, columns=list(columns)):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise broken_table(run, error) from None


def identity(line: Mapping[str, Any]) -> Identity:
    """What a line is about; a later line of the same identity replaces an earlier one."""
    return (line["key"], line["judge_id"], line["protocol"], line["rubric_hash"], line["criterion"])


class Done:
    """What earlier sessions of this run have settled."""

    def __init__(self, run: RunDirectory) -> None:
        self._final: set[Identity] = set()
        self.counted: set[str] = set()
        for line in read_records(run.wal, VERDICTS):
            if line["status"] in FINAL:
                self._final.add(identity(line))
            if line["n_in"] or line["n_out"]:
                self.counted.add(line["judge_key"])

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
    for line in read_records(run.wal, VERDICTS):
        known = latest.get(identity(line))
        if known is None or known["status"] not in FINAL or line["status"] in FINAL:
            carried = known if known is not None and not line["n_in"] and known["n_in"] else {}
            latest[identity(line)] = line | {name: carried[name] for name in ("n_in", "n_out", "cost_usd") if carried}
    rows = [latest[name] for name in sorted(latest)]
    _annotate(run, rows)
    _write(run, rows)
    return len(rows)


def _annotate(run: RunDirectory, rows: Sequence[Line]) -> None:
    """Add flags and length-adjusted scores from the run's own replies."""
    personas = RunMaterials(run.manifest()).personas
    samples = {row["key"]: row for row in read_rows(run) if row["error"] is None}
    flags = OutputFlags((row["persona"], row["user"], row["response"]) for row in samples.values())
    slices: dict[tuple[str, ...], list[Line]] = {}
    for line in rows:
        sample = samples.get(line["key"])
        line["flags"], line["score_adjusted"] = [], None
        if sample is None:
            continue
        persona = personas[sample["persona"]]
        line["flags"] = flags.of(persona, sample["response"])
        if line["status"] == "ok" and line["score"] is not None:
            group = (sample["persona"], line["judge_id"], line["protocol"], line["rubric_hash"], line["criterion"])
            slices.setdefault(group, []).append(line)
    for (persona_id, *_), members in slices.items():
        target = personas[persona_id].length.target
        lengths = [graphemes(samples[line["key"]]["response"]) for line in members]
        adjusted = length_adjusted([float(line["score"]) for line in members], lengths, [target] * len(members))
        for line, value in zip(members, adjusted, strict=True):
            line["score_adjusted"] = value


def _write(run: RunDirectory, rows: Sequence[Line]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = verdict_columns().with_metadata({"kikime.run": run.id})
    table = pa.table({name: [row.get(name) for row in rows] for name in schema.names}, schema=schema)
    with replacing(run.judge_file) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=3)


def verdict_columns() -> Any:
    """Columns of ``judge.parquet``: one row per reply, judge, rubric and criterion."""
    import pyarrow as pa

    text, real, strings = pa.string(), pa.float64(), pa.list_(pa.string())
    return pa.schema(
        {
            **dict.fromkeys(("judge_key", "key", "judge_id", "protocol", "rubric"), text),
            "rubric_version": pa.int32(),
            **dict.fromkeys(("rubric_hash", "criterion"), text),
            "score": pa.int8(),
            **dict.fromkeys(("expected_score", "score_adjusted", "mass"), real),
            "status": text,
            "grounded": pa.bool_(),
            "rationale": text,
            **dict.fromkeys(("evidence", "flags"), strings),
            **dict.fromkeys(("n_in", "n_out"), pa.int64()),
            "cost_usd": real,
            **dict.fromkeys(("error", "snapshot", "fingerprint"), text),
        }
    )
