"""The tables of a run: explicit schemas, and compaction of the write-ahead log into Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kikime.harness.core.axes import CELL, NUMBERED
from kikime.harness.core.files import replacing
from kikime.harness.core.request import Reply, Request
from kikime.harness.store.lines import StoredLines, compact_lines
from kikime.harness.store.records import SCHEMA
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import REPLIES, Line, locate_lines, parse_line, read_at, read_here, verified

ROW_GROUP = 8192
_AT_ONCE = 512
"""Replies that compaction holds as Python objects; a row group is gathered of them in Arrow's memory, a tenth of that."""
Column = Sequence[object]

SAMPLES = pa.schema(
    [
        ("key", pa.string()),
        ("pair_key", pa.string()),
        ("position", pa.int64()),
        *((axis, pa.int32() if axis in NUMBERED else pa.string()) for axis in CELL),
        ("seed", pa.int64()),
        ("system", pa.string()),
        ("user", pa.string()),
        ("history", pa.string()),
        ("examples", pa.string()),
        ("expect", pa.string()),
        ("prompt", pa.string()),
        ("response", pa.string()),
        ("finish_reason", pa.string()),
        ("stop_reason", pa.string()),
        ("n_prompt_tokens", pa.int32()),
        ("n_output_tokens", pa.int32()),
        ("latency_ms", pa.float64()),
        ("logprobs", pa.string()),
        ("error", pa.string()),
        ("reasoning", pa.string()),
        ("n_reasoning_tokens", pa.int32()),
    ]
)
"""One row per request; ``history``, ``examples``, ``expect`` and ``logprobs`` (candidate → summed log-probability) are JSON.

``response`` never holds the model's thinking, which is ``reasoning``; both its columns are null where there is none, and
are missing in tables of 0.1.0.
"""

SCORES = pa.schema(
    [("key", pa.string()), ("metric", pa.string()), ("value", pa.float64()), ("scorer_version", pa.string())]
)
"""Long: one row per reply and metric; a null value means not applicable."""

_FROM_REQUEST = ("key", "pair_key", "position", *CELL, "seed", "system", "user", "prompt")


def sample_row(request: Request, reply: Reply) -> dict[str, object]:
    """One row of ``samples.parquet``; text that is not valid Unicode is repaired with U+FFFD."""
    row = {name: getattr(request, name) for name in _FROM_REQUEST}
    return row | {
        "history": orjson.dumps(request.history).decode() if request.history else "[]",
        "examples": orjson.dumps(request.examples).decode() if request.examples else "[]",
        "expect": orjson.dumps(request.expect).decode() if request.expect else "{}",
        "response": repaired(reply.text),
        "finish_reason": reply.finish_reason,
        "stop_reason": reply.stop_reason,
        "n_prompt_tokens": reply.n_prompt_tokens or len(request.token_ids),
        "n_output_tokens": reply.n_output_tokens,
        "latency_ms": reply.latency_ms,
        "logprobs": _logprobs(request, reply),
        "error": reply.error,
        "reasoning": None if reply.reasoning is None else repaired(reply.reasoning),
        "n_reasoning_tokens": reply.n_reasoning_tokens,
    }


def _logprobs(request: Request, reply: Reply) -> str | None:
    if reply.logprobs is None:
        return None
    names = [candidate.name for candidate in request.candidates]
    return orjson.dumps(dict(zip(names, reply.logprobs, strict=True))).decode()


def repaired(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, so that it can be stored as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Stored(NamedTuple):
    """Where the write-ahead log holds a reply."""

    position: int
    turn: int
    failed: bool
    path: Path
    offset: int


class Head(msgspec.Struct, gc=False):
    """What of a logged reply is kept in memory; to read no more of a line takes a fraction of the time."""

    key: str
    position: int
    turn: int
    error: str | None


_HEADS = msgspec.json.Decoder(Head)


def read_head(line: bytes) -> Head | None:
    """The head of a line of the log; None where :func:`kikime.harness.store.wal.parse_line` finds no record."""
    data = verified(line)
    if data is not None:
        return _HEADS.decode(data)
    record = parse_line(line)
    return None if record is None else msgspec.convert(record, Head)


class StoredReplies:
    """The replies that this run has logged, without their text in memory."""

    def __init__(self, run: RunDirectory) -> None:
        self._wal = run.wal
        self._by_key: dict[str, Stored] = {}
        self._read: dict[Path, int] = {}
        self.lines = StoredLines(run)
        """What a user model said between them."""
        self.catch_up()

    def catch_up(self) -> None:
        """Read what has been logged since the last time."""
        self.lines.catch_up()
        for line, path, offset in locate_lines(self._wal, REPLIES, self._read):
            head = read_head(line)
            known = None if head is None else self._by_key.get(head.key)
            if head is not None and (known is None or (known.failed and head.error is None)):
                self._by_key[head.key] = Stored(head.position, head.turn, head.error is not None, path, offset)

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def n_done(self) -> int:
        """Replies that are none of :attr:`n_failed`, and those that are not asked for as their dialogue has ended."""
        return len(self) - self.n_failed + self.lines.n_unspoken

    @property
    def n_failed(self) -> int:
        """Replies that are errors; a resumed run asks for them again."""
        return sum(stored.failed for stored in self._by_key.values())

    def lookup(self, key: str) -> Reply | None:
        """The reply or the user's line of ``key`` unless it is missing or failed."""
        stored = self._by_key.get(key)
        if stored is None or stored.failed:
            return self.lines.lookup(key)
        record = read_at(stored.path, stored.offset)
        return Reply(key=key, text=record["response"], finish_reason=record["finish_reason"])

    def in_plan_order(self) -> Iterator[Line]:
        """Every logged record once, in the order of the plan."""
        open_files: dict[Path, BinaryIO] = {}
        try:
            for stored in sorted(self._by_key.values(), key=lambda s: (s.position, s.turn)):
                if stored.path not in open_files:
                    open_files[stored.path] = stored.path.open("rb")
                yield read_here(open_files[stored.path], stored.path, stored.offset)
        finally:
            for stream in open_files.values():
                stream.close()


def compact(run: RunDirectory, versions: Mapping[str, str], stored: StoredReplies | None = None) -> int:
    """Write ``samples.parquet`` and ``scores.parquet`` from the log; returns the number of samples.

    The log stays. A table appears complete or not at all. ``versions``: of each metric; a record may name others.
    ``stored``: what the log holds, where that is known already.

    Raises:
        EnvironmentFault: the disk is full or not writable; the log and former tables are untouched.
    """
    stored = StoredReplies(run) if stored is None else stored
    metadata = {"kikime.schema": str(SCHEMA), "kikime.run": run.id}
    with (
        _table(run.samples_file, SAMPLES, metadata) as add_samples,
        _table(run.scores_file, SCORES, metadata) as add_scores,
    ):
        for batch in _batches(stored.in_plan_order(), _AT_ONCE):
            add_samples({name: [record.get(name) for record in batch] for name in SAMPLES.names})
            add_scores(_score_columns(batch, versions))
    compact_lines(run, stored.lines)
    return len(stored)


def _score_columns(batch: Sequence[Line], versions: Mapping[str, str]) -> dict[str, Column]:
    keys: list[str] = []
    metrics: list[str] = []
    values: list[float | None] = []
    by: list[str | None] = []
    for record in batch:
        measured = record["metrics"]
        measured_by = {**versions, **record.get("versions", {})}
        keys += [record["key"]] * len(measured)
        metrics += measured.keys()
        values += measured.values()
        by += map(measured_by.get, measured)
    return {"key": keys, "metric": metrics, "value": values, "scorer_version": by}


def _batches(records: Iterator[Line], size: int) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for record in records:
        batch.append(record)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _table(
    path: Path, schema: pa.Schema, metadata: Mapping[str, str]
) -> Iterator[Callable[[Mapping[str, Column]], None]]:
    """Write one Parquet file beside its final place, then move it there."""
    whole = schema.with_metadata(dict(metadata))
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, whole, compression="zstd", compression_level=3, write_page_checksum=True) as writer,
    ):
        waiting: list[pa.Table] = []

        def flush() -> None:
            if waiting:
                writer.write_table(pa.concat_tables(waiting))
                waiting.clear()

        def add(columns: Mapping[str, Column]) -> None:
            waiting.append(pa.table(dict(columns), schema=whole))
            if len(waiting) == ROW_GROUP // _AT_ONCE:
                flush()

        yield add
        flush()
