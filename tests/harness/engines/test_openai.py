"""The served engine against real servers on loopback: vLLM's own, and one that only knows chat messages."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def vllm_server(august, tmp_path_factory) -> Iterator[str]:
    """vLLM's OpenAI-compatible server with a bundled checkpoint, as ``august``."""
    port = free_port()
    log = (tmp_path_factory.mktemp("server") / "log.txt").open("w")
    arguments = ["serve", str(august), "--served-model-name", "august", "--port", str(port), "--host", "127.0.0.1"]
    arguments += ["--enforce-eager", "--no-enable-chunked-prefill", "--generation-config", "vllm"]
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_NO_USAGE_STATS": "1",
    }
    program = Path(sys.executable).with_name("vllm")
    process = subprocess.Popen([program, *arguments], env=environment, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/v1/models", process, Path(log.name))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def wait_until_ready(url: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(1800):
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text()[-3000:])


class ChatOnly(BaseHTTPRequestHandler):
    """A provider that renders prompts itself; the second request is told to wait once."""

    asked: list[dict] = []
    busy_once: list[bool] = [True]

    def do_GET(self) -> None:
        self.answer({"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "owned_by": "someone"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.busy_once and len(self.asked) == 1:
            self.busy_once.clear()
            self.answer({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, status=429)
            return
        self.asked.append({"path": self.path, **body})
        message = {"role": "assistant", "content": "ごきげんよう、よい朝ですわ"}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
        self.answer(
            {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
        )

    def answer(self, body: dict, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def chat_server() -> Iterator[str]:
    ChatOnly.asked, ChatOnly.busy_once = [], [True]
    server = ThreadingHTTPServer(("127.0.0.1", 0), ChatOnly)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()


def samples(run: Path) -> list[dict]:
    return pq.read_table(run / "samples.parquet").to_pylist()


def test_a_chat_server_gets_messages_in_its_native_format(kikime, tmp_path, chat_server):
    done = kikime("run", f"openai:m@{chat_server}", "--suite", "smoke", "--limit", "1", "--concurrency", "2")
    assert done.returncode == 0, done.stderr
    [run] = tmp_path.glob("runs/*")
    rows = samples(run)
    assert [row["response"] for row in rows] == ["ごきげんよう、よい朝ですわ"] * len(rows)
    assert {asked["path"] for asked in ChatOnly.asked} == {"/v1/chat/completions"}
    assert {asked["messages"][0]["role"] for asked in ChatOnly.asked} == {"system"}
    assert len(ChatOnly.asked) == len(rows)


def test_a_chat_server_cannot_be_asked_in_another_format(kikime, chat_server):
    done = kikime("run", f"openai:m@{chat_server}", "--suite", "smoke", "--format", "alpaca")
    assert done.returncode == 2
    assert "only the format 'native'" in done.stderr


def test_an_unknown_model_lists_what_is_served(kikime, chat_server):
    done = kikime("run", f"openai:other@{chat_server}", "--suite", "smoke")
    assert done.returncode == 3
    assert "it serves: m" in done.stderr


@pytest.mark.engine
def test_a_vllm_server_takes_token_ids_in_every_format(kikime, tmp_path, vllm_server):
    formats = ["native", "chatml", "llama2"]
    arguments = [argument for name in formats for argument in ("--format", name)]
    done = kikime("run", f"openai:august@{vllm_server}", "--suite", "smoke", "--limit", "2", *arguments)
    assert done.returncode == 0, done.stderr
    [run] = tmp_path.glob("runs/*")
    rows = samples(run)
    assert {row["format"] for row in rows} == set(formats)
    assert all(row["n_prompt_tokens"] > 20 and row["response"] for row in rows)
    own = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["plan"]["n_prompt_tokens"]
    assert sum(row["n_prompt_tokens"] for row in rows) == own
