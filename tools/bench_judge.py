"""How close the judge's client comes to the ideal rate, and what a verdict costs in CPU time.

The server answers every call after 500 ms from a process of its own: 64 calls in flight make 128 verdicts per second.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import re
import tempfile
import time
from multiprocessing.connection import Connection
from typing import cast

from kikime.harness.cards.persona import load_persona
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric

LATENCY, IN_FLIGHT = 0.5, 64
IDEAL = IN_FLIGHT / LATENCY


def bench_judge(n: int = 3840) -> dict[str, float]:
    """Judge ``n`` different replies; returns verdicts per second, share of the ideal, own CPU ms per verdict."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve_judge, args=(there,), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{here.recv()}/v1"
        with tempfile.TemporaryDirectory() as cache:
            os.environ["XDG_CACHE_HOME"] = cache
            _judge(url, IN_FLIGHT, prefix="warm-up")
            wall, cpu = time.perf_counter(), time.process_time()
            _judge(url, n, prefix="measured")
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        server.terminate()
        server.join()
    rate = n / wall
    return {"verdicts": n, "verdicts_per_s": rate, "of_ideal": rate / IDEAL, "cpu_ms_per_verdict": 1000 * cpu / n}


def _judge(url: str, n: int, *, prefix: str) -> None:
    persona, rubric = load_persona("ojousama"), load_rubric("character_v1")
    subjects = [Subject(str(i), persona, f"{prefix}の質問{i}", f"お答えいたしますわ、{i}番目ですの") for i in range(n)]
    settings = judge_settings("bench-judge", url, concurrency=IN_FLIGHT)
    judged = judge_subjects(subjects, [rubric], settings)
    if not judged.outcome.complete:
        raise SystemExit(f"the benchmark's judge failed: {judged.outcome.sentence()}")


def serve_judge(report: Connection, latency: float = LATENCY) -> None:
    """Answer every call after ``latency`` seconds; the port is sent to ``report``."""
    asyncio.run(_listen(report, latency))


async def _listen(report: Connection, latency: float) -> None:
    answer = _answer()
    server = await asyncio.get_running_loop().create_server(lambda: _Slow(answer, latency), "127.0.0.1", 0, backlog=256)
    report.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Slow(asyncio.Protocol):
    """Answers each request of a connection ``latency`` seconds after its last byte; costs 0.1 ms per request."""

    def __init__(self, answer: bytes, latency: float) -> None:
        self._answer, self._latency, self._data = answer, latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, separator, body = self._data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if separator and length and len(body) >= int(length[1]):
            self._data = b""
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, self._answer)


def _answer() -> bytes:
    value: dict[str, object] = {"reasoning": "資料と比べた。", "evidence": ["いたしますわ"]}
    value |= dict.fromkeys(("tone", "personality", "facts", "appropriateness"), 6)
    message = {"role": "assistant", "content": json.dumps(value, ensure_ascii=False)}
    body: dict[str, object] = {"id": "c", "object": "chat.completion", "created": 1, "model": "bench-judge"}
    body |= {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    body |= {"usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data


if __name__ == "__main__":
    print(json.dumps(bench_judge(), indent=2))
