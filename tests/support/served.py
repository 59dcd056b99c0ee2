"""A served model that answers by a script, and requests for it."""

from __future__ import annotations

from collections.abc import Sequence

from kikime.harness.core.request import Reply, Request, Sampling
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.engines.openai import OpenAIEngine
from kikime.harness.engines.options import EngineOptions
from kikime.harness.run.runner import Runner
from tests.support.judge_server import JudgeServer

LINE = "ごきげんよう。温室で紅茶を淹れておりますわ。"


def request(number: int, sampling: Sampling | None = None) -> Request:
    blank = dict.fromkeys(("task", "persona", "format", "shot_style", "technique", "context", "prompt", "system"), "")
    return Request(
        key=f"r{number}",
        pair_key=f"r{number}",
        position=number,
        item_id=str(number),
        shots=0,
        example_set=0,
        turn=0,
        repeat=0,
        seed=0,
        token_ids=[],
        messages=[{"role": "user", "content": f"質問{number}"}],
        user=f"質問{number}",
        history=[],
        examples=[],
        expect={},
        stop=[],
        stop_token_ids=[],
        sampling=sampling or Sampling(max_tokens=64),
        **blank,
    )


def engine_at(server: JudgeServer, *, query: str = "", **options: object) -> OpenAIEngine:
    reference = f"openai:player@{server.url}{query}"
    return OpenAIEngine(resolve_checkpoint(reference), EngineOptions(engine="openai", concurrency=8, **options))


def asked(engine: OpenAIEngine, requests: Sequence[Request]) -> list[Reply]:
    """Every reply that the engine gives to the requests, in their order; closes it."""
    replies: list[Reply] = []
    runner = Runner(
        engine,
        [lambda _, reply: replies.append(reply)],
        stored=lambda _: None,
        next_turn=lambda *_: None,
        max_model_len=None,
    )
    try:
        runner.run(requests)
    finally:
        engine.close()
    return sorted(replies, key=lambda reply: int(reply.key[1:]))
