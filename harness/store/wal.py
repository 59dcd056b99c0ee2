"""Append-only JSON lines: the truth of a run until its tables are compacted.

One segment file per process and kind. A process never appends to another one's segment, so that a torn last
line of a killed process can never be glued to the first line of the next. Each line ends with the CRC-32 of the record before
it; a line that does not match is no record. Lines of older versions have none.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

import orjson

from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import unwritable

REPLIES, VERDICTS = "gen", "judge"
"""Kinds of segments of a run: what the engine answered, and what judges said of it."""
Line = dict[str, Any]
"""What one line holds: a row of ``samples.parquet`` with its metrics, or one of ``judge.parquet``."""
_SEAL = re.compile(rb',"(...)":"([0-9a-f]{8})"\}\n')
_SEAL_BYTES = 19
_SYNC_ROWS = 256
_SYNC_SECONDS = 1.0


class Segment:
    """A segment that this process writes; a record survives the process once ``append`` returned."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self.path = path
        self._descriptor = descriptor
        self._unsynced = 0
        self._synced_at = time.monotonic()

    @classmethod
    def create(cls, folder: Path, kind: str) -> Segment:
        """Open a new segment ``<kind>-<UTC>-<pid>.jsonl`` in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        path = folder / f"{kind}-{stamp}-{os.getpid()}.jsonl"
        return cls(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), path)

    def append(self, record: Mapping[str, object]) -> None:
        """Write one record as a line; fsync at most every 256 rows or every second.

        Raises:
            EnvironmentFault: the disk is full or not writable; the lines before this one are kept.
        """
        line = sealed(orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY))
        try:
            _write_all(self._descriptor, line)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._unsynced += 1
        if self._unsynced >= _SYNC_ROWS or time.monotonic() - self._synced_at > _SYNC_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Bring what was appended to the disk, so that it survives the machine.

        Raises:
            EnvironmentFault: the disk is full or not writable.
        """
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._unsynced = 0
        self._synced_at = time.monotonic()

    def close(self) -> None:
        """Flush and close; an empty segment leaves no file."""
        self.flush()
        empty = os.fstat(self._descriptor).st_size == 0
        os.close(self._descriptor)
        if empty:
            self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Located(NamedTuple):
    """A record and where its line stands."""

    record: Line
    path: Path
    offset: int


def read_records(folder: Path, kind: str) -> Iterator[Line]:
    """All intact records of one kind, segments in time order; torn lines are dropped."""
    for located in locate_records(folder, kind):
        yield located.record


def locate_records(folder: Path, kind: str, read: dict[Path, int] | None = None) -> Iterator[Located]:
    """Like ``read_records``, with each line's file and byte offset.

    ``read``: bytes of each file that were read before, which are left out; it is kept up to date.
    """
    for line, path, offset in locate_lines(folder, kind, {} if read is None else read):
        record = parse_line(line)
        if record is not None:
            yield Located(record, path, offset)


def locate_lines(folder: Path, kind: str, read: dict[Path, int]) -> Iterator[tuple[bytes, Path, int]]:
    """Every line that is not in ``read``, with its file and byte offset; ``read`` is as in :func:`locate_records`."""
    for path in sorted(folder.glob(f"{kind}-*.jsonl")):
        offset = read.get(path, 0)
        with path.open("rb") as stream:
            stream.seek(offset)
            for line in stream:
                yield line, path, offset
                offset += len(line)
                if line.endswith(b"\n"):
                    read[path] = offset


def read_at(path: Path, offset: int) -> Line:
    """The record whose line starts at ``offset``.

    Raises:
        UsageError: there is none any more; the log was changed after it had been read.
    """
    with path.open("rb") as stream:
        return read_here(stream, path, offset)


def read_here(stream: BinaryIO, path: Path, offset: int) -> Line:
    """Like :func:`read_at`, of a file that is open."""
    stream.seek(offset)
    record = parse_line(stream.readline())
    if record is None:
        raise UsageError(
            "{path}: changed while it was read", hint="kikime resume {run}", path=path, run=path.parents[1]
        )
    return record


def sealed(record: bytes) -> bytes:
    r"""A JSON object as a line of the log, with its CRC-32 as the last field.

    >>> sealed(b'{"key":"a"}')
    b'{"key":"a","crc":"a93c1af1"}\n'
    """
    return b'%b,"crc":"%08x"}\n' % (record[:-1], zlib.crc32(record))


def parse_line(line: bytes) -> Line | None:
    """The record of a line; None where it is torn or does not match its checksum."""
    if not line.endswith(b"\n"):
        return None
    data = verified(line) if _seal_of(line) else line
    try:
        record = None if data is None else orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and "crc" not in record else None


def verified(line: bytes) -> bytes | None:
    """The JSON of a line that matches its checksum; None where it does not, or has none."""
    seal = _seal_of(line)
    if seal is None or seal[1] != b"crc":
        return None
    data = line[: seal.start()] + b"}"
    return data if zlib.crc32(data) == int(seal[2], 16) else None


def _seal_of(line: bytes) -> re.Match[bytes] | None:
    return _SEAL.fullmatch(line, max(0, len(line) - _SEAL_BYTES))


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
