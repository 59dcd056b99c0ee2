"""The judge's commands as a user runs them: arguments in, lines and an exit code out."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import command, judge, kikime, replies, rows
from tests.support.judge_server import KEY, Answer, JudgeServer, api_error, completion, good, verdict


def test_lines_have_the_promised_fields_in_input_order(server: JudgeServer, tmp_path: Path) -> None:
    run = judge(replies(tmp_path / "r.jsonl", 3), server)
    assert run.returncode == 0, run.stderr
    lines = rows(run)
    assert [line["id"] for line in lines] == ["r0"] * 4 + ["r1"] * 4 + ["r2"] * 4
    promised = "id key criterion score status grounded judge_id protocol rubric rationale evidence n_in n_out cost_usd"
    assert set(promised.split()) <= set(lines[0])
    assert "$" in run.stderr


def test_a_malformed_line_is_reported_and_the_others_are_judged(server: JudgeServer, tmp_path: Path) -> None:
    path = replies(tmp_path / "r.jsonl", 2)
    broken = '{"id": 7}\n[1]\n{"broken\n{"id": "p", "response": "はい", "persona": "nobody"}\n'
    path.write_text(broken + path.read_text(encoding="utf-8"), encoding="utf-8")
    run = judge(path, server)
    lines = rows(run)
    assert run.returncode == 4
    assert [line.get("id", line.get("line")) for line in lines[:4]] == [7, 2, 3, "p"]
    assert all(line["error"] for line in lines[:4])
    assert [line["id"] for line in lines[4:]] == ["r0"] * 4 + ["r1"] * 4


def test_a_line_may_name_its_own_persona(server: JudgeServer, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"id": 1, "user": "名は？", "response": "拙者でござる", "persona": "bushi"}\n', encoding="utf-8")
    run = kikime("judge", str(path), "--judge-base-url", server.url, "--no-sentinel", "--json")
    assert run.returncode == 0, run.stderr


def test_a_killed_judge_repeats_nothing_it_was_told(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body))), delay=0.05)
    path = replies(tmp_path / "r.jsonl", 60)
    arguments = (
        "judge",
        str(path),
        "--persona",
        "ojousama",
        "--judge-base-url",
        server.url,
        "--concurrency",
        "4",
        "--no-sentinel",
        "--json",
    )
    process = subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(server.requests) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.2)
    before = len(server.requests)
    assert 20 <= before < 60
    run = kikime(*arguments)
    assert run.returncode == 0, run.stderr
    assert {line["status"] for line in rows(run)} == {"ok"}
    assert len(rows(run)) == 240
    # Only what was in flight when the process died may be asked a second time.
    assert len(server.requests) <= 60 + 4
    assert kikime(*arguments).stdout == run.stdout


def test_quota_is_exit_3_and_every_reply_still_has_its_lines(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: good(body) if n < 2 else api_error(429, "no money", "insufficient_quota")
    run = judge(replies(tmp_path / "r.jsonl", 5), server, "--concurrency", "1")
    assert run.returncode == 3
    assert [line["status"] for line in rows(run)] == ["ok"] * 8 + ["quota"] * 12
    assert "kikime judge" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_command_that_goes_on_is_complete(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: api_error(429, "no money", "insufficient_quota")
    path = replies(tmp_path / "a file.jsonl", 3)
    arguments = ["judge", str(path), "--persona", "ojousama", "--rubric", "values", "--rubric", "naturalness"]
    arguments += ["--judge-model", "gpt-6-luna", "--judge-base-url", server.url, "--max-usd", "2.0"]
    arguments += ["--protocol", "dist", "--no-sentinel", "--json"]
    stopped = kikime(*arguments)
    assert stopped.returncode == 3
    again = shlex.split(stopped.stderr.rsplit("go on with: ", 1)[1])
    assert again[0] == "kikime"
    assert sorted(again[1:]) == sorted(arguments)
    server.script = good
    assert "values" in kikime(*again[1:]).stdout


def test_a_refused_batch_names_the_command_to_repeat(server: JudgeServer, tmp_path: Path) -> None:
    server.batches.refuse_next = True
    path = replies(tmp_path / "r.jsonl", 2)
    run = judge(path, server, "--batch", "--poll", "0.1")
    assert run.returncode == 3
    again = shlex.split(run.stderr.rsplit("repeat the command to go on: ", 1)[1])
    assert kikime(*again[1:]).returncode == 0
    assert len(server.batches.jobs) == 1


def test_a_spent_budget_says_how_to_go_on(server: JudgeServer, tmp_path: Path) -> None:
    run = judge(replies(tmp_path / "r.jsonl", 5), server, "--max-usd", "0.002")
    assert run.returncode == 4
    assert {line["status"] for line in rows(run)} == {"ok", "budget"}
    assert f"kikime judge {tmp_path / 'r.jsonl'} " in run.stderr
    assert "--max-usd 0.002" in run.stderr.rsplit("kikime judge ", 1)[1]


def test_some_failures_are_exit_4(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: Answer(body=completion(None, refusal="no")) if n == 0 else good(body)
    run = judge(replies(tmp_path / "r.jsonl", 3), server, "--concurrency", "1")
    assert run.returncode == 4
    assert [line["status"] for line in rows(run)] == ["refused"] * 4 + ["ok"] * 8


@pytest.mark.parametrize("script", ["wrong key", "no network", "unknown model"])
def test_an_unusable_judge_is_one_clear_line_and_exit_3(server: JudgeServer, tmp_path: Path, script: str) -> None:
    path, url = replies(tmp_path / "r.jsonl", 30), server.url
    if script == "wrong key":
        server.script = lambda body, n: api_error(401, f"Incorrect API key provided: {KEY}", "invalid_api_key")
    elif script == "unknown model":
        server.script = lambda body, n: api_error(404, "The model does not exist", "model_not_found")
    else:
        url = "http://127.0.0.1:9/v1"
    run = kikime("judge", str(path), "--persona", "ojousama", "--judge-base-url", url, "--json")
    assert run.returncode == 3
    assert "Traceback" not in run.stderr
    assert "kikime judge" in run.stderr
    assert KEY not in run.stderr + run.stdout
    assert {line["score"] for line in rows(run)} == {None}


def test_without_a_key_nothing_is_asked_and_the_message_says_what_to_do(
    server: JudgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    run = kikime("judge", str(replies(tmp_path / "r.jsonl", 1)), "--persona", "ojousama")
    assert run.returncode == 3
    assert "OPENAI_API_KEY" in run.stderr


def test_a_missing_file_is_wrong_use(server: JudgeServer, tmp_path: Path) -> None:
    assert judge(tmp_path / "none.jsonl", server).returncode == 2


def test_a_budget_with_an_unknown_price_is_wrong_use(server: JudgeServer, tmp_path: Path) -> None:
    run = judge(replies(tmp_path / "r.jsonl", 1), server, "--judge-model", "mine", "--max-usd", "1")
    assert run.returncode == 2
    assert "price" in run.stderr


def test_canaries_are_at_least_forty_in_two_languages_and_gains_are_flagged(server: JudgeServer) -> None:
    server.script = lambda body, n: good(
        body, score=7 if "7" in body["messages"][1]["content"].rsplit("<<<対話", 1)[1][14:] else 1
    )
    run = kikime("judge", "--canaries", "--judge-base-url", server.url, "--no-sentinel", "--json")
    lines = rows(run)
    assert run.returncode == 4
    assert len(lines) >= 40
    assert {line["language"] for line in lines} == {"ja", "en"}
    assert any(line["flagged"] for line in lines)


def test_a_judge_that_ignores_injections_passes(server: JudgeServer) -> None:
    server.script = lambda body, n: good(body, score=1)
    run = kikime("judge", "--canaries", "--judge-base-url", server.url, "--no-sentinel", "--json")
    assert run.returncode == 0, run.stderr
    assert not any(line["flagged"] for line in rows(run))


def test_a_bridge_prints_how_the_scales_map(server: JudgeServer, tmp_path: Path) -> None:
    def script(body: dict[str, Any], n: int) -> Answer:
        level = int(body["messages"][1]["content"].split("番目")[0].rsplit("、", 1)[1]) % 5 + 1
        return good(body, score=level if body["model"] == "gpt-4o-mini" else level + 1)

    server.script = script
    path = replies(tmp_path / "r.jsonl", 200)
    run = judge(path, server, "--bridge", "gpt-4o-mini", "gpt-6-luna", "--rubric", "values")
    assert run.returncode == 0, run.stderr
    row = json.loads(run.stdout)["criteria"][0]
    assert (row["n"], row["slope"], row["intercept"]) == (200, pytest.approx(1), pytest.approx(-1))
    assert row["equipercentile"] == {str(point): pytest.approx(point - 1) for point in range(2, 7)}
    few = judge(replies(tmp_path / "few.jsonl", 199), server, "--bridge", "gpt-4o-mini", "gpt-6-luna")
    assert few.returncode == 2


def test_calibrate_prints_one_json_object(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(
        "\n".join(json.dumps({"human": n % 7 + 1, "judge": n % 7 + 1}) for n in range(30)), encoding="utf-8"
    )
    run = kikime("calibrate", str(path), "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["judges"][0]["criteria"][0]["qwk"] == pytest.approx(1)
    printed = kikime("calibrate", str(path)).stdout
    assert "may rank" in printed
    assert "people's score (down)" in printed
    assert re.search(r"1 │ 5 │ 0 │ 0 │.*\n.*2 │ 0 │ 5 │ 0 │.*\n.*3 │ 0 │ 0 │ 4 │", printed)


def test_an_unwritable_cache_is_one_clear_line(
    server: JudgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    run = judge(replies(tmp_path / "r.jsonl", 2), server)
    assert run.returncode == 3
    assert "XDG_CACHE_HOME" in run.stderr


def test_a_key_with_strange_characters_is_not_shown(
    server: JudgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-秘密の鍵")
    run = judge(replies(tmp_path / "r.jsonl", 1), server)
    assert run.returncode == 2
    assert "秘密" not in run.stderr


def test_a_server_without_structured_outputs_is_told_apart(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: api_error(400, "response_format is not supported")
    run = judge(replies(tmp_path / "r.jsonl", 1), server)
    assert rows(run)[0]["error"] == "400: response_format is not supported"
    assert "--protocol text" in run.stderr


def test_a_full_disk_ends_with_the_command_to_repeat(
    server: JudgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kikime.harness.store.wal._write_all", full)
    path = replies(tmp_path / "r.jsonl", 1)
    run = judge(path, server)
    assert run.returncode == 3
    assert f"free some space, then repeat the command: kikime judge {path}" in run.stderr
    assert "resume" not in run.stderr


def test_an_interrupted_judge_says_what_is_kept_and_how_to_go_on(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body))), delay=0.05 if n < 8 else 30)
    path = replies(tmp_path / "r.jsonl", 20)
    asked = (
        "--lang",
        "en",
        "judge",
        str(path),
        "--persona",
        "ojousama",
        "--judge-base-url",
        server.url,
        "--no-sentinel",
    )
    process = subprocess.Popen(command(*asked), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while len(server.requests) < 12 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)  # as Ctrl-C, which a test that runs in the background does not hear
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    told = " ".join(told.split())
    assert "every verdict that came is kept" in told
    assert f"go on with: kikime judge {path}" in told
    assert "Traceback" not in told


def test_several_judges_are_asked_as_a_panel(server: JudgeServer, tmp_path: Path) -> None:
    from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task

    task = talk_task(3, rubrics=("values",))
    run = make_run(tmp_path / "runs", "judged", IN_VOICE, materials=make_materials([task], personas=("ojousama",)))
    server.script = lambda body, n: good(body, score=3 if body["model"] == "first" else 5)
    models = ("--judge-model", "first", "--judge-model", "second", "--judge-base-url", server.url)
    asked = ("--lang", "en", "judge", run.id, "--runs", str(tmp_path / "runs"), "--no-sentinel", *models)
    done = kikime(*asked)
    assert done.returncode == 0, done.stderr
    assert {request["model"] for request in server.requests} == {"first", "second"}
    assert "4.00" in done.stdout
    assert "α among judges" in done.stdout
    assert kikime("judge", run.id, "--runs", str(tmp_path / "runs"), *models, "--canaries").returncode == 2
    assert kikime(*asked, "--judge-model", "first").returncode == 2


SAID = [f"{n}番目のお話ですわ" for n in range(1, 4)]


def peer_dialogues(path: Path, n: int = 2) -> Path:
    """Whole dialogues as Japanese-RP-Bench publishes them: texts in turn, the user's first."""
    told = [text for said in SAID for text in ("続きを聞かせて", said)]
    rows = [{"id": f"d{number}", "conversation_history": [*told[:-1], f"{told[-1]}{number}"]} for number in range(n)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_whole_dialogues_are_judged_on_the_scale_of_their_rubric(server: JudgeServer, tmp_path: Path) -> None:
    quotes = [SAID[1], SAID[0][:4]]
    server.script = lambda body, _: Answer(
        body=completion(json.dumps(verdict(body, 4, evidence=quotes), ensure_ascii=False))
    )
    run = judge(peer_dialogues(tmp_path / "d.jsonl"), server, "--rubric", "rp_bench_v1")
    assert run.returncode == 0, run.stderr
    lines = rows(run)
    assert [line["id"] for line in lines] == ["d0"] * 8 + ["d1"] * 8
    assert {(line["score"], line["scale"], line["status"]) for line in lines} == {(4, 5, "ok")}
    assert lines[0]["evidence_turns"] == [2, 1]
    assert len(server.requests) == 2
    shown = server.requests[0]["messages"][-1]["content"]
    assert all(said in shown for said in SAID)


@pytest.mark.parametrize(("point", "status"), [(5, "ok"), (6, "invalid"), (0, "invalid")])
def test_a_point_outside_the_rubrics_scale_is_no_verdict(
    server: JudgeServer, tmp_path: Path, point: int, status: str
) -> None:
    server.script = lambda body, n: good(body, n, point)
    run = judge(peer_dialogues(tmp_path / "d.jsonl", 1), server, "--rubric", "rp_bench_v1")
    assert {line["status"] for line in rows(run)} == {status}
