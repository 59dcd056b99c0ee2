"""``status.json`` while a run works, and after it ended in one way or another."""

from __future__ import annotations

import msgspec
import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.request import Reply
from kikime.harness.run.status import StatusBoard
from kikime.harness.store.rundir import RunDirectory
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task


@pytest.fixture
def run(tmp_path):
    return RunDirectory.create(tmp_path, "月")


@pytest.fixture
def board(run):
    return StatusBoard(run, planned=10, done=4)


def reply(error=None, tokens=5):
    return Reply(key="k", text="", finish_reason="stop", error=error, n_output_tokens=tokens)


def written(board, run):
    board._write()
    return run.status()


def test_a_run_begins_with_what_is_there_already(board, run):
    status = run.status()
    assert (status["state"], status["planned"], status["done"], status["errors"]) == ("running", 10, 4, 0)


def test_replies_and_failures_are_counted(board, run):
    for error in (None, "too long", None):
        board(None, reply(error))
    status = written(board, run)
    assert (status["done"], status["errors"]) == (7, 1)


def test_a_session_tells_its_engine_and_its_speed(board, run):
    board.describe_engine({"engine": "canned"}, 1.234)
    board(None, reply(tokens=7))
    board(None, reply(tokens=3))
    (session,) = written(board, run)["sessions"]
    assert session["engine"] == {"engine": "canned"}
    assert (session["load_seconds"], session["n_replies"], session["n_output_tokens"]) == (1.23, 2, 10)
    assert session["generate_seconds"] >= 0


def test_a_resumed_run_keeps_its_earlier_sessions(board, run):
    board.describe_engine({"engine": "first"}, 1)
    board(None, reply())
    written(board, run)
    again = StatusBoard(run, planned=10, done=5)
    again.describe_engine({"engine": "second"}, 2)
    assert [session["engine"]["engine"] for session in written(again, run)["sessions"]] == ["first", "second"]


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (KeyboardInterrupt(), "interrupted", "interrupted"),
        (EngineFault("out of memory\nat line 3"), "failed", "out of memory"),
        (ValueError(), "failed", "ValueError()"),
        (SystemExit(1), "failed", "1"),
    ],
)
def test_why_a_run_ended_is_written_down_and_passed_on(board, run, error, state, reason):
    with pytest.raises(type(error)), board.reported():
        raise error
    assert (run.status()["state"], run.status()["reason"]) == (state, reason)


def test_a_disk_that_is_full_hides_no_error(board, run, monkeypatch):
    from kikime.harness.core.errors import DiskFull

    def full(*_, **__):
        raise DiskFull("full")

    monkeypatch.setattr(RunDirectory, "write_status", full)
    with pytest.raises(EngineFault, match="died"), board.reported():
        raise EngineFault("died")


def test_a_finished_run_has_the_counts_of_its_summary(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE, materials=make_materials([talk_task(3)], personas=["bushi"]))
    board = StatusBoard(run, planned=3, done=0)
    with pytest.raises(EngineFault), board.reported():
        raise EngineFault("died")
    board.finish(run.summary())
    status = run.status()
    assert (status["state"], status["done"], status["errors"]) == ("complete", 3, 0)
    assert "reason" not in status


def test_a_summary_that_counts_errors_says_so_in_the_status(tmp_path):
    run = make_run(tmp_path, "a", lambda _: None, materials=make_materials([talk_task(2)], personas=["bushi"]))
    StatusBoard(run, planned=2, done=2).finish(msgspec.structs.replace(run.summary()))
    assert run.status()["errors"] == 2
