"""Verdicts through the provider's Batch API: half the price, up to a day of patience, resumable at every step.

The cache folder's ``batches`` log says what was submitted. A submission is announced there before it is made and
carries its name as metadata, so that a process killed in between finds its own batch again instead of paying twice.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import openai
import orjson

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.hashing import digest
from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.served.bodies import read_body
from kikime.harness.store.wal import Segment, read_records
from kikime.judges.asking.broker import JudgeBroker
from kikime.judges.asking.client import build_record, read_usage
from kikime.judges.asking.faults import classify
from kikime.judges.jobs.job import Unit
from kikime.judges.verdicts.judge import Call, Judge, plan_calls
from kikime.judges.verdicts.record import Record, Usage, make_record
from kikime.judges.verdicts.verdict import Verdict, read_completion

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
MAX_ROWS, MAX_BYTES = 50_000, 180_000_000
_KIND = "batches"
_OVER = frozenset({"completed", "failed", "expired", "cancelled"})
_PATIENCE = 6
"""Failed polls in a row before giving up."""
Say = Callable[[str], None]


class BatchFault(EnvironmentFault):
    """The Batch API failed; the same command, repeated, goes on."""


@dataclass(frozen=True)
class _Open:
    """A batch that was announced and is not collected yet."""

    name: str
    keys: frozenset[str]
    batch_id: str | None


class BatchJob:
    """Submits, polls and collects the batches of one judge."""

    def __init__(self, broker: JudgeBroker, *, poll_seconds: float, say: Say) -> None:
        if not broker.client.judge.card.batch:
            raise UsageError("{model} has no Batch API", hint="leave out --batch", model=broker.client.judge.model)
        self._broker = broker
        self._api = broker.client.api
        self._judge: Judge = broker.client.judge
        self._poll_seconds = poll_seconds
        self._say = say

    async def run(self, calls: Iterable[Call], *, max_usd: float | None = None) -> set[str]:
        """Get the verdicts of ``calls`` into the cache; returns the keys that ``max_usd`` did not allow.

        Raises:
            BatchFault: the server cannot be reached or refuses; what was submitted is found again next time.
        """
        wanted = {call.key: call for call in calls}
        with Segment.create(self._broker.cache.folder, _KIND) as log:
            await self._finish_opened(wanted, log)
            missing = [call for call in wanted.values() if not self._has(call.key)]
            affordable = self._within(missing, max_usd)
            for chunk in chunks(affordable):
                await self._submit(chunk, log)
            await self._finish_opened(wanted, log)
        return {call.key for call in missing} - {call.key for call in affordable}

    def _has(self, key: str) -> bool:
        known = self._broker.cache.find(key)
        return known is not None and known.final

    def _within(self, calls: Sequence[Call], max_usd: float | None) -> list[Call]:
        price = self._judge.card.price
        if max_usd is None or price is None:
            return list(calls)
        chosen, spent = [], 0.0
        for call in calls:
            spent += price.cost(call.estimated_in, call.output_limit) * self._judge.card.batch_discount
            if spent > max_usd:
                break
            chosen.append(call)
        return chosen

    async def _finish_opened(self, wanted: Mapping[str, Call], log: Segment) -> None:
        """Collect what was submitted for ``wanted``; batches of other inputs are left to the command that made them."""
        for batch in self._opened():
            if not batch.keys.isdisjoint(wanted):
                await self._finish(batch, wanted, log)

    def _opened(self) -> list[_Open]:
        opened: dict[str, _Open] = {}
        for record in read_records(self._broker.cache.folder, _KIND):
            name = record["batch"]
            match record["state"]:
                case "announced":
                    opened[name] = _Open(name, frozenset(record["keys"]), None)
                case "submitted":
                    opened[name] = dataclasses.replace(opened[name], batch_id=record["batch_id"])
                case _:
                    opened.pop(name, None)
        return list(opened.values())

    async def _submit(self, calls: Sequence[Call], log: Segment) -> None:
        rows = [{"custom_id": c.key, "method": "POST", "url": ENDPOINT, "body": c.body} for c in calls]
        content = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        name = digest("batch", [digest("keys", [call.key for call in calls]), log.path.name])
        log.append({"batch": name, "state": "announced", "keys": [call.key for call in calls]})
        try:
            file = await self._api.files.create(file=("kikime.jsonl", content), purpose="batch")
            batch = await self._api.batches.create(
                input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", metadata={"kikime": name}
            )
        except openai.APIError as error:
            if isinstance(error, openai.APIStatusError):
                # After a lost connection the batch may exist: it stays announced and is looked for next time.
                log.append({"batch": name, "state": "failed"})
            raise self._fault(error) from None
        log.append({"batch": name, "state": "submitted", "batch_id": batch.id})
        self._say(f"batch {batch.id}: {len(calls)} calls submitted; the same command goes on after any interruption")

    async def _finish(self, batch: _Open, wanted: Mapping[str, Call], log: Segment) -> None:
        batch_id = batch.batch_id or await self._find(batch.name)
        if batch_id is None:
            log.append({"batch": batch.name, "state": "lost"})
            return
        job = await self._wait(batch_id)
        n_lines = 0
        for file_id in (job.output_file_id, job.error_file_id):
            async for line in self._lines(file_id):
                n_lines += self._collect(line, wanted)
        if batch.keys <= wanted.keys():
            log.append({"batch": batch.name, "state": "collected", "batch_id": batch_id})
        if job.status == "failed" and not n_lines:
            problems = [str(problem.message) for problem in (job.errors.data or [])] if job.errors else []
            raise BatchFault(
                "batch {batch} failed: {reason}",
                hint="repeat the command to submit it again, or leave out --batch",
                batch=batch_id,
                reason=self._broker.client.clean("; ".join(problems)) or Phrase("no reason given"),
            )
        self._say(f"batch {batch_id}: {job.status}, {n_lines} answers collected")

    async def _find(self, name: str) -> str | None:
        """The id of a batch that was announced by a process that died before it could note the id."""
        try:
            async for job in self._api.batches.list(limit=100):
                if job.metadata and job.metadata.get("kikime") == name:
                    return job.id
        except openai.APIError as error:
            raise self._fault(error) from None
        return None

    async def _wait(self, batch_id: str) -> Any:
        failures = 0
        while True:
            try:
                job = await self._api.batches.retrieve(batch_id)
                failures = 0
            except openai.APIError as error:
                fault, failures = classify(error), failures + 1
                if fault.stops or failures >= _PATIENCE:
                    raise self._fault(error) from None
            else:
                if job.status in _OVER:
                    return job
            await asyncio.sleep(self._poll_seconds)

    async def _lines(self, file_id: str | None) -> AsyncIterator[dict[str, object]]:
        if file_id is None:
            return
        try:
            content = (await self._api.files.content(file_id)).content
        except openai.APIError as error:
            raise self._fault(error) from None
        for line in content.splitlines():
            try:
                row = read_body(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row

    def _collect(self, line: Mapping[str, object], wanted: Mapping[str, Call]) -> int:
        call = wanted.get(str(line.get("custom_id")))
        if call is None or self._has(call.key):
            return 0
        response = _mapping(line.get("response"))
        body = _mapping(response.get("body"))
        if response.get("status_code") == 200:
            self._broker.client.answered += 1
            verdict = read_completion(body, call.rubric, call.protocol, call.asked, call.sources)
            usage = read_usage(body, self._judge, factor=self._judge.card.batch_discount)
        else:
            verdict, usage, body = Verdict("error", error=_problem(line)), Usage(calls=1), {}
        clean = self._broker.client.clean
        self._broker.cache.put(build_record(call, self._judge, verdict, usage, body, clean, batch=True))
        self._broker.client.budget.spent += usage.cost_usd or 0.0
        return 1

    def _fault(self, error: openai.APIError) -> BatchFault:
        message = self._broker.client.clean(classify(error).message)
        return BatchFault("the Batch API failed: {message}", hint="repeat the command to go on", message=message)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _problem(line: Mapping[str, object]) -> str:
    """Why a line has no answer; servers say it as an object with a message, or as mere text."""
    body = _mapping(line.get("response")).get("body")
    for found in (line.get("error"), _mapping(body).get("error"), body):
        text = found.get("message") if isinstance(found, Mapping) else found
        if text:
            return str(text)[:300]
    return "the batch gave no answer"


def chunks(calls: Sequence[Call]) -> Iterable[list[Call]]:
    """Parts of at most 50,000 calls and 180 MB."""
    part: list[Call] = []
    size = 0
    for call in calls:
        length = len(orjson.dumps(call.body)) + 200
        if part and (len(part) == MAX_ROWS or size + length > MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(call)
        size += length
    if part:
        yield part


class BatchedBroker(JudgeBroker):
    """Answers from the cache only; what no batch has brought is an ``error``, or ``budget`` where money ended."""

    def __init__(self, broker: JudgeBroker, denied: set[str]) -> None:
        super().__init__(broker.client, broker.cache)
        self._denied = denied

    async def get(self, call: Call) -> Record:
        """The stored verdict of ``call``."""
        known = self.cache.find(call.key)
        if known is not None:
            return known
        verdict = Verdict("budget", error="--max-usd is reached")
        if call.key not in self._denied:
            verdict = Verdict("error", error="the batch brought no answer; repeat the command to ask again")
        return make_record(call, self.client.judge, verdict, Usage())


@dataclass(frozen=True)
class BatchOptions:
    """How to use the Batch API."""

    poll_seconds: float = 30.0
    max_usd: float | None = None
    say: Say = lambda _: None

    async def collect(self, broker: JudgeBroker, units: Iterable[Unit]) -> JudgeBroker:
        """Get the verdicts of ``units`` through batches; returns a broker that has them."""
        judge = broker.client.judge
        calls = (call for unit in units for call in plan_calls(unit.subject, unit.rubric, judge))
        job = BatchJob(broker, poll_seconds=self.poll_seconds, say=self.say)
        return BatchedBroker(broker, await job.run(calls, max_usd=self.max_usd))
