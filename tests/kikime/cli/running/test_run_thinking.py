"""A served reasoning model through the command: its thinking is kept apart, shown, and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.commands import kikime
from tests.support.judge_server import Answer, JudgeServer, completion
from tests.support.judging import server

__all__ = ["server"]
LINE = "ごきげんよう。温室で紅茶を淹れておりますわ。"


def like_a_thinker(body: dict[str, Any], n: int) -> Answer:
    """Thinks in a tag, in a field of its own, and without end."""
    if n % 3 == 2:
        return Answer(body=completion("<think>まず、", finish="length"))
    if n % 3 == 1:
        whole = completion(LINE)
        whole["choices"][0]["message"]["reasoning_content"] = "挨拶を返す。"
        return Answer(body=whole)
    return Answer(body=completion(f"<think>挨拶を返す。</think>\n\n{LINE}"))


def run(server: JudgeServer, runs: Path, name: str, *more: str) -> tuple[Any, Path]:
    arguments = ["--format", "native", "--task", "daily", "--limit", "6", "--persona", "ojousama", "--no-judge"]
    done = kikime(
        *(
            "run",
            f"openai:player@{server.url}",
            *arguments,
            "--concurrency",
            "1",
            "--runs",
            str(runs),
            "--name",
            name,
            *more,
        )
    )
    [folder] = runs.glob(f"*-{name}-*")
    return done, folder


def test_thinking_is_kept_apart_and_shown(server: JudgeServer, tmp_path: Path) -> None:
    server.script = like_a_thinker
    done, folder = run(server, tmp_path, "thinker", "--json")
    assert done.returncode == 0, done.stderr
    rows = pq.read_table(folder / "samples.parquet").to_pylist()
    assert {row["response"] for row in rows} == {LINE, ""}
    assert {row["reasoning"] for row in rows} == {"挨拶を返す。", "まず、"}
    unfinished = json.loads(done.stdout)["metrics"]["reasoning_unfinished"]
    assert unfinished["n"] == len(rows)
    assert 0 < unfinished["mean"] < 1
    shown = kikime("show", str(folder), "--lang", "en")
    assert "unfinished" in shown.stdout
    assert "thinks" in kikime("show", str(folder), "--samples", "--lang", "en").stdout


@pytest.mark.parametrize("more", [["--template-arg", "enable_thinking=false"], ["--reasoning-tokens", "900"]])
def test_runs_that_may_think_otherwise_are_not_compared_as_one(
    server: JudgeServer, tmp_path: Path, more: list[str]
) -> None:
    server.script = like_a_thinker
    (_, a), (done, b) = run(server, tmp_path, "a"), run(server, tmp_path, "b", *more)
    assert done.returncode == 0, done.stderr
    compared = kikime("compare", str(a), str(b), "--json", "--lang", "en")
    assert json.loads(compared.stdout)["comparable"] is False
    assert any(
        more[-1].split("=")[0] in why or "reasoning_tokens" in why for why in json.loads(compared.stdout)["why_not"]
    )


def test_a_template_argument_of_kikimes_own_is_refused(server: JudgeServer, tmp_path: Path) -> None:
    done = kikime("run", f"openai:player@{server.url}", "--runs", str(tmp_path), "--template-arg", "messages=x")
    assert done.returncode == 2
    assert "messages" in done.stderr


def test_a_judge_reads_only_what_was_said(server: JudgeServer, tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text(
        json.dumps({"id": 1, "user": "やあ。", "response": f"<think>俺は悪役だ</think>{LINE}"}) + "\n", encoding="utf-8"
    )
    kikime(
        "judge",
        str(path),
        "--persona",
        "ojousama",
        "--judge-base-url",
        server.url,
        "--no-sentinel",
        "--judge-model",
        "player",
    )
    sent = json.dumps(server.requests, ensure_ascii=False)
    assert LINE in sent
    assert "俺は悪役だ" not in sent
