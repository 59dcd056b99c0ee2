"""Where calls are handed in: from the cache if they were ever paid for, once if they are asked twice at a time."""

from __future__ import annotations

import asyncio

import msgspec

from kikime.judges.asking.cache import VerdictCache
from kikime.judges.asking.client import JudgeClient
from kikime.judges.verdicts.judge import Call
from kikime.judges.verdicts.record import Record


class Desk:
    """Cache and client of one judge."""

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
