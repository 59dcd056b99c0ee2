"""``kikime run --judge`` as a user runs it: a served model plays, a judge beside it scores."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from kikime.harness.engines import EngineOptions
from kikime.harness.store.rundir import find_run
from kikime.judges.jobs.session import judge_settings, panel_flags, shared_budget
from kikime.workflows.plan import choose_materials, prepare_all
from kikime.workflows.run import execute_all, new_run
from tests.support.commands import Finished, kikime
from tests.support.judge_server import KEY, Answer, JudgeServer, api_error, completion, good

SUITE = """id: mine
title: 二つの返答
tasks:
  - {id: daily, limit: 2, shots: [0]}
personas: [ojousama]
formats: [native]
"""


def both(judge: Any = good) -> Any:
    """One server for both parts: without a response_format the player is asked."""

    def script(body: dict[str, Any], n: int) -> Answer:
        if "response_format" in body:
            return judge(body, n)
        return Answer(body=completion(f"ごきげんよう、{len(body['messages'])}と{n}ですわ"))

    return script


def run(server: JudgeServer, folder: Path, *more: str) -> Finished:
    (folder / "mine.yaml").write_text(SUITE, encoding="utf-8")
    where = ["--suite", str(folder / "mine.yaml"), "--runs", str(folder / "runs"), "--json"]
    return kikime("run", f"openai:player@{server.url}", *where, *more)


def judged(server: JudgeServer) -> int:
    return sum("response_format" in request for request in server.requests)


def test_verdicts_come_with_the_run_and_the_estimate_before_them(server: JudgeServer, tmp_path: Path) -> None:
    server.script = both()
    done = run(server, tmp_path, "--judge", "--judge-base-url", server.url, "--no-sentinel")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {row["criterion"] for row in summary["judge"]} >= {"tone", "personality", "facts", "appropriateness"}
    assert "judge: $" in done.stderr
    assert judged(server) == 2


def test_drift_is_a_warning_in_the_run_and_in_its_summary(server: JudgeServer, tmp_path: Path) -> None:
    server.script = both()
    first = run(server, tmp_path, "--judge", "--judge-base-url", server.url)
    assert first.returncode == 0
    assert "then the sentinel set: 60 calls; " in first.stderr
    assert judged(server) == 62
    server.script = both(lambda body, n: good(body, score=7))
    done = run(server, tmp_path, "--judge", "--judge-base-url", server.url)
    assert "has drifted" in done.stderr
    summary = json.loads(done.stdout)
    assert "has drifted" in summary["judge_drift"]
    report = json.loads((Path(summary["path"]) / "judge.json").read_text(encoding="utf-8"))["sentinel"][0]
    assert (report["n"], report["mean_change"]) == (240, 2.0)


def test_a_panel_judges_with_the_run_and_shares_the_budget(server: JudgeServer, tmp_path: Path) -> None:
    server.script = both(lambda body, n: good(body, score=3 if body["model"] == "strict" else 5))
    panel = ("--judge-model", f"kind@{server.url}", "--judge-model", f"strict@{server.url}", "--no-sentinel")
    done = run(server, tmp_path, *panel)
    assert done.returncode == 0, done.stderr
    assert judged(server) == 4
    means = {row["judge_id"].partition("@")[0]: row["mean"] for row in json.loads(done.stdout)["judge"]}
    assert means == {"kind": 5, "strict": 3}
    twice = run(server, tmp_path, *panel[:2], *panel[:2])
    assert twice.returncode == 2
    assert "is there twice" in twice.stderr


def test_the_parts_of_a_budget_come_back_as_one_with_the_command_that_goes_on() -> None:
    one, other = (
        judge_settings(name, max_usd=1.0, sentinel=True) for name in ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    )
    parts = shared_budget([one, other])
    assert [part.max_usd for part in parts] == [0.5, 0.5]
    flags = panel_flags([parts[0].after(0.3), parts[1]])
    assert flags == ["--judge-model", "gpt-4o-mini", "--judge-model", "gpt-4o-mini-2024-07-18", "--max-usd", "0.7"]


@pytest.mark.parametrize("fault", ["wrong key", "unknown model", "no network", "no money"])
def test_an_unusable_judge_leaves_the_replies_and_the_command_that_goes_on(
    server: JudgeServer, tmp_path: Path, fault: str
) -> None:
    answers = {
        "wrong key": api_error(401, f"Incorrect API key provided: {KEY}", "invalid_api_key"),
        "unknown model": api_error(404, "The model does not exist", "model_not_found"),
        "no money": api_error(429, "You exceeded your quota", "insufficient_quota"),
    }
    server.script = both(lambda body, n: answers[fault])
    url = "http://127.0.0.1:9/v1" if fault == "no network" else server.url
    done = run(server, tmp_path, "--judge-base-url", url, "--judge-model", "gpt-6-luna", "--max-usd", "1")
    assert done.returncode == 3
    assert KEY not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    summary = json.loads(done.stdout)
    assert (summary["counts"]["planned"], summary["counts"]["errors"]) == (2, 0)
    line = done.stderr.rsplit("add verdicts: ", 1)[1].strip()
    assert shlex.split(line)[3:] == ["--judge-model", "gpt-6-luna", "--judge-base-url", url, "--max-usd", "1"]
    server.script = good
    before = (Path(summary["path"]) / "samples.parquet").read_bytes()
    again = shlex.split(line.replace(url, server.url))
    assert kikime(*again[1:], "--no-sentinel").returncode == 0
    assert (Path(summary["path"]) / "samples.parquet").read_bytes() == before


def test_without_a_key_the_command_is_given_back_complete(
    server: JudgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    done = run(server, tmp_path, "--judge", "--max-usd", "0.5")
    assert done.returncode == 3
    assert f"kikime run openai:player@{server.url} --suite" in done.stderr
    assert "--judge --max-usd 0.5" in done.stderr
    assert server.requests == []


def test_one_budget_holds_over_all_runs_of_a_command(server: JudgeServer, tmp_path: Path) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000}
    server.script = both(lambda body, n: Answer(body={**good(body).body, "usage": usage}))
    (tmp_path / "mine.yaml").write_text(SUITE, encoding="utf-8")
    materials = choose_materials(str(tmp_path / "mine.yaml"))
    player = f"openai:player@{server.url}"
    planned = [
        new_run(prepared, tmp_path, name)
        for name in ("first", "second")
        for prepared in prepare_all(player, {}, materials, EngineOptions())
    ]
    price = (1000 * 0.15 + 1000 * 0.6) / 1e6
    judge = judge_settings("gpt-4o-mini", server.url, max_usd=3.9 * price)
    execute_all(planned, judges=[judge])
    counts = [json.loads(find_run(str(run.path), tmp_path).summary_file.read_text())["judge"] for _, run, _ in planned]
    assert judged(server) == 3
    assert [counts[n][0]["n"] for n in range(2)] == [2, 1]
