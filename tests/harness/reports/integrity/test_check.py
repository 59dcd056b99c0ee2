"""Every part of a run, damaged in turn: what verify says of it, and that resume mends what can be mended."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from kikime.harness.core.request import Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.reports.integrity.check import verify_run
from kikime.harness.run.execute import execute, rebuild, start_run
from kikime.harness.store.rundir import RunDirectory, find_run
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from tests.support.builders import IN_VOICE, add_verdicts, make_run
from tests.support.canned import Canned

Damage = Callable[[RunDirectory], None]


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return make_run(tmp_path / "runs", "august", IN_VOICE)


def codes(run: RunDirectory) -> set[str]:
    return {finding.what.code.removeprefix("verify_") for finding in verify_run(run).findings}


def segment(run: RunDirectory) -> Path:
    [path] = run.wal.glob("gen-*.jsonl")
    return path


def rewrite(path: Path, change: Callable[[dict], None]) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def rewrite_table(path: Path, change: Callable[[list[dict]], list[dict]]) -> None:
    table = pq.read_table(path)
    pq.write_table(table.from_pylist(change(table.to_pylist()), schema=table.schema), path)


def test_a_whole_run_is_whole(run: RunDirectory) -> None:
    found = verify_run(run)
    assert (found.ok, found.findings) == (True, [])
    assert found.checked.log_lines == found.checked.replies == found.checked.sample_rows > 0
    assert found.checked.score_rows > found.checked.sample_rows


def test_a_torn_last_line_is_a_note(run: RunDirectory) -> None:
    path = segment(run)
    path.write_bytes(path.read_bytes()[:-5])
    found = verify_run(run)
    assert {f.what.code for f in found.findings if f.state == "note"} >= {"verify_torn", "verify_unfinished"}


def test_any_flipped_bit_of_the_log_is_seen(run: RunDirectory) -> None:
    path, chance = segment(run), random.Random(7)
    whole = path.read_bytes()
    for _ in range(20):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        assert codes(run) & {"broken_lines", "torn"}


def test_a_line_that_was_logged_twice_is_seen(run: RunDirectory) -> None:
    path = segment(run)
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    assert codes(run) == {"doubled"}


def test_an_error_that_was_asked_again_is_no_double(tmp_path: Path) -> None:
    answers: list[str | None] = [None]
    run = make_run(tmp_path / "runs", "august", lambda _: answers.pop() if answers else IN_VOICE)
    line = orjson.loads(segment(run).read_bytes().splitlines()[0])
    assert line["error"]
    again = {**line, "error": None, "response": IN_VOICE}
    del again["crc"]
    segment(run).with_name("gen-z.jsonl").write_bytes(orjson.dumps(again) + b"\n")
    assert "doubled" not in codes(run)


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("samples_file", lambda rows: rows[1:], "rows_missing"),
        ("samples_file", lambda rows: [*rows, rows[0]], "rows_twice"),
        ("samples_file", lambda rows: [rows[0] | {"response": "別の返答"}, *rows[1:]], "rows_changed"),
        ("samples_file", lambda rows: [*rows, rows[0] | {"key": "nobody"}], "rows_strange"),
        ("scores_file", lambda rows: [row for row in rows if row["key"] != rows[0]["key"]], "rows_missing"),
        ("scores_file", lambda rows: rows[1:], "rows_changed"),
        ("scores_file", lambda rows: [rows[0], *rows], "rows_twice"),
        ("scores_file", lambda rows: [rows[0] | {"value": 0.123}, *rows[1:]], "rows_changed"),
    ],
)
def test_a_table_that_is_not_the_log_is_seen_and_mended(run: RunDirectory, name: str, change, code: str) -> None:
    rewrite_table(getattr(run, name), change)
    assert code in codes(run)
    rebuild(run)
    assert codes(run) == set()


def test_a_flipped_bit_of_a_table_is_seen(run: RunDirectory) -> None:
    chance = random.Random(3)
    whole = run.scores_file.read_bytes()
    rows = pq.read_table(run.scores_file).to_pylist()
    for _ in range(20):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        run.scores_file.write_bytes(damaged)
        assert not verify_run(run).ok or pq.read_table(run.scores_file).to_pylist() == rows


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda run: cut(run.samples_file), "table_broken"),
        (lambda run: cut(run.summary_file), "summary_broken"),
        (lambda run: run.summary_file.unlink(), "no_summary"),
        (lambda run: run.scores_file.unlink(), "no_tables"),
        (lambda run: rewrite(run.summary_file, lambda s: s["counts"].update(done=3)), "summary_differs"),
        (
            lambda run: rewrite(run.summary_file, lambda s: s["metrics"]["length_fit"].update(mean=0.5)),
            "summary_differs",
        ),
    ],
)
def test_a_damaged_table_or_summary_is_seen_and_mended(run: RunDirectory, damage: Damage, code: str) -> None:
    damage(run)
    assert code in codes(run)
    rebuild(run)
    assert codes(run) == set()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda run: cut(run.manifest_file), "manifest_broken"),
        (lambda run: rewrite(run.manifest_file, lambda m: m["plan"].update(hash="1")), "manifest_changed"),
        (lambda run: rewrite(run.manifest_file, lambda m: m.update(name="september")), "manifest_changed"),
    ],
)
def test_a_manifest_that_was_changed_is_seen(run: RunDirectory, damage: Damage, code: str) -> None:
    damage(run)
    assert code in codes(run)


def test_a_verdict_whose_reply_is_missing_is_seen(run: RunDirectory) -> None:
    add_verdicts(run, lambda _: 5)
    rebuild(run)
    assert codes(run) == set()
    rewrite_table(run.judge_file, lambda rows: [*rows, rows[0] | {"key": "nobody"}])
    assert "verdicts_orphans" in codes(run)


def test_a_verdict_that_stands_twice_is_seen(run: RunDirectory) -> None:
    add_verdicts(run, lambda _: 5)
    rewrite_table(run.judge_file, lambda rows: [rows[0], *rows])
    assert "verdicts_twice" in codes(run)


def test_a_run_without_its_log_is_checked_by_its_tables(run: RunDirectory) -> None:
    segment(run).unlink()
    assert codes(run) == {"no_log"}
    rewrite_table(run.scores_file, lambda rows: [rows[0] | {"value": 7.0}, *rows[1:]])
    assert codes(run) == {"no_log", "summary_differs"}


def test_every_fault_says_what_to_do(run: RunDirectory) -> None:
    cut(run.samples_file)
    for finding in verify_run(run).findings:
        assert finding.mend.code.startswith("mend_")


def test_a_run_of_the_first_version_is_whole(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(Path(__file__).parents[3] / "journeys" / "run-0.1.0.zip") as archive:
        archive.extractall(tmp_path)
    run = find_run(str(next(tmp_path.rglob("manifest.json")).parent), tmp_path)
    assert [finding for finding in verify_run(run).findings if finding.file != "summary.json"] == []


@pytest.fixture
def spoken(tmp_path: Path) -> RunDirectory:
    """Two dialogues with a user model, which breaks off the one of them."""
    bank = Path(__file__).parents[2] / "run" / "two_scenes.yaml"
    materials = gather_materials(Suite(id="tiny", tasks=[str(bank)], personas=["ojousama"], formats=["alpaca"]))
    prepared = prepare(resolve_checkpoint("demo:august"), materials, EngineOptions(user_model="self"))
    run = start_run(prepared, tmp_path / "runs", "spoken")
    broken = materials.tasks["two_scenes"].items[0].id
    execute(run, prepared, engine=Canned(lambda request: says(request, broken)))
    return run


def says(request: Request, broken: str) -> str:
    if request.speaker == "character":
        return IN_VOICE
    return "" if request.item_id == broken and request.turn == 4 else f"第{request.turn}の話をしてくれませんか？"


def test_the_lines_of_a_user_model_are_checked_too(spoken: RunDirectory) -> None:
    found = verify_run(spoken)
    assert found.findings == []
    assert found.checked.user_lines == pq.read_table(spoken.lines_file).num_rows == 4 + 9
    assert found.checked.log_lines == found.checked.replies + found.checked.user_lines


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[1:], "lines_missing"),
        (lambda rows: [*rows, rows[0]], "lines_twice"),
        (lambda rows: [rows[0] | {"line": "別の話"}, *rows[1:]], "lines_changed"),
        (lambda rows: [*rows, rows[0] | {"key": "nobody"}], "lines_strange"),
    ],
)
def test_a_table_of_user_lines_that_is_not_the_log_is_seen_and_mended(spoken: RunDirectory, change, code: str) -> None:
    rewrite_table(spoken.lines_file, change)
    assert codes(spoken) == {code}
    rebuild(spoken)
    assert codes(spoken) == set()


def test_a_missing_table_and_a_broken_log_of_user_lines_are_seen(spoken: RunDirectory) -> None:
    spoken.lines_file.unlink()
    assert codes(spoken) == {"no_tables"}
    rebuild(spoken)
    [path] = spoken.wal.glob("user-*.jsonl")
    path.write_bytes(b"?" + path.read_bytes())
    assert "broken_lines" in codes(spoken)
