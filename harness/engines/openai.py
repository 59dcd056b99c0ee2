"""Any OpenAI-compatible server: token ids to a vLLM server, chat completions elsewhere."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from typing import Any, TypedDict

import msgspec
import openai
import tenacity
from openai.types import CompletionUsage

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.request import Candidate, Reply, Request, chosen_reply
from kikime.harness.engines.checkpoint import Checkpoint
from kikime.harness.engines.options import EngineOptions


class Server(TypedDict):
    """What a server says of itself."""

    url: str
    token_ids: bool
    """Whether it takes token ids: it is vLLM."""
    root: str | None
    max_model_len: int | None


_ATTEMPTS = 6
_TRANSIENT = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError)


class OpenAIEngine:
    """A served model behind HTTP; requests run on an event loop of their own thread."""

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions) -> None:
        """Connect and find out what the server is.

        Raises:
            EngineFault: the server cannot be reached, refuses the key, or does not serve the model.
        """
        self._name = checkpoint.name
        self._url = str(checkpoint.base_url)
        self._concurrency = options.concurrency
        self.server = probe_server(checkpoint)
        self._finished: queue.Queue[Reply | openai.OpenAIError] = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kikime-openai", daemon=True)
        self._thread.start()
        self._client = openai.AsyncOpenAI(base_url=self._url, api_key=_api_key(), max_retries=0, timeout=600)
        self._slots = asyncio.Semaphore(self._concurrency)

    @property
    def window(self) -> int:
        """Twice the concurrency, so that a slot never waits for the runner."""
        return 2 * self._concurrency

    def submit(self, request: Request) -> None:
        """Queue one request."""
        asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)

    def poll(self) -> list[Reply]:
        """Wait up to a second for the next reply, then take all that are there."""
        replies: list[Reply] = []
        try:
            replies.append(self._take(timeout=1.0))
            while True:
                replies.append(self._take(timeout=0))
        except queue.Empty:
            return replies

    def describe(self) -> dict[str, object]:
        """What the server said of itself."""
        return {"engine": "openai", "server": self.server, "openai": openai.__version__, "dtype": "served"}

    def close(self) -> None:
        """Drop what is in flight and close the connections."""
        asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    def _take(self, *, timeout: float) -> Reply:
        reply = self._finished.get(timeout=timeout) if timeout else self._finished.get_nowait()
        if isinstance(reply, openai.OpenAIError):
            raise EngineFault(
                "{url}: {reason}",
                hint="start the server again, then resume the run",
                url=self._url,
                reason=_reason(reply),
            ) from reply
        return reply

    async def _answer(self, request: Request) -> None:
        async with self._slots:
            started = time.monotonic()
            try:
                reply = await self._call(request)
            except openai.BadRequestError as error:
                reply = Reply(key=request.key, text="", finish_reason="error", error=_reason(error))
            except openai.OpenAIError as error:
                self._finished.put(error)
                return
            self._finished.put(reply_with_latency(reply, started))

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(_TRANSIENT),
        wait=tenacity.wait_random_exponential(multiplier=0.5, max=20),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        reraise=True,
    )
    async def _call(self, request: Request) -> Reply:
        sampling = request.sampling
        common: dict[str, Any] = {
            "model": self._name,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        if not self.server["token_ids"]:
            return await self._chat(request, common)
        if request.candidates:
            logprobs = [await self._score(candidate) for candidate in request.candidates]
            return chosen_reply(request, logprobs, 0.0)
        extra = {
            "stop_token_ids": request.stop_token_ids,
            "top_k": sampling.top_k,
            "repetition_penalty": sampling.repetition_penalty,
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
        }
        answer = await self._client.completions.create(
            prompt=request.token_ids,
            max_tokens=sampling.max_tokens,
            stop=request.stop or None,
            extra_body=extra,
            **common,
        )
        choice = answer.choices[0]
        stop = getattr(choice, "stop_reason", None)
        return _reply(request, choice.text, choice.finish_reason, stop, answer.usage)

    async def _score(self, candidate: Candidate) -> float:
        answer = await self._client.completions.create(
            model=self._name,
            prompt=candidate.token_ids,
            max_tokens=1,
            temperature=0.0,
            extra_body={"prompt_logprobs": 0},
        )
        positions: list[dict[str, dict[str, float]]] = answer.choices[0].prompt_logprobs  # type: ignore[attr-defined]  # vLLM's extension
        pairs = zip(candidate.token_ids[candidate.start :], positions[candidate.start :], strict=True)
        return float(sum(position[str(token)]["logprob"] for token, position in pairs))

    async def _chat(self, request: Request, common: dict[str, Any]) -> Reply:
        messages: Any = request.messages
        answer = await self._client.chat.completions.create(
            messages=messages, max_completion_tokens=request.sampling.max_tokens, **common
        )
        choice = answer.choices[0]
        return _reply(request, choice.message.content or "", choice.finish_reason, None, answer.usage)


def probe_server(checkpoint: Checkpoint) -> Server:
    """Ask the server which models it has, and whether it is vLLM (then it takes token ids in any format).

    Raises:
        EngineFault: the server cannot be reached, refuses the key, or does not serve the model.
    """
    url = str(checkpoint.base_url)
    client = openai.OpenAI(base_url=url, api_key=_api_key(), max_retries=2, timeout=30)
    try:
        models = {model.id: model for model in client.models.list()}
    except openai.AuthenticationError:
        raise EngineFault("{url}: the server refuses the key", hint="set OPENAI_API_KEY", url=url) from None
    except openai.OpenAIError as error:
        raise EngineFault(
            "{url}: {reason}",
            hint="is the server running, and does the address end in /v1?",
            url=url,
            reason=_reason(error),
        ) from None
    if checkpoint.name not in models:
        raise EngineFault(
            "{url}: no model '{name}'",
            hint="it serves: {models}",
            url=url,
            name=checkpoint.name,
            models=", ".join(sorted(models)) or Phrase("none"),
        )
    model = models[checkpoint.name]
    return {
        "url": url,
        "token_ids": model.owned_by == "vllm",
        "root": getattr(model, "root", None),
        "max_model_len": getattr(model, "max_model_len", None),
    }


def reply_with_latency(reply: Reply, started: float) -> Reply:
    """The reply with its latency since ``started`` (a monotonic time) in ms."""
    return msgspec.structs.replace(reply, latency_ms=round((time.monotonic() - started) * 1000, 2))


def _reply(request: Request, text: str, finish: str | None, stop: object, usage: CompletionUsage | None) -> Reply:
    return Reply(
        key=request.key,
        text=text,
        finish_reason=finish or "abort",
        stop_reason=None if stop is None else str(stop),
        n_prompt_tokens=usage.prompt_tokens if usage else len(request.token_ids),
        n_output_tokens=usage.completion_tokens if usage else 0,
    )


def _api_key() -> str:
    return os.environ.get("OPENAI_API_KEY") or "none"


def _reason(error: openai.OpenAIError) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    key = os.environ.get("OPENAI_API_KEY")
    return (text.replace(key, "***") if key else text)[:300]
