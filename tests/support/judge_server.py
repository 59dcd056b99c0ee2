"""A scripted OpenAI-compatible server on loopback: real HTTP, every fault on demand."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-kikime-0123456789abcdef"


@dataclass
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    raw: bytes | None = None


Script = Callable[[dict[str, Any], int], Answer]


def completion(content: str | None, *, finish: str = "stop", **extra: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": extra.pop("refusal", None)}
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": extra.pop("logprobs", None)}
    usage = extra.pop("usage", {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200})
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "judge-2026-01-01"}
    return {**head, "system_fingerprint": "fp_1", "choices": [choice], "usage": usage, **extra}


def judged_text(body: dict[str, Any]) -> str:
    """The judged reply, read back from the prompt as a judge would."""
    prompt = body["messages"][-1]["content"]
    section = re.search(r"<<<対話 (\w+)\n(.*?)\n対話 \1>>>", prompt, re.DOTALL)
    if section is None:
        return ""
    data = json.loads(section[2])
    if "評価対象の対話" in data:
        return str(data["評価対象の対話"][-1]["発言"])
    return str(data.get("評価対象の返答", data.get("返答A", "")))


def verdict(body: dict[str, Any], score: Any = 5, *, evidence: list[str] | None = None) -> dict[str, Any]:
    """A verdict that follows the schema of the request."""
    properties = body["response_format"]["json_schema"]["schema"]["properties"]
    quote = judged_text(body)[:8]
    value: dict[str, Any] = {"reasoning": "資料と比べた。", "evidence": [quote] if evidence is None else evidence}
    for name, schema in properties.items():
        if name not in value:
            value[name] = score if schema["type"] == "integer" else "A"
    return value


def good(body: dict[str, Any], _: int = 0, score: Any = 5) -> Answer:
    return Answer(body=completion(json.dumps(verdict(body, score), ensure_ascii=False)))


def api_error(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    body = {"error": {"message": message, "type": code, "code": code, "param": None}}
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class JudgeServer:
    """Counts and keeps what it was asked; ``script`` decides about each chat request."""

    def __init__(self, script: Script = good, port: int = 0) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: set[str] = set()
        self.batches = BatchDesk(self)
        self.models = ["player"]
        self.models_answer: Answer | None = None
        self.addresses: set[str] = set()
        self.headers: dict[str, str] = {}
        self.in_flight = self.most_in_flight = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"judge": self})
        self._http = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            number = len(self.requests)
            self.requests.append(body)
            self.times.append(time.monotonic())
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        answer = self.script(body, number)
        time.sleep(answer.delay)
        with self._lock:
            self.in_flight -= 1
        return answer


class BatchDesk:
    """The Batch API: answers a submitted file with the server's script once it was polled ``polls`` times."""

    def __init__(self, server: JudgeServer) -> None:
        self.server = server
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.polls = 1
        self.lose_next = self.refuse_next = False

    def upload(self, content: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": 1,
            "filename": "b.jsonl",
            "purpose": "batch",
        }

    def submit(self, request: dict[str, Any]) -> Answer:
        """Create the batch, or fail before it (``refuse_next``) or after it (``lose_next``)."""
        if self.refuse_next:
            self.refuse_next = False
            return api_error(400, "the file is not valid")
        answer = Answer(body=self.create(request), drop=self.lose_next)
        self.lose_next = False
        return answer

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = f"batch-{len(self.jobs) + 1}"
        self.jobs[name] = {
            "id": name,
            "object": "batch",
            "endpoint": request["endpoint"],
            "input_file_id": request["input_file_id"],
            "completion_window": request["completion_window"],
            "metadata": request.get("metadata"),
            "status": "in_progress",
            "created_at": len(self.jobs),
            "polls": 0,
        }
        return self.jobs[name]

    def poll(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        job["polls"] += 1
        if job["status"] == "in_progress" and job["polls"] > self.polls:
            self._finish(job)
        return job

    def _finish(self, job: dict[str, Any]) -> None:
        good_lines, bad_lines = [], []
        for number, line in enumerate(self.files[job["input_file_id"]].splitlines()):
            request = json.loads(line)
            answer = self.server.script(request["body"], number)
            response = {"status_code": answer.status, "request_id": "r", "body": answer.body}
            row = {"id": f"x{number}", "custom_id": request["custom_id"], "response": response, "error": None}
            (good_lines if answer.status == 200 else bad_lines).append(json.dumps(row, ensure_ascii=False))
        job["status"] = "completed"
        job["output_file_id"] = self.upload("\n".join(good_lines).encode())["id"] if good_lines else None
        job["error_file_id"] = self.upload("\n".join(bad_lines).encode())["id"] if bad_lines else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


class _Handler(BaseHTTPRequestHandler):
    judge: JudgeServer
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.judge.keys.add(self.headers.get("authorization", ""))
        self.judge.addresses.add(self.path)
        self.judge.headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.split("?")[0]
        if path == "/v1/files":
            self._send(Answer(body=self.judge.batches.upload(_file_part(content))))
        elif path == "/v1/batches":
            self._send(self.judge.batches.submit(json.loads(content)))
        elif path == "/v1/chat/completions":
            self._send(self.judge.answer(json.loads(content)))
        else:
            self._send(api_error(404, f"no {self.path}"))

    def do_GET(self) -> None:
        desk, parts = self.judge.batches, self.path.split("?")[0].strip("/").split("/")
        if parts[1:] == ["models"]:
            models = [{"id": name, "object": "model", "created": 1, "owned_by": "test"} for name in self.judge.models]
            self._send(self.judge.models_answer or Answer(body={"object": "list", "data": models}))
        elif parts[1:] == ["batches"]:
            jobs = list(desk.jobs.values())
            self._send(Answer(body={"object": "list", "data": jobs, "has_more": False}))
        elif parts[1] == "batches" and parts[2] in desk.jobs:
            self._send(Answer(body=desk.poll(parts[2])))
        elif parts[1] == "files" and parts[2] in desk.files:
            self._send(Answer(raw=desk.files[parts[2]]))
        else:
            self._send(api_error(404, f"no {self.path}"))

    def _send(self, answer: Answer) -> None:
        if answer.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        data = answer.raw if answer.raw is not None else json.dumps(answer.body, ensure_ascii=False).encode()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        return


def _file_part(content: bytes) -> bytes:
    """The uploaded file of a multipart body."""
    boundary = content.split(b"\r\n", 1)[0]
    for part in content.split(boundary):
        if b'name="file"' in part:
            return part.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
    return b""
