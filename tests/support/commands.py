"""Commands run in this process or another one, and files of replies for them."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kikime.cli import main
from tests.support.judge_server import JudgeServer


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from kikime.cli import main; main()", *arguments]


class Finished(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def kikime(*arguments: str) -> Finished:
    """Run a command in this process, as the entry point does."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return Finished(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def replies(path: Path, n: int) -> Path:
    rows = [{"id": f"r{i}", "user": f"質問{i}", "response": f"お答えいたしますわ、{i}番目ですの"} for i in range(n)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def judge(path: Path, server: JudgeServer, *more: str) -> Finished:
    return kikime(
        "judge", str(path), "--persona", "ojousama", "--judge-base-url", server.url, "--no-sentinel", "--json", *more
    )


def rows(run: Finished) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stdout.splitlines()]
