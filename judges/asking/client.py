"""Asks the judge: one retry layer around call-and-validate, within the server's rate limits and the user's budget."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import msgspec
import openai
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from kikime.harness.core.reasons import Phrase
from kikime.harness.engines.served.bodies import read_body
from kikime.harness.engines.served.connection import JSON, open_api
from kikime.harness.engines.served.dialect import Dialect
from kikime.harness.engines.served.keys import PLACEHOLDER_KEY, redactor
from kikime.harness.engines.served.words import server_words
from kikime.judges.asking.faults import MAX_CALLS, Fault, classify, understood, unreadable
from kikime.judges.asking.limits import Budget, FairScheduler, RateGate, pause
from kikime.judges.verdicts.judge import Call, Judge
from kikime.judges.verdicts.record import Record, Usage, make_record
from kikime.judges.verdicts.verdict import NO_COMPLETION, Verdict, read_completion, thought

_FIRST_WAIT, _LONGEST_BACKOFF = 0.5, 20.0
_CALLS_WITHOUT_SUCCESS = 4
_MORE_FOR_THINKING = 4
_LOST_IN_A_ROW = 20


class JudgeClient:
    """One judge behind one connection pool.

    ``ask`` never raises for a failed call. When no further call can succeed (wrong key, no quota, nobody there),
    ``stop`` is set and every later ``ask`` returns at once with that status.
    """

    def __init__(
        self,
        judge: Judge,
        *,
        api_key: str | None,
        base_url: str,
        concurrency: int = 16,
        timeout: float = 60.0,
        max_usd: float | None = None,
    ) -> None:
        self.judge = judge
        self.budget = Budget(max_usd, judge.card.price, model=judge.model)
        self.clean: Callable[[str], str] = redactor(api_key or "")
        self.stop: Fault | None = None
        self.asked = self.answered = 0
        self.dialect = Dialect("judge", droppable=("temperature", "seed", "reasoning_effort"))
        self._timeout = timeout
        self._gate = RateGate()
        self._fair = FairScheduler()
        self._slots = asyncio.Semaphore(concurrency)
        self._stopped = asyncio.Event()
        self._lost_in_a_row = 0
        self._roomier = 1.0
        """How much longer than usual this judge's answers may be, since one needed it."""
        self.api = open_api(api_key or PLACEHOLDER_KEY, base_url, timeout=timeout, connections=concurrency)

    async def close(self) -> None:
        """Close the connections."""
        await self.api.close()

    async def ask(self, call: Call) -> Record:
        """Ask until there is a verdict, at most 6 calls; a failure is a status, never an exception."""
        async with self._slots:
            attempts = _Attempts(call, self._roomier)
            try:
                retrying = AsyncRetrying(
                    retry=retry_if_exception(lambda error: isinstance(error, Fault)),
                    stop=self._gives_up,
                    wait=_backoff,
                    sleep=lambda seconds: pause(seconds, self._stopped),
                    reraise=True,
                )
                await retrying(self._attempt, attempts)
            except Fault as fault:
                self._note_failure(fault)
                attempts.verdict = Verdict(fault.status, error=fault.stored, rationale=attempts.verdict.rationale)
        return self._record(attempts)

    async def _attempt(self, attempts: _Attempts) -> None:
        call = attempts.call
        if self.stop is not None:
            raise Fault(self.stop.status, self.stop.message, words=self.stop.words)
        tokens = call.estimated_in + call.typical_out
        reserved = await self.budget.reserve(call.estimated_in, attempts.limit)
        if reserved is None:
            raise Fault("budget", Phrase("--max-usd is reached"))
        usage: Usage | None = None
        try:
            ticket = await self._gate.enter(tokens, self._stopped)
            if self.stop is not None:
                self._gate.leave(ticket, None)
                raise Fault(self.stop.status, self.stop.message, words=self.stop.words)
            usage = await self._call(attempts, ticket)
        finally:
            self.budget.book(reserved, usage.cost_usd if usage else None)
        self._judge_answer(attempts)

    async def _call(self, attempts: _Attempts, ticket: object) -> Usage:
        """One request over the network; fills ``attempts.body``."""
        headers: Mapping[str, str] | None = None
        self.asked += 1
        try:
            async with asyncio.timeout(self._timeout):
                sent = self.dialect.spoken(attempts.request())
                response = await self.api.post(
                    "/chat/completions",
                    content=orjson.dumps(sent),
                    options={"headers": JSON},
                    cast_to=httpx2.Response,
                )
            headers, attempts.raw = response.headers, response.content
            attempts.body = _json_object(response.content)
        except openai.APIStatusError as error:
            headers = error.response.headers
            if self._rephrased(error, sent, attempts):
                raise understood() from None
            raise self._fault(error, attempts) from None
        except (openai.APIError, TimeoutError) as error:
            raise self._fault(error, attempts) from None
        finally:
            self._gate.leave(ticket, headers)
        await self._fair.take_turn()
        usage = read_usage(attempts.body, self.judge)
        attempts.usage += usage
        return usage

    def _rephrased(self, error: openai.APIStatusError, sent: Mapping[str, Any], attempts: _Attempts) -> bool:
        """Whether the server refused a parameter that the next request will not have."""
        words = server_words(error.response.content) or str(error.message)
        parameter = error.param if isinstance(error.param, str) else None
        learnt = self.dialect.learn(error.status_code, self.clean(words), parameter, dict(sent), attempts.request())
        if learnt:
            attempts.usage += Usage(cost_usd=0.0, calls=1)
        return learnt

    def _fault(self, error: openai.APIError | TimeoutError, attempts: _Attempts) -> Fault:
        fault = classify(error)
        fault.message, fault.words = self.clean(fault.message), fault.words and self.clean(fault.words)
        attempts.usage += Usage(cost_usd=0.0, calls=1)
        if fault.wait:
            self._gate.hold(fault.wait)
        if fault.stops:
            self._halt(fault)
        return fault

    def _judge_answer(self, attempts: _Attempts) -> None:
        call = attempts.call
        verdict = read_completion(attempts.body, call.rubric, call.protocol, call.asked, call.sources)
        if verdict.error == NO_COMPLETION and (words := server_words(attempts.raw)):
            verdict = msgspec.structs.replace(verdict, error=words)
        attempts.verdict = verdict
        self.answered += 1
        self._lost_in_a_row = 0
        if verdict.status == "truncated":
            attempts.limit *= _MORE_FOR_THINKING if thought(attempts.body) else 2
        elif verdict.status != "invalid" and attempts.limit > call.output_limit:
            self._roomier = max(self._roomier, attempts.limit / call.output_limit)
        if verdict.status in {"truncated", "invalid"}:
            raise unreadable(verdict.status, verdict.error)

    def _gives_up(self, state: RetryCallState) -> bool:
        fault = state.outcome.exception() if state.outcome else None
        if not isinstance(fault, Fault) or self.stop is not None:
            return True
        most = min(fault.calls, MAX_CALLS)
        if fault.unreachable and not self.answered:
            most = min(most, _CALLS_WITHOUT_SUCCESS)
        return state.attempt_number >= most

    def _note_failure(self, fault: Fault) -> None:
        if fault.status not in {"error", "timeout"} or self.stop is not None:
            return
        self._lost_in_a_row += 1
        if (fault.unreachable and not self.answered) or self._lost_in_a_row >= _LOST_IN_A_ROW:
            self._halt(fault)

    def _halt(self, fault: Fault) -> None:
        self.stop = self.stop or fault
        self._stopped.set()

    def _record(self, attempts: _Attempts) -> Record:
        return build_record(attempts.call, self.judge, attempts.verdict, attempts.usage, attempts.body, self.clean)


class _Attempts:
    """The state of one verdict over its calls."""

    def __init__(self, call: Call, roomier: float) -> None:
        self.call = call
        self.limit = round(call.output_limit * (1 if call.protocol == "dist" else roomier))
        self.usage = Usage()
        self.body: dict[str, Any] = {}
        self.raw = b""
        self.verdict = Verdict("error")

    def request(self) -> dict[str, Any]:
        return self.call.body | {self.call.limit_name: self.limit}


def build_record(
    call: Call,
    judge: Judge,
    verdict: Verdict,
    usage: Usage,
    body: Mapping[str, Any],
    clean: Callable[[str], str],
    *,
    batch: bool = False,
) -> Record:
    """A record in which no string can hold the key."""
    safe = Verdict(
        verdict.status,
        scores=verdict.scores,
        expected=verdict.expected,
        mass=verdict.mass,
        choice=verdict.choice,
        rationale=clean(verdict.rationale),
        evidence=[clean(quote) for quote in verdict.evidence],
        grounded=verdict.grounded,
        error=str(clean(verdict.error)),
    )
    snapshot, fingerprint = clean(str(body.get("model") or "")), clean(str(body.get("system_fingerprint") or ""))
    return make_record(call, judge, safe, usage, snapshot=snapshot, fingerprint=fingerprint, batch=batch)


def read_usage(body: Mapping[str, Any], judge: Judge, *, factor: float = 1.0) -> Usage:
    """Tokens and cost of one answer; the price is multiplied by ``factor``."""
    usage = body.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    details = usage.get("prompt_tokens_details")
    n_in, n_out = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    n_cached = _count(details.get("cached_tokens")) if isinstance(details, Mapping) else 0
    price = judge.card.price
    return Usage(n_in, n_out, n_cached, price.cost(n_in, n_out, n_cached) * factor if price else None, 1)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _json_object(content: bytes) -> dict[str, Any]:
    """The body; an empty object (which reads as ``invalid``) when it is not one."""
    try:
        value = read_body(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _backoff(state: RetryCallState) -> float:
    """Retry-After where the server gave one, else exponential with full jitter; seconds."""
    fault = state.outcome.exception() if state.outcome else None
    ceiling = min(_LONGEST_BACKOFF, _FIRST_WAIT * 2 ** (state.attempt_number - 1))
    jittered = random.uniform(0, ceiling)  # noqa: S311  (jitter, not a secret)
    if isinstance(fault, Fault) and fault.wait is not None:
        return fault.wait + jittered / 4
    return jittered
