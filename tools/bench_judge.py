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

from harness.persona import load_persona
from judges.collection import judge_subjects
from judges.rubric import load_rubric
from judges.session import judge_settings
from judges.subject import Subject

LATENCY, IN_FLIGHT = 0.5, 64
IDEAL = IN_FLIGHT / LATENCY


def bench_judge(n: int = 1920) -> dict[str, float]:
    """Judge ``n`` different replies; returns verdicts per second, share of the ideal, own CPU ms per verdict."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
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


def _serve(report: Connection) -> None:
    asyncio.run(_listen(report))


async def _listen(report: Connection) -> None:
    server = await asyncio.start_server(_connection, "127.0.0.1", 0, backlog=256)
    report.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    value = {"reasoning": "資料と比べた。", "evidence": ["いたしますわ"]}
    value |= dict.fromkeys(("tone", "personality", "facts", "appropriateness"), 6)
    message = {"role": "assistant", "content": json.dumps(value, ensure_ascii=False)}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "bench-judge"}
    body |= {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    body |= {"usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}}
    data = json.dumps(body).encode()
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            await asyncio.sleep(LATENCY)
            writer.write(answer)
    except (asyncio.IncompleteReadError, ConnectionResetError):
        writer.close()


if __name__ == "__main__":
    print(json.dumps(bench_judge(), indent=2))
