"""Verdicts by their call: from the cache if they were ever paid for, bought once if they are asked for twice at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import cache_home
from kikime.harness.core.reasons import system_reason
from kikime.harness.store.rundir import slug
from kikime.harness.store.wal import Segment, locate_records, read_at
from kikime.judges.verdicts.record import Record, read_record

if TYPE_CHECKING:
    from kikime.judges.asking.client import JudgeClient
    from kikime.judges.verdicts.judge import Call

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
                "{folder}: verdicts cannot be kept here: {reason}",
                hint="point XDG_CACHE_HOME at a writable folder",
                folder=self.folder,
                reason=system_reason(error),
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


class JudgeBroker:
    """Gets the verdict of a call: from the cache, from an identical call in flight, or from the judge."""

    def __init__(self, client: JudgeClient, cache: VerdictCache) -> None:
        self.client = client
        self.cache = cache
        self._pending: dict[str, asyncio.Future[Record]] = {}

    async def get(self, call: Call) -> Record:
        """The verdict of ``call``; identical calls in flight share one request."""
        known = self.cache.find(call.key)
        if known is not None and known.final:
            return known
        pending = self._pending.get(call.key)
        if pending is not None:
            return await asyncio.shield(pending)
        promise = self._pending[call.key] = asyncio.get_running_loop().create_future()
        try:
            record = await self._buy(call, known)
            promise.set_result(record)
        finally:
            del self._pending[call.key]
            promise.cancel()
        return record

    async def _buy(self, call: Call, earlier: Record | None) -> Record:
        record = await self.client.ask(call)
        if record.usage.calls == 0:
            return record
        if earlier is not None:
            record = msgspec.structs.replace(record, usage=earlier.usage + record.usage)
        self.cache.put(record)
        return record
