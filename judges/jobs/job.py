"""The judge job: what is missing is asked, everything else comes from the cache, in one flat loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from kikime.harness.environment.heap import heap_rarely_walked
from kikime.harness.words.catalogue import Translator
from kikime.judges.asking.alive import signs_of_life
from kikime.judges.jobs.session import JudgeSettings, Outcome, open_broker
from kikime.judges.verdicts.judge import Judge, plan_calls
from kikime.judges.verdicts.lines import Line, build_lines
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import Rubric

if TYPE_CHECKING:
    from kikime.harness.cards.persona import Persona
    from kikime.judges.asking.broker import JudgeBroker
    from kikime.judges.verdicts.record import Record


@dataclass(frozen=True, slots=True)
class Unit:
    """One subject and one rubric: what becomes a group of output lines."""

    index: int
    subject: Subject
    rubric: Rubric


Deliver = Callable[[Unit, list[Line]], None]


class Collector(Protocol):
    """Another way to get verdicts than one call after the other."""

    async def collect(self, broker: JudgeBroker, units: Iterable[Unit]) -> JudgeBroker:
        """Get what ``broker`` lacks of ``units``; returns a broker that has it."""
        ...


async def judge_unit(unit: Unit, judge: Judge, broker: JudgeBroker, counted: set[str]) -> list[Line]:
    """Get all verdicts of one unit, then build its lines."""
    calls = list(plan_calls(unit.subject, unit.rubric, judge))
    if len(calls) == 1:
        records = [await broker.get(calls[0])]
    else:
        records = await asyncio.gather(*(broker.get(call) for call in calls))
    return build_lines(unit.subject, unit.rubric, judge, calls, records, counted)


async def judge_all(
    units: Iterable[Unit],
    judge: Judge,
    broker: JudgeBroker,
    deliver: Deliver,
    *,
    workers: int,
    counted: set[str] | None = None,
) -> None:
    """Judge ``units`` with ``workers`` of them in flight; ``deliver`` gets each one's lines as it finishes.

    Raises:
        EnvironmentFault: a verdict cannot be stored.
    """
    waiting = iter(units)
    seen: set[str] = set() if counted is None else counted

    async def work(queue: Iterator[Unit]) -> None:
        for unit in queue:
            deliver(unit, await judge_unit(unit, judge, broker, seen))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work(waiting))
    except BaseExceptionGroup as errors:
        raise first_error(errors) from None


def first_error(error: BaseException) -> BaseException:
    """The first single exception of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@dataclass(frozen=True)
class Estimate:
    """What a job is going to ask, before it asks anything."""

    verdicts: int
    cached: int
    tokens_in: int
    tokens_out: int
    usd: float | None
    """None: the price is unknown."""

    @property
    def to_ask(self) -> int:
        """Calls that have to be bought."""
        return self.verdicts - self.cached

    @property
    def cost(self) -> str:
        """Tokens and price in words."""
        key = "judging.cost_unknown" if self.usd is None else "judging.cost"
        return Translator.of(None)(key, tokens_in=self.tokens_in, tokens_out=self.tokens_out, usd=self.usd)

    def sentence(self, judge: Judge) -> str:
        """The estimate in one line."""
        say = Translator.of(None)
        return say("judging.estimate", judge=judge.id, to_ask=self.to_ask, cached=self.cached, cost=self.cost)


def forecast(n_replies: int, persona: Persona, rubric: Rubric, judge: Judge) -> tuple[float, float] | None:
    """What judging ``n_replies`` will cost before they exist, USD: with everything cached by the provider, and at worst.

    None: the price is unknown.
    """
    price = judge.card.price
    if price is None:
        return None
    reply = Subject("forecast", persona, "あ" * persona.length.target, "あ" * persona.length.target, rival="")
    calls = list(plan_calls(reply, rubric, judge))
    low = sum(price.cost(call.estimated_in, call.typical_out, call.estimated_in) for call in calls)
    high = sum(price.cost(call.estimated_in, call.output_limit) for call in calls)
    return low * n_replies, high * n_replies


def estimate(units: Iterable[Unit], judge: Judge, find: Callable[[str], Record | None]) -> Estimate:
    """Count distinct calls, and price those of which ``find`` (a cache's) has no final verdict."""
    seen: set[str] = set()
    cached = tokens_in = tokens_out = 0
    for unit in units:
        for call in plan_calls(unit.subject, unit.rubric, judge):
            if call.key in seen:
                continue
            seen.add(call.key)
            known = find(call.key)
            if known is not None and known.final:
                cached += 1
            else:
                tokens_in += call.estimated_in
                tokens_out += call.typical_out
    price = judge.card.price
    return Estimate(len(seen), cached, tokens_in, tokens_out, price.cost(tokens_in, tokens_out) if price else None)


@dataclass
class Judged:
    """The lines of a session, subject by subject, and what became of it."""

    groups: list[list[Line]]
    """One group per subject (over all its rubrics), in the subjects' order."""
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def lines(self) -> list[Line]:
        """All lines, in order."""
        return [line for group in self.groups for line in group]


def gather_verdicts(
    n_subjects: int,
    units: Sequence[Unit],
    settings: JudgeSettings,
    *,
    announce: Callable[[Estimate], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    advance: Callable[[], None] = lambda: None,
    cache: Path | None = None,
    batch: Collector | None = None,
) -> Judged:
    """Judge ``units``, whose indices are below ``n_subjects``.

    ``announce`` gets the estimate before the first call, ``say`` a sign of life from time to time.

    Raises:
        EnvironmentFault: the cache cannot be written, or the Batch API failed.
    """
    with heap_rarely_walked():
        return asyncio.run(_gather(n_subjects, units, settings, announce, say, advance, cache, batch))


async def _gather(
    n_subjects: int,
    units: Sequence[Unit],
    settings: JudgeSettings,
    announce: Callable[[Estimate], None],
    say: Callable[[str], None],
    advance: Callable[[], None],
    cache: Path | None,
    batch: Collector | None,
) -> Judged:
    by_unit: dict[int, list[Line]] = {}
    position = {id(unit): number for number, unit in enumerate(units)}

    def deliver(unit: Unit, lines: list[Line]) -> None:
        by_unit[position[id(unit)]] = lines
        advance()

    outcome = Outcome()
    async with open_broker(settings, cache) as broker:
        planned = estimate(units, settings.judge, broker.cache.find)
        announce(planned)
        used = await batch.collect(broker, units) if batch else broker
        async with signs_of_life(broker.client, planned.to_ask, say):
            await judge_all(units, settings.judge, used, deliver, workers=settings.concurrency)
        outcome.take(broker.client)
    groups: list[list[Line]] = [[] for _ in range(n_subjects)]
    for number, unit in enumerate(units):
        groups[unit.index] += by_unit[number]
    outcome.count(line for group in groups for line in group)
    return Judged(_recounted(groups), outcome)


def _recounted(groups: list[list[Line]]) -> list[list[Line]]:
    """Move tokens and cost of a shared call to its first line in output order, whichever finished first."""
    first: dict[str, Line] = {}
    for group in groups:
        for line in group:
            holder = first.setdefault(line.judge_key, line)
            if holder is not line and line.spent_tokens:
                holder.n_in, line.n_in = line.n_in, holder.n_in
                holder.n_out, line.n_out = line.n_out, holder.n_out
                holder.cost_usd, line.cost_usd = line.cost_usd, holder.cost_usd
    return groups
