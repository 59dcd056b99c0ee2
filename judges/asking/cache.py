"""Verdicts that have been paid for, by content: append-only, one folder per judge."""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import cache_home
from kikime.harness.store.rundir import slug
from kikime.harness.store.wal import Segment, locate_records, read_at
from kikime.judges.verdicts.record import Record, read_record

_KIND = "verdicts"


class VerdictCache:
    """All stored verdicts of one judge; only their positions are in memory."""

    def __init__(self, judge_id: str, home: Path | None = None) -> None:
        self.folder = (home or cache_home("judge")) / slug(judge_id)
        self._segment: Segment | None = None
        self._where: dict[bytes, tuple[Path, int]] = {}
        for located in locate_records(self.folder, _KIND):
            key = located.record.get("judge_key")
            if isinstance(key, str):
                self._note(key, located.path, located.offset, final=_is_final(located.record))

    def find(self, key: str) -> Record | None:
        """The stored verdict of ``key``, final or not."""
        where = self._where.get(key.encode())
        return read_record(read_at(*where)) if where else None

    def put(self, record: Record) -> None:
        """Store one verdict; it survives the process once this returned.

        Raises:
            EnvironmentFault: the folder cannot be written.
        """
        if self._segment is None:
            self._segment = self._create()
        offset = self._segment.path.stat().st_size
        self._segment.append(record.stored())
        self._note(record.judge_key, self._segment.path, offset, final=record.final)

    def _create(self) -> Segment:
        try:
            return Segment.create(self.folder, _KIND)
        except OSError as error:
            raise EnvironmentFault(
                f"{self.folder}: verdicts cannot be kept here: {error.strerror}",
                hint="point XDG_CACHE_HOME at a writable folder",
            ) from error

    def close(self) -> None:
        """Bring everything to the disk."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _note(self, key: str, path: Path, offset: int, *, final: bool) -> None:
        """Remember the position; a final verdict is never replaced."""
        known = self._where.get(key.encode())
        if known is None or final or not _is_final(read_at(*known)):
            self._where[key.encode()] = (path, offset)


def _is_final(stored: dict[str, object]) -> bool:
    record = read_record(stored)
    return record is not None and record.final
