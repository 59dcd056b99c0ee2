"""``kikime run`` and ``resume`` as a user calls them: real vLLM, real kill −9."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

SUITE = """
id: mine
tasks: [{id: daily, limit: 12}, {id: persona_facts, limit: 6}]
personas: [ojousama, bushi]
formats: [native, chatml]
"""
N_REPLIES = 72
TIMING = {"latency_ms"}


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory) -> Path:
    """An uninterrupted run of the suite."""
    folder = tmp_path_factory.mktemp("whole")
    done = subprocess.run(command(folder), capture_output=True, text=True, cwd=folder, env=environment(), timeout=300)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def command(folder: Path) -> list[str]:
    (folder / "mine.yaml").write_text(SUITE, encoding="utf-8")
    arguments = ["run", "demo:august", "--suite", "mine.yaml", "--runs", str(folder / "runs"), "--no-judge"]
    return [sys.executable, "-m", "kikime", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1"}


def rows(path: Path, *, without: set[str] = frozenset()) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in without} for row in pq.read_table(path).to_pylist()]


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment()
    )


def wait_for_replies(folder: Path, least: int, process: subprocess.Popen[str]) -> Path:
    """The run directory, once its log holds ``least`` replies."""
    for _ in range(3000):
        for log in folder.glob("runs/*/wal/gen-*.jsonl"):
            if log.read_bytes().count(b"\n") >= least:
                return log.parent.parent
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("no reply within 150 s")


@pytest.mark.engine
def test_a_run_ends_with_a_table_and_its_path(whole_run):
    summary = json.loads((whole_run / "summary.json").read_text(encoding="utf-8"))
    assert summary["counts"]["done"] == N_REPLIES
    assert summary["state"] == "complete"
    assert len(rows(whole_run / "samples.parquet")) == N_REPLIES
    assert json.loads((whole_run / "status.json").read_text(encoding="utf-8"))["state"] == "complete"


@pytest.mark.engine
def test_every_prompt_begins_with_at_most_one_bos(whole_run):
    for row in rows(whole_run / "samples.parquet"):
        assert row["prompt"].count("<s>") <= 1


@pytest.mark.engine
@pytest.mark.parametrize("least", [1, 40])
def test_kill_9_and_resume_give_the_same_tables(tmp_path, kikime, whole_run, least):
    process = start(tmp_path)
    run = wait_for_replies(tmp_path, least, process)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    [segment] = run.glob("wal/gen-*.jsonl")
    with segment.open("ab") as stream:
        stream.write(b'{"key": "torn')
    logged = segment.read_bytes().count(b"\n")
    resumed = kikime("resume", run)
    assert resumed.returncode == 0, resumed.stderr
    second = sum(path.read_bytes().count(b"\n") for path in run.glob("wal/gen-*.jsonl")) - logged
    assert second == N_REPLIES - logged
    assert rows(run / "samples.parquet", without=TIMING) == rows(whole_run / "samples.parquet", without=TIMING)
    assert rows(run / "scores.parquet") == rows(whole_run / "scores.parquet")


@pytest.mark.engine
def test_a_signal_leaves_a_resumable_run_and_a_second_process_is_refused(tmp_path, kikime):
    process = start(tmp_path)
    run = wait_for_replies(tmp_path, 1, process)
    process.send_signal(signal.SIGSTOP)
    second = kikime("resume", run)
    process.send_signal(signal.SIGCONT)
    process.terminate()
    _, stderr = process.communicate(timeout=120)
    assert second.returncode == 3
    assert "another process" in second.stderr
    assert process.returncode == 130
    assert f"kikime resume {run}" in stderr
    assert json.loads((run / "status.json").read_text(encoding="utf-8"))["state"] == "interrupted"


FULL_DISK = """
mount -t tmpfs -o size=240k tmpfs runs || exit 77
"$@" 2> first.txt; echo $? > first.code
cat runs/*/wal/gen-*.jsonl | wc -l > kept.txt
mount -o remount,size=64m runs
"$PYTHON" -m kikime resume runs/* > second.txt; echo $? > second.code
"""


@pytest.mark.engine
@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare: a user cannot mount a small disk")
def test_a_full_disk_keeps_what_was_generated(tmp_path):
    (tmp_path / "runs").mkdir()
    script = ["unshare", "--map-root-user", "--mount", "sh", "-c", FULL_DISK, "sh", *command(tmp_path)]
    done = subprocess.run(script, cwd=tmp_path, env={**environment(), "PYTHON": sys.executable}, timeout=300)
    if done.returncode == 77 or not (tmp_path / "first.code").exists():
        pytest.skip("this machine does not let a user mount a small disk")
    stderr = (tmp_path / "first.txt").read_text(encoding="utf-8")
    assert (tmp_path / "first.code").read_text().strip() == "3", stderr
    assert "No space left" in stderr
    assert "kikime resume" in stderr
    assert "Traceback" not in stderr
    assert 0 < int((tmp_path / "kept.txt").read_text()) < N_REPLIES
    assert (tmp_path / "second.code").read_text().strip() == "0"
    assert f" {N_REPLIES} " in (tmp_path / "second.txt").read_text(encoding="utf-8")


@pytest.mark.engine
def test_a_prompt_that_is_too_long_is_an_error_row_and_exit_4(kikime, tmp_path):
    done = kikime(
        "run",
        "demo:august",
        "--suite",
        "smoke",
        "--limit",
        "2",
        "--shots",
        "0",
        "--shots",
        "12",
        "--max-model-len",
        "900",
    )
    assert done.returncode == 4, done.stderr
    assert "error IS NOT NULL" in done.stderr
    [run] = tmp_path.glob("runs/*")
    samples = rows(run / "samples.parquet")
    assert {row["finish_reason"] for row in samples if row["shots"] == 12} == {"error"}
    assert {row["error"] for row in samples if row["shots"] == 0} == {None}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "./missing"], 2, "no such checkpoint directory"),
        (["run", "demo:october"], 2, "no bundled checkpoint"),
        (["run", "demo:august", "--suite", "quik"], 2, "no suite 'quik' (did you mean 'quick'?)"),
        (["run", "demo:august", "--dtype", "flt"], 2, "'auto', 'bfloat16', 'float16', 'float32'"),
        (["score", "-", "--persona", "ojosama"], 2, "did you mean 'ojousama'"),
        (["run", "demo:august", "--format", "chatlm"], 2, "did you mean 'chatml'"),
        (["run", "demo:august", "--persona", "ojosama"], 2, "did you mean 'ojousama'"),
        (["run", "demo:august", "--task", "dayly"], 2, "did you mean 'daily'"),
        (["run", "demo:august", "--engine-arg", "x"], 2, "KEY=VALUE"),
        (["run", "demo:august", "--engine-arg", "a=[1"], 2, "not valid YAML"),
        (["run", "demo:august", "--engine-arg", "dtype=half"], 2, "--dtype"),
        (["run", "demo:august", "--engine-arg", "max_num_seq=4"], 2, "did you mean 'max_num_seqs'"),
        (["run", "demo:august", "--lora", "x"], 2, "NAME=DIR"),
        (["plan", "demo:august", "--lora", "x"], 2, "NAME=DIR"),
        (["plan", "demo:august", "--lora", "x=./missing"], 2, "missing: no LoRA adapter here"),
        (["run", "demo:august", "--runs", "/proc/runs"], 3, "cannot be created"),
        (["run", "openai:m@http://127.0.0.1:9/v1"], 3, "is the server running"),
        (["resume", "nothing"], 2, "no run 'nothing'"),
        (["show", "nothing"], 2, "no run 'nothing'"),
        (["run"], 2, "MODEL"),
        (["frobnicate"], 2, "No such command"),
        (["pln"], 2, "No such command 'pln' (did you mean 'plan'?)"),
    ],
)
def test_wrong_use_is_one_message_without_traceback(kikime, arguments, code, message):
    done = kikime(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: (path / "tokenizer.json").unlink(), "tokenizer"),
        (lambda path: (path / "tokenizer.json").write_text("{"), "tokenizer"),
        (lambda path: (path / "model.safetensors").write_bytes(b"\0" * 100), "broken safetensors"),
        (lambda path: (path / "config.json").write_text("[]"), "not a JSON object"),
    ],
)
def test_a_damaged_checkpoint_is_one_message(kikime, tmp_path, august, damage, message):
    import shutil

    copy = Path(shutil.copytree(august, tmp_path / "copy"))
    for extra in ("tokenizer.model", "vocab.json", "merges.txt"):
        (copy / extra).unlink(missing_ok=True)
    damage(copy)
    done = kikime("run", copy, "--suite", "smoke")
    assert done.returncode in {2, 3}
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_loads_no_engine_and_shows_two_prompts(kikime):
    done = kikime("plan", "demo:august", "--suite", "smoke", "--format", "alpaca", "--format", "chatml", "--json")
    report = json.loads(done.stdout)
    assert [prompt["format"] for prompt in report["prompts"]] == ["alpaca", "chatml"]
    assert sum(cell["n"] for cell in report["cells"]) == report["n_replies"]
    assert report["n_prompt_tokens"] > 0
    assert list(report["seconds"]) == sorted(report["seconds"])


def test_a_changed_checkpoint_is_not_resumed(kikime, tmp_path, august):
    import shutil

    from kikime.harness.engines import EngineOptions
    from kikime.harness.engines.checkpoint import resolve_checkpoint
    from kikime.harness.plan.prepare import prepare
    from kikime.harness.run.execute import start_run
    from kikime.harness.suites.grid import gather_materials
    from kikime.harness.suites.suite import load_suite

    copy = Path(shutil.copytree(august, tmp_path / "copy"))
    prepared = prepare(resolve_checkpoint(str(copy)), gather_materials(load_suite("smoke")), EngineOptions())
    run = start_run(prepared, tmp_path / "runs")
    (copy / "generation_config.json").write_text("{}", encoding="utf-8")
    done = kikime("resume", run.path)
    assert done.returncode == 2
    assert "has changed" in done.stderr
