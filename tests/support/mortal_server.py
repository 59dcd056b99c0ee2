"""A served model in a process of its own, which a test can kill and start again at the same address."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress

from tests.support.judge_server import Answer, JudgeServer, completion


class MortalServer:
    """Answers each question with its own port and the question, after ``delay`` seconds."""

    def __init__(self, port: int, delay: float = 0.02) -> None:
        self.port, self.delay = port, delay
        self.url = f"http://127.0.0.1:{port}/v1"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> MortalServer:
        """Start and wait until it answers."""
        arguments = [sys.executable, "-m", "tests.support.mortal_server", str(self.port), str(self.delay)]
        self._process = subprocess.Popen(arguments)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/models", timeout=1).close()
                return self
            time.sleep(0.02)
        raise AssertionError(f"no server at {self.url}")

    def kill(self) -> None:
        """As ``kill -9`` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _serve(port: int, delay: float) -> None:
    def echo(body: dict, _: int) -> Answer:
        return Answer(body=completion(f"{port} {body['messages'][-1]['content']}"), delay=delay)

    JudgeServer(echo, port=port)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
