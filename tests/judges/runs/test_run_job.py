from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import RunLocked, UsageError
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.tables import SAMPLES, SCORES
from kikime.harness.store.wal import read_records
from kikime.judges.jobs.session import JudgeSettings, judge_settings
from kikime.judges.runs.materials import paired_subjects
from kikime.judges.runs.run_job import judge_run
from kikime.judges.runs.sink import JudgeSink
from kikime.judges.runs.table import compact_verdicts, stored_lines
from kikime.judges.verdicts.prompt import Subject
from tests.support.judge_server import KEY, Answer, JudgeServer, api_error, completion, good, verdict

TASK = {
    "id": "daily",
    "version": 1,
    "title": "日常",
    "measures": "会話",
    "source": "own",
    "metrics": [],
    "rubrics": ["character_v1", "stability"],
    "items": [{"id": "i0", "user": "やあ"}, {"id": "script", "user": "やあ", "script": ["それから？"]}],
}


def sample(number: int, **change: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SAMPLES.names)
    row |= {"key": f"k{number:03}", "pair_key": f"p{number:03}", "position": number, "task": "daily", "item_id": "i0"}
    row |= {"persona": "ojousama", "format": "alpaca", "shots": 3, "shot_style": "turns", "example_set": 0}
    row |= {"technique": "plain", "context": "none", "turn": 0, "repeat": 0, "seed": 0, "system": "", "history": "[]"}
    row |= {"examples": "[]", "expect": "{}", "prompt": "秘密の書式", "finish_reason": "stop", "latency_ms": 1.0}
    row |= {"n_prompt_tokens": 1, "n_output_tokens": 1, "user": f"質問{number}", "response": f"お答え{number}ですわ"}
    return row | change


def make_run(folder: Path, rows: list[dict[str, Any]], persona: Persona | None = None) -> RunDirectory:
    import pyarrow as pa
    import pyarrow.parquet as pq

    run = RunDirectory.create(folder, "secret-model")
    card = persona or load_persona("ojousama")
    run.write_manifest(
        {
            "name": "secret-model",
            "created_at": "2026-01-01T00:00:00+00:00",
            "suite": {"id": "own"},
            "checkpoint": dict.fromkeys(("name", "reference", "fingerprint", "n_params", "revision")),
            "hashes": {},
            "plan": {"n_replies": len(rows)},
            "tasks": {"daily": TASK},
            "personas": {"ojousama": card.model_dump(mode="json")},
        }
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=SAMPLES), run.samples_file)
    pq.write_table(SCORES.empty_table(), run.scores_file)
    return run


def table(run: RunDirectory) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(run.judge_file).to_pylist()
    return rows


def test_a_run_gets_one_row_per_reply_and_criterion(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [sample(n) for n in range(5)])
    outcome = judge_run(run, settings)
    assert outcome.complete
    rows = table(run)
    assert len(rows) == 20
    assert {(row["key"], row["judge_id"], row["score"]) for row in rows} >= {("k000", settings.judge.id, 5)}
    assert sum(row["n_in"] for row in rows) == 5000
    assert next(stored_lines(run, settings.judge.id, "cot")).id == "k000"


def test_the_judge_sees_neither_model_nor_format_nor_shots(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    judge_run(make_run(tmp_path, [sample(0)]), settings)
    text = json.dumps(server.requests, ensure_ascii=False)
    assert "secret" not in text
    assert "alpaca" not in text
    assert "秘密の書式" not in text


def test_samples_are_never_touched(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(0)])
    before = run.samples_file.read_bytes()
    judge_run(run, settings)
    assert run.samples_file.read_bytes() == before


def test_a_failed_generation_is_not_judged(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(0), sample(1, error="too long", response="")])
    judge_run(run, settings)
    assert {row["key"] for row in table(run)} == {"k000"}


def test_a_reply_of_no_persona_is_not_judged(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(1), sample(2, persona="none")])
    judge_run(run, settings)
    assert {row["key"] for row in table(run)} == {"k001"}


def test_what_failed_is_asked_again_and_replaces_the_failure(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    run = make_run(tmp_path, [sample(n) for n in range(4)])
    server.script = lambda body, n: good(body) if n < 2 else api_error(429, "gone", "insufficient_quota")
    one = judge_settings("gpt-4o-mini", server.url, concurrency=1)
    outcome = judge_run(run, one)
    assert outcome.stop is not None
    assert sorted(row["status"] for row in table(run)) == ["ok"] * 8 + ["quota"] * 8
    server.script = good
    assert judge_run(run, one).complete
    assert {row["status"] for row in table(run)} == {"ok"}
    assert len(server.requests) == 5


def test_a_second_judge_gets_its_own_rows(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(0)])
    judge_run(run, settings)
    judge_run(run, judge_settings("gpt-6-luna", server.url))
    assert len({row["judge_id"] for row in table(run)}) == 2
    assert len(table(run)) == 8


def test_another_run_with_the_same_replies_buys_nothing(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    judge_run(make_run(tmp_path / "a", [sample(n) for n in range(3)]), settings)
    judge_run(make_run(tmp_path / "b", [sample(n, key=f"other{n}") for n in range(3)]), settings)
    assert len(server.requests) == 3


def test_stability_is_asked_once_at_the_end_of_a_dialogue(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    history = orjson.dumps(
        [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "ごきげんよう"}]
    ).decode()
    first = sample(0, item_id="script")
    last = sample(1, item_id="script", turn=1, history=history)
    run = make_run(tmp_path, [first, last])
    judge_run(run, settings)
    assert [row["key"] for row in table(run) if row["rubric"] == "stability"] == ["k001"]


def test_a_locked_run_is_refused(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(0)])
    with run.locked(), pytest.raises(RunLocked):
        judge_run(RunDirectory(run.path), settings)


def test_a_run_without_tables_says_how_to_go_on(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(0)])
    run.samples_file.unlink()
    with pytest.raises(UsageError, match="resume"):
        judge_run(run, settings)


def test_the_table_equals_that_of_an_uninterrupted_job(server: JudgeServer, tmp_path: Path) -> None:
    one = judge_settings("gpt-4o-mini", server.url, concurrency=1)
    rows = [sample(n % 7, key=f"k{n:03}") for n in range(30)]
    whole, broken = make_run(tmp_path / "a", rows), make_run(tmp_path / "b", rows)
    server.script = lambda body, n: good(body) if n < 4 else api_error(429, "gone", "insufficient_quota")
    judge_run(broken, one)
    server.script = good
    judge_run(broken, one)
    judge_run(whole, one)
    assert table(whole) == table(broken)
    assert len(server.requests) == 8


def test_duplicate_constant_and_long_outputs_are_flagged(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    rows = [sample(n, response="はい。") for n in range(6)] + [sample(9, response="とても長いですわ。" * 40)]
    run = make_run(tmp_path, rows)
    judge_run(run, settings)
    flags = {row["key"]: row["flags"] for row in table(run)}
    assert flags["k000"] == ["duplicate", "constant"]
    assert flags["k009"] == ["long"]


def test_the_length_adjusted_score_stands_beside_the_raw_one(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    rows = [sample(n, response="あ" * (10 + 3 * n)) for n in range(30)]

    def by_length(body: dict[str, Any], _: int) -> Answer:
        return good(
            body, score=min(7, 1 + body["messages"][1]["content"].rsplit("評価対象の返答", 1)[1].count("あ") // 15)
        )

    server.script = by_length
    run = make_run(tmp_path, rows)
    judge_run(run, settings)
    tone = [row for row in table(run) if row["criterion"] == "tone"]
    raw, adjusted = [row["score"] for row in tone], [row["score_adjusted"] for row in tone]
    assert max(raw) - min(raw) == 6
    assert max(adjusted) - min(adjusted) < 2.5


def test_the_sink_judges_while_others_work_and_never_blocks(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body))), delay=0.1)
    rows = [sample(n) for n in range(16)]
    run = make_run(tmp_path, rows)
    sink = JudgeSink(run, settings)
    started = time.monotonic()
    for row in rows:
        sink.submit(row)
    assert time.monotonic() - started < 1, "sixteen answers take longer one after the other"
    deadline = time.monotonic() + 60
    while not list(read_records(run.wal, "judge")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(read_records(run.wal, "judge")), "verdicts arrive before close"
    outcome = sink.close()
    assert outcome.complete
    compact_verdicts(run)
    assert len(table(run)) == 64
    assert not [thread for thread in threading.enumerate() if thread.name == "kikime-judge"]


def test_waiting_for_the_judge_is_told(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kikime.judges.runs.sink.FIRST_SIGN", 0.02)
    monkeypatch.setenv("KIKIME_LANG", "en")
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body))), delay=0.2)
    sink, said = JudgeSink(make_run(tmp_path, [sample(0)]), settings), list[str]()
    sink.submit(sample(0))
    assert sink.close(said.append).complete
    assert said[0].startswith(f"judge {settings.judge.id}: 0 of 1 reply judged")


def test_the_sink_continues_after_a_kill_without_buying_again(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path
) -> None:
    rows = [sample(n) for n in range(6)]
    run = make_run(tmp_path, rows)
    for part in (rows[:4], rows):
        sink = JudgeSink(run, settings)
        for row in part:
            sink.submit(row)
        sink.close()
    assert len(server.requests) == 6
    assert len(list(read_records(run.wal, "judge"))) == 24


def test_a_dead_judge_never_disturbs_the_run(server: JudgeServer, tmp_path: Path) -> None:
    server.script = lambda body, n: api_error(401, f"bad key {KEY}", "invalid_api_key")
    run = make_run(tmp_path, [sample(n) for n in range(3)])
    sink = JudgeSink(run, judge_settings("gpt-4o-mini", server.url, concurrency=1))
    for n in range(50):
        sink.submit(sample(n))
    outcome = sink.close()
    assert outcome.stop is not None
    assert len(server.requests) == 1
    everything = b"".join(path.read_bytes() for path in run.path.rglob("*") if path.is_file())
    assert KEY.encode() not in everything


def test_an_unwritable_cache_ends_judging_but_not_the_run(
    server: JudgeServer, settings: JudgeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    sink = JudgeSink(make_run(tmp_path, [sample(0)]), settings)
    sink.submit(sample(0))
    assert sink.close().stop is not None


def test_pairs_of_two_runs_are_joined_by_their_request(server: JudgeServer, tmp_path: Path) -> None:
    from kikime.judges.runs.materials import paired_subjects

    a = make_run(tmp_path / "a", [sample(n) for n in range(3)])
    b = make_run(tmp_path / "b", [sample(n, response="はい。", pair_key=f"p{n + 1:03}") for n in range(3)])
    pairs: list[Subject] = paired_subjects(a, b)
    assert [(pair.id, pair.rival) for pair in pairs] == [("p001", "はい。"), ("p002", "はい。")]


def test_a_session_over_a_run_watches_for_drift(server: JudgeServer, tmp_path: Path) -> None:
    run = make_run(tmp_path, [sample(n) for n in range(3)])
    settings = judge_settings("gpt-4o-mini", server.url, concurrency=32, sentinel=True)
    said: list[str] = []
    judge_run(run, settings, say=said.append)
    assert len(server.requests) == 63
    server.script = lambda body, n: good(body, score=6)
    judge_run(make_run(tmp_path / "b", [sample(9)]), settings, say=said.append)
    assert any("drifted" in sentence for sentence in said)
    report = json.loads((run.path / "judge.json").read_text(encoding="utf-8"))["sentinel"]
    assert report[0]["warning"] is None


def test_the_sentinel_set_can_be_left_out(server: JudgeServer, settings: JudgeSettings, tmp_path: Path) -> None:
    judge_run(make_run(tmp_path, [sample(0)]), settings)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["samples", "scores"])
@pytest.mark.parametrize("whole_footer", [True, False])
def test_a_broken_table_is_found_before_a_verdict_is_bought(
    tmp_path: Path, settings: JudgeSettings, server: JudgeServer, name: str, whole_footer: bool
) -> None:
    from tests.support.builders import IN_VOICE
    from tests.support.builders import make_run as measured_run

    run = measured_run(tmp_path, "a", IN_VOICE)
    path = run.path / f"{name}.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(200) + content[204:] if whole_footer else content[: len(content) // 2])
    with pytest.raises(UsageError, match="a table is broken") as caught:
        judge_run(run, settings)
    assert caught.value.hint is not None
    assert f"kikime resume {run.path}" in caught.value.hint
    assert server.requests == []


def test_pairs_with_a_broken_table_are_refused(tmp_path: Path) -> None:
    runs = [make_run(tmp_path, [sample(0)]) for _ in range(2)]
    runs[1].samples_file.write_bytes(b"PAR1")
    with pytest.raises(UsageError, match="a table is broken"):
        paired_subjects(*runs)
