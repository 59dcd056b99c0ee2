"""``status.json`` while a run works, and after it ended in one way or another."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from kikime.harness.core.errors import EngineFault
from kikime.harness.core.request import Reply, Sampling
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import execute, rebuild, start_run
from kikime.harness.run.status import StatusBoard
from kikime.harness.store.rundir import RunDirectory
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task
from tests.support.canned import Canned

REQUEST = SimpleNamespace(n_scored_tokens=0, candidates=[], sampling=Sampling(max_tokens=8))


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
    with board.session({"engine": "canned"}, 1.234):
        board(REQUEST, reply(tokens=7))
        board(REQUEST, reply(tokens=3))
    (session,) = written(board, run)["sessions"]
    assert session["engine"] == {"engine": "canned"}
    assert (session["load_seconds"], session["n_replies"], session["n_output_tokens"]) == (1.23, 2, 10)
    assert session["generate_seconds"] >= 0


def test_a_resumed_run_keeps_its_earlier_sessions(board, run):
    with board.session({"engine": "first"}, 1):
        board(REQUEST, reply())
    again = StatusBoard(run, planned=10, done=5)
    with again.session({"engine": "second"}, 2):
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


class AllAtOnce(Canned):
    """Generates for a while without a finished reply, then finishes all of them in one step."""

    def __init__(self, *, silent_steps: int = 3) -> None:
        super().__init__(lambda _: IN_VOICE)
        self.left = silent_steps
        self.seen: list[dict] = []
        self.run = None

    def poll(self) -> list[Reply]:
        if self.left:
            self.left -= 1
            return []
        return super().poll()

    def tokens_in_flight(self) -> int:
        return 40 * len(self.waiting)

    def _reply(self, request, found):
        return Reply(
            request.key, found, "length", n_prompt_tokens=len(request.token_ids), n_cached_tokens=16, n_output_tokens=50
        )


@pytest.fixture
def prepared():
    return prepare(resolve_checkpoint("demo:august"), make_materials([talk_task(8)]), EngineOptions())


def test_every_token_counts_where_all_replies_finish_in_one_step(prepared, tmp_path):
    run = start_run(prepared, tmp_path, "once")
    summary = execute(run, prepared, engine=AllAtOnce())
    [session] = run.sessions()
    assert session.n_output_tokens == 16 * 50 == summary.counts["output_tokens"]
    assert summary.perf.output_tokens_per_second == pytest.approx(800 / summary.perf.generate_seconds)
    assert session.n_prompt_tokens == prepared.n_prompt_tokens - 16 * 16
    assert session.max_output_tokens == prepared.max_output_tokens


def test_tables_and_summary_take_none_of_the_time_of_generating(prepared, tmp_path, monkeypatch):
    run = start_run(prepared, tmp_path, "timed")
    clock = iter(range(10_000))
    monkeypatch.setattr("kikime.harness.run.status.time.monotonic", lambda: float(next(clock)))
    execute(run, prepared, engine=AllAtOnce())
    before = run.sessions()[0].generate_seconds
    rebuild(run)
    assert run.sessions()[0].generate_seconds == before == run.summary().perf.generate_seconds


def test_a_resumed_run_adds_a_session_with_all_of_its_tokens(prepared, tmp_path):
    run = start_run(prepared, tmp_path, "twice")

    class Dies(AllAtOnce):
        window = 6

        def poll(self):
            if len(self.waiting) == 6 and self.left == 0:
                replies = super().poll()
                self.left = -1
                return replies
            if self.left == -1:
                raise KeyboardInterrupt
            return super().poll()

    with pytest.raises(KeyboardInterrupt):
        execute(run, prepared, engine=Dies(silent_steps=0))
    summary = execute(run, prepared, engine=AllAtOnce())
    first, second = run.sessions()
    assert (first.n_replies, second.n_replies) == (6, 10)
    assert summary.perf.sessions == 2
    assert first.n_output_tokens + second.n_output_tokens == 800


def test_the_status_beats_and_counts_tokens_before_the_first_reply(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("kikime.harness.run.runner._STEP_SECONDS", 0.0)
    run = start_run(prepared, tmp_path, "silent")
    heard = []

    def on_step(tokens):
        run._status_written = 0.0
        heard.append((tokens, run.status()["done"]))

    execute(run, prepared, engine=AllAtOnce(), on_step=on_step)
    assert heard[0] == (16 * 40, 0)


def test_scored_requests_count_all_candidates(tmp_path):
    from kikime.workflows.plan import choose_materials

    materials = choose_materials("icl", limit=1, shots=[2])
    planned = prepare(resolve_checkpoint("demo:august"), materials, EngineOptions())
    run = start_run(planned, tmp_path, "scored")

    class Scores(Canned):
        def _reply(self, request, found):
            return Reply(request.key, "", "stop", logprobs=[-1.0] * len(request.candidates))

    execute(run, planned, engine=Scores(lambda _: ""))
    [session] = run.sessions()
    assert session.n_scored_tokens == planned.n_scored_tokens == planned.n_prompt_tokens
    assert planned.max_output_tokens == session.max_output_tokens == 0
    requests = list(planned.spool)
    assert {len(request.candidates) for request in requests} == {4}
    assert planned.n_scored_tokens == sum(len(c.token_ids) for r in requests for c in r.candidates)
