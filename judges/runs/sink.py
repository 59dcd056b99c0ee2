"""The judge beside the engine: works in its own thread while replies are generated, and never disturbs them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from kikime.harness.core.errors import KikimeError
from kikime.harness.core.reasons import Phrase
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import VERDICTS, Segment
from kikime.harness.words.catalogue import Translator
from kikime.judges.asking.alive import FIRST_SIGN
from kikime.judges.asking.faults import Fault
from kikime.judges.jobs.job import Unit, first_error, judge_unit
from kikime.judges.jobs.session import JudgeSettings, Outcome, open_broker
from kikime.judges.runs.materials import RunMaterials, Sample
from kikime.judges.runs.table import Done

if TYPE_CHECKING:
    from kikime.judges.asking.broker import JudgeBroker


class JudgeSink:
    """Judges samples as they are submitted; verdicts go to the run's log.

    ``submit`` never blocks and never raises; a failed call is a status, a failed session is ``outcome.stop``.
    """

    def __init__(self, run: RunDirectory, settings: JudgeSettings, *, rubrics: tuple[str, ...] = ()) -> None:
        self.outcome = Outcome()
        self._settings = settings
        self._materials = RunMaterials(run.manifest(), rubrics)
        self._done = Done(run)
        self._segment = Segment.create(run.wal, VERDICTS)
        self._loop = asyncio.new_event_loop()
        self._queue: asyncio.Queue[Mapping[str, object] | None] = asyncio.Queue()
        self._submitted = self._judged = 0
        self._finished = False
        self._thread = threading.Thread(target=self._main, name="kikime-judge", daemon=True)
        self._thread.start()

    def submit(self, sample: Mapping[str, object]) -> None:
        """Queue one row of ``samples.parquet`` (or its mapping)."""
        if self._thread.is_alive():
            self._submitted += 1
            self._loop.call_soon_threadsafe(self._queue.put_nowait, sample)

    def close(self, say: Callable[[str], None] = lambda _: None) -> Outcome:
        """Wait until everything submitted is judged or given up; returns what became of it.

        ``say`` hears from time to time how far that is.
        """
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, None)
        self._wait(say)
        self._loop.close()
        if not self._finished and self.outcome.stop is None:
            self.outcome.stop = Fault("error", Phrase("judging ended early"))
        return self.outcome

    def _wait(self, say: Callable[[str], None]) -> None:
        started, pause = time.monotonic(), FIRST_SIGN
        self._thread.join(pause)
        while self._thread.is_alive():
            seconds = round(time.monotonic() - started)
            counts = {"judged": self._judged, "replies": self._submitted, "seconds": seconds}
            say(Translator.of(None)("judging.waited", judge=self._settings.judge.id, **counts))
            pause *= 2
            self._thread.join(pause)

    def _main(self) -> None:
        try:
            self._loop.run_until_complete(self._work())
        except* (KikimeError, OSError) as errors:
            self.outcome.stop = self.outcome.stop or Fault(
                "error", Phrase("judging ended: {reason}", reason=first_error(errors))
            )
        finally:
            self._segment.close()

    async def _work(self) -> None:
        async with open_broker(self._settings) as broker:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(self._settings.concurrency):
                        group.create_task(self._worker(broker))
                self._finished = True
            finally:
                self.outcome.take(broker.client)

    async def _worker(self, broker: JudgeBroker) -> None:
        while (sample := await self._queue.get()) is not None:
            for unit in self._materials.units(msgspec.convert(sample, Sample)):
                await self._judge(unit, broker)
            self._judged += 1
        self._queue.put_nowait(None)

    async def _judge(self, unit: Unit, broker: JudgeBroker) -> None:
        judge = self._settings.judge
        if self._done.covers(unit, judge.id, judge.protocol_for(unit.rubric)):
            return
        lines = await judge_unit(unit, judge, broker, self._done.counted)
        for line in lines:
            self._segment.append(msgspec.to_builtins(line))
        self.outcome.count(lines)
