"""What user models said in a run's dialogues: logged line by line, and a table of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from kikime.harness.core.axes import CELL, NUMBERED
from kikime.harness.core.files import replacing
from kikime.harness.core.request import Reply, Request
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import Line, locate_records, read_at

LINES = "user"
"""Kind of the log's segments."""
TABLE = pa.schema(
    [
        ("key", pa.string()),
        ("position", pa.int64()),
        *((axis, pa.int32() if axis in NUMBERED else pa.string()) for axis in CELL),
        ("line", pa.string()),
        ("status", pa.string()),
        ("unspoken", pa.int32()),
        ("prompt", pa.string()),
        ("finish_reason", pa.string()),
        ("n_prompt_tokens", pa.int32()),
        ("n_output_tokens", pa.int32()),
        ("latency_ms", pa.float64()),
        ("error", pa.string()),
    ]
)
"""One row per line that a user model said; ``turn`` is the turn that it opens, from 0.

``status``: ``ok``, ``last`` (a farewell), or why the dialogue ended with it: ``empty``, ``echo``, ``refused``, ``out_of_role``,
``error``. ``unspoken``: replies of the plan that were not asked for because of it.
"""


def line_row(request: Request, reply: Reply, line: str, status: str, unspoken: int) -> dict[str, object]:
    """One row of ``user_lines.parquet``."""
    row: dict[str, object] = {name: getattr(request, name) for name in ("key", "position", *CELL, "prompt")}
    return row | {
        "line": line,
        "status": status,
        "unspoken": unspoken,
        "finish_reason": reply.finish_reason,
        "n_prompt_tokens": reply.n_prompt_tokens or len(request.token_ids),
        "n_output_tokens": reply.n_output_tokens,
        "latency_ms": reply.latency_ms,
        "error": reply.error,
    }


class _Place(NamedTuple):
    path: Path
    offset: int
    position: int
    turn: int
    failed: bool
    unspoken: int


class StoredLines:
    """The lines that a run has logged, without their text in memory."""

    def __init__(self, run: RunDirectory) -> None:
        self._wal = run.wal
        self._by_key: dict[str, _Place] = {}
        self._read: dict[Path, int] = {}
        self.catch_up()

    def catch_up(self) -> None:
        """Read what has been logged since the last time."""
        for record, path, offset in locate_records(self._wal, LINES, self._read):
            known = self._by_key.get(record["key"])
            if known is None or known.failed:
                failed = record["error"] is not None
                place = _Place(path, offset, record["position"], record["turn"], failed, record["unspoken"])
                self._by_key[record["key"]] = place

    @property
    def n_unspoken(self) -> int:
        """Replies of the plan that are not asked for, because their dialogue has ended."""
        return sum(place.unspoken for place in self._by_key.values())

    def lookup(self, key: str) -> Reply | None:
        """The line of ``key`` unless it is missing or its server failed."""
        place = self._by_key.get(key)
        if place is None or place.failed:
            return None
        record = read_at(place.path, place.offset)
        return Reply(key=key, text=record["line"], finish_reason=record["finish_reason"])

    def in_plan_order(self) -> Iterator[Line]:
        """Every line once, dialogue by dialogue."""
        for place in sorted(self._by_key.values(), key=lambda place: (place.position, place.turn)):
            yield read_at(place.path, place.offset)


def compact_lines(run: RunDirectory, stored: StoredLines) -> None:
    """Write ``user_lines.parquet`` from the log, where a user model spoke.

    Raises:
        EnvironmentFault: the disk is full or not writable.
    """
    records = list(stored.in_plan_order())
    if not records:
        return
    columns = {name: [record.get(name) for record in records] for name in TABLE.names}
    with replacing(run.lines_file) as temporary:
        pq.write_table(pa.table(columns, schema=TABLE), temporary, compression="zstd")
