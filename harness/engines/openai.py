"""Any OpenAI-compatible server: token ids to a vLLM server, chat completions elsewhere.

One odd answer costs one reply: it becomes an error in the server's own words, asked again where the fault may pass. The run
stops where no further request can succeed: a wrong key, an unknown model, nobody there, or a server that refuses all it is sent.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import queue
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import httpx2
import msgspec
import openai
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.core.request import Candidate, Reply, Request, chosen_reply
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions
from kikime.harness.engines.served.answers import read_answer
from kikime.harness.engines.served.bodies import read_body
from kikime.harness.engines.served.connection import JSON, open_api, proxy_towards
from kikime.harness.engines.served.dialect import Body, Dialect
from kikime.harness.engines.served.faults import MAX_CALLS, Fault, classify
from kikime.harness.engines.served.keys import PLACEHOLDER_KEY, read_key, redactor
from kikime.harness.engines.served.probe import ServerAway, probe_server
from kikime.harness.engines.served.words import one_line, server_words

_FIRST_WAIT, _LONGEST_BACKOFF = 0.5, 20.0
_LOST_IN_A_ROW = 20
_TIMEOUT = 600
_DROPPABLE = ("seed", "top_p", "temperature", "repetition_penalty", "top_k")
"""What a request can do without; a thinking effort or template argument that is refused was asked for and stops the run."""


class OpenAIEngine:
    """A served model behind HTTP; requests run on an event loop of their own thread."""

    def __init__(
        self, checkpoint: Checkpoint, options: EngineOptions, *, arrived: threading.Event | None = None
    ) -> None:
        """Connect and find out what the server is.

        ``arrived``: is set when there is something to poll for; given where others can answer what this server does not,
        which then is not asked again after a lost connection.

        Raises:
            EngineFault: the server cannot be reached, refuses the key, or does not serve the model.
            UsageError: the key in the environment cannot be one, or a proxy cannot be used.
        """
        self._name = checkpoint.name
        self._url = str(checkpoint.base_url)
        self._concurrency = options.concurrency
        self._template_args = options.template_args
        self.server = probe_server(checkpoint)
        api_key = read_key()
        self._clean = redactor(api_key or "")
        self._dialect = Dialect("server", droppable=_DROPPABLE)
        self._outcomes: queue.Queue[Outcome | BaseException] = queue.Queue()
        self._arrived = arrived
        self._in_flight = self._lost_in_a_row = 0
        self._answered = False
        self._refused: list[Outcome] = []
        """Refusals that are held back as long as the server has answered nothing."""
        self._end: EngineFault | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kikime-openai", daemon=True)
        self._thread.start()
        self._slots = asyncio.Semaphore(self._concurrency)
        self._api = open_api(api_key or PLACEHOLDER_KEY, self._url, timeout=_TIMEOUT, connections=self._concurrency)

    @property
    def window(self) -> int:
        """Twice the concurrency, so that a slot never waits for the runner."""
        return 2 * self._concurrency

    def submit(self, request: Request) -> None:
        """Queue one request."""
        self._in_flight += 1
        asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).add_done_callback(self._noted)

    def _noted(self, done: concurrent.futures.Future[None]) -> None:
        """Hand an error that nobody foresaw to the thread that waits for replies."""
        if not done.cancelled() and (error := done.exception()):
            self._put(error)

    def _put(self, outcome: Outcome | BaseException) -> None:
        self._outcomes.put(outcome)
        if self._arrived is not None:
            self._arrived.set()

    def poll(self) -> list[Reply]:
        """Wait up to a second for the next reply, then take all that are there.

        Raises:
            EngineFault: no further request can succeed.
        """
        return [outcome.reply for outcome in self.outcomes(1.0)]

    def finished(self) -> list[Reply]:
        """The replies that are there now; errors as of :meth:`poll`."""
        return [outcome.reply for outcome in self.outcomes(0.0)]

    def outcomes(self, seconds: float) -> list[Outcome]:
        """Like :meth:`poll`, waiting so long at most, and with the fault of each reply that is an error.

        Raises:
            EngineFault: no further request can succeed; a :class:`ServerAway` where the server has gone.
        """
        if self._end is None:
            settled = [found for outcome in self._waited(seconds) for found in self._settled(outcome)]
            if settled or self._end is None:
                return settled
        raise self._end

    def _waited(self, seconds: float) -> Iterator[Outcome]:
        with suppress(queue.Empty):
            outcome = self._outcomes.get(timeout=seconds) if seconds else self._outcomes.get_nowait()
            while True:
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
                outcome = self._outcomes.get_nowait()

    def _settled(self, outcome: Outcome) -> Iterator[Outcome]:
        """What is handed over now; refusals wait until the server has taken some request."""
        fault = outcome.fault
        self._in_flight -= 1
        if fault is None:
            self._answered, self._lost_in_a_row = True, 0
        else:
            self._lost_in_a_row += fault.calls > 1 or not self._answered
        if held := fault is not None and fault.refuses and not self._answered:
            self._refused.append(outcome)
        if end := self._ending(fault):
            self._end = self._end or end
        elif not held:
            yield outcome
        if self._answered:
            yield from self._refused
            self._refused = []

    def _ending(self, fault: Fault | None) -> EngineFault | None:
        """Why no further request can succeed, if that is so."""
        if fault is None:
            return None
        all_refused = bool(self._refused) and not self._in_flight
        final = fault.stops and not (fault.refuses and self._answered)
        if not (final or all_refused or self._lost_in_a_row >= _LOST_IN_A_ROW):
            return None
        told = self._refused[-1].fault or fault if all_refused and not final else fault
        away = not told.refuses and (told.status is None or told.status >= 500)
        return (ServerAway if away else EngineFault)(
            "{url}: {reason}", hint=_hint(told, self._url), url=self._url, reason=told.words
        )

    def describe(self) -> dict[str, object]:
        """What the server said of itself."""
        return {"engine": "openai", "server": self.server, "openai": openai.__version__, "dtype": "served"}

    @property
    def notes(self) -> list[Reason]:
        """What the server would not take, and what was done about it, once each."""
        return list(self._dialect.notes)

    def close(self) -> None:
        """Drop what is in flight and close the connections."""
        with suppress(TimeoutError, concurrent.futures.CancelledError):
            asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    async def _drop(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._api.close()

    async def _answer(self, request: Request) -> None:
        async with self._slots:
            started, lost = time.monotonic(), None
            retrying = AsyncRetrying(
                retry=retry_if_exception_type(Fault), stop=self._gives_up, wait=_backoff, reraise=True
            )
            try:
                reply: Reply = await retrying(self._ask, request)
            except Fault as fault:
                lost = fault
                lost.words = self._clean(lost.words)
                reply = Reply(key=request.key, text="", finish_reason="error", error=lost.message)
            self._put(Outcome(reply_with_latency(reply, started), lost))

    def _gives_up(self, state: RetryCallState) -> bool:
        fault = state.outcome.exception() if state.outcome else None
        if not isinstance(fault, Fault) or state.attempt_number >= fault.calls:
            return True
        return fault.lost and self._arrived is not None

    async def _ask(self, request: Request) -> Reply:
        if request.messages or not self.server["token_ids"]:
            return await self._chat(request)
        if request.candidates:
            logprobs = [await self._score(candidate) for candidate in request.candidates]
            return chosen_reply(request, logprobs, 0.0)
        return await self._complete(request)

    async def _complete(self, request: Request) -> Reply:
        """A reply to token ids."""
        sampling = request.sampling
        own: Body = {
            "prompt": request.token_ids,
            "stop_token_ids": request.stop_token_ids,
            "top_k": sampling.top_k,
            "repetition_penalty": sampling.repetition_penalty,
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
        }
        if request.stop:
            own["stop"] = request.stop
        return _reply(request, await self._post("/completions", self._common(request) | own))

    async def _chat(self, request: Request) -> Reply:
        own: Body = {"messages": request.messages}
        for name, value in self._template_args.items():
            if name == "reasoning_effort":
                own[name] = value
            else:
                own.setdefault("chat_template_kwargs", {})[name] = value
        return _reply(request, await self._post("/chat/completions", self._common(request) | own))

    def _common(self, request: Request) -> Body:
        sampling = request.sampling
        return {
            "model": self._name,
            "max_tokens": sampling.most_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }

    async def _score(self, candidate: Candidate) -> float:
        """The log-probability of a continuation, by vLLM's own extension."""
        ids = candidate.token_ids
        body = {"model": self._name, "prompt": ids, "max_tokens": 1, "temperature": 0.0, "prompt_logprobs": 0}
        content = await self._post("/completions", body)
        try:
            positions = msgspec.convert(read_body(content), _Scored).choices[0].prompt_logprobs
            pairs = list(zip(ids, positions, strict=True))[candidate.start :]
            total = sum(position[str(token)].logprob for token, position in pairs if position is not None)
        except (msgspec.ValidationError, KeyError, ValueError) as error:
            words = server_words(content) or one_line(str(error))
            raise Fault(Phrase("the answer has no log-probabilities of the prompt: {words}", words=words)) from None
        if not math.isfinite(total):
            raise Fault(Phrase("the log-probability of a candidate is not finite"))
        return total

    async def _post(self, path: str, body: Body) -> bytes:
        """One request; a refused parameter changes those that follow.

        Raises:
            Fault: no answer, or the server tells an error.
        """
        sent = self._dialect.spoken(body)
        try:
            response = await self._api.post(
                path, content=orjson.dumps(sent), options={"headers": JSON}, cast_to=httpx2.Response
            )
        except openai.APIStatusError as error:
            words = self._clean(server_words(error.response.content) or str(error.message))
            parameter = error.param if isinstance(error.param, str) else None
            if self._dialect.learn(error.status_code, words, parameter, sent, body):
                raise Fault(words, calls=MAX_CALLS + len(self._dialect.notes), wait=0.0, refuses=True) from None
            raise classify(error) from None
        except openai.APIError as error:
            raise classify(error) from None
        return response.content


class Outcome(NamedTuple):
    """How a request ended."""

    reply: Reply
    fault: Fault | None
    """Why it is an error, if it is one."""


class _Logprob(msgspec.Struct):
    logprob: float


class _ScoredChoice(msgspec.Struct):
    prompt_logprobs: list[dict[str, _Logprob] | None]


class _Scored(msgspec.Struct):
    """What is read of an answer to a candidate."""

    choices: list[_ScoredChoice]


def _backoff(state: RetryCallState) -> float:
    """Retry-After where the server gave one, else exponential with full jitter; seconds."""
    fault = state.outcome.exception() if state.outcome else None
    jittered = random.uniform(0, min(_LONGEST_BACKOFF, _FIRST_WAIT * 2 ** (state.attempt_number - 1)))  # noqa: S311  (jitter, not a secret)
    if isinstance(fault, Fault) and fault.wait is not None:
        return fault.wait + (jittered / 4 if fault.wait else 0.0)
    return jittered


def _hint(fault: Fault, url: str) -> Phrase:
    """What helps after a fault that ends the run."""
    if fault.status in {401, 403}:
        return Phrase("set OPENAI_API_KEY to a key that this server takes")
    if fault.status in {404, 405}:
        return Phrase("look at the model's name and at the address, which usually ends in /v1")
    if fault.refuses:
        return Phrase("the server takes none of these requests; leave out what it refuses, or look at its log")
    if proxy := proxy_towards(url):
        return Phrase(
            "is the server running? The proxy {proxy} stands before it; NO_PROXY lists hosts that need none",
            proxy=proxy,
        )
    return Phrase("start the server again, then resume the run")


def reply_with_latency(reply: Reply, started: float) -> Reply:
    """The reply with its latency since ``started`` (a monotonic time) in ms."""
    return msgspec.structs.replace(reply, latency_ms=round((time.monotonic() - started) * 1000, 2))


def _reply(request: Request, content: bytes) -> Reply:
    answer = read_answer(content, limit=request.sampling.most_tokens)
    return Reply(
        key=request.key,
        text=answer.text,
        finish_reason=answer.finish_reason,
        stop_reason=answer.stop_reason,
        n_prompt_tokens=answer.n_prompt_tokens or len(request.token_ids),
        n_output_tokens=answer.n_output_tokens,
        reasoning=answer.thinking,
        n_reasoning_tokens=answer.n_thinking_tokens,
    )
