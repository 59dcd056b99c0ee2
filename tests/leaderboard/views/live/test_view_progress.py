"""How far a run is, from whatever its status file says."""

from datetime import UTC, datetime, timedelta

import pytest

from kikime.harness.store.rundir import RunDirectory, write_json
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.views.live import view

T = Translator("ja")
RESUME = "kikime resume 20261128T000000Z-x-000001 --runs /runs"


def ago(seconds):
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def shown(visit, tmp_path, monkeypatch):
    """Draw the progress of a run of this status."""

    def shown(*, alive=True, **status):
        monkeypatch.setattr(RunDirectory, "is_worked_on", lambda _: alive)
        run = RunDirectory(tmp_path / "20261128T000000Z-x-000001")
        run.path.mkdir(exist_ok=True)
        write_json(run.path / "status.json", status)
        drawn = visit()
        monkeypatch.setenv("KIKIME_RUNS", "/runs")
        view._progress(T, run.id, run)
        return drawn

    return shown


def test_progress_is_what_is_done_of_what_is_planned(shown):
    drawn = shown(state="running", planned=2_000, done=500, errors=3, heartbeat=ago(1))
    (bar,) = drawn.said("progress")
    assert "500" in bar
    assert "2,000" in bar
    assert "25.0" in bar
    assert any("3" in text for text in drawn.said("text"))
    assert drawn.said("warning") == []
    assert drawn.links == [("samples", {"run": "20261128T000000Z-x-000001"})]


@pytest.mark.parametrize("status", [{}, {"planned": 0, "done": 0}, {"planned": -5, "done": "x"}, {"planned": None}])
def test_a_status_that_says_nothing_is_nothing_done(shown, status):
    drawn = shown(state="planned", **status)
    assert "0.0" in drawn.said("progress")[0]
    assert drawn.links == []


def test_a_run_that_fell_silent_is_not_resumed_while_somebody_holds_it(shown):
    drawn = shown(state="running", planned=10, done=5, heartbeat=ago(view.SILENT + 5))
    assert drawn.said("warning") == [T("live.silent")]
    assert drawn.said("code") == []


def test_a_killed_run_says_so_at_once_and_how_to_go_on(shown):
    sessions = [{"generate_seconds": 10, "n_output_tokens": 100, "n_replies": 5}]
    drawn = shown(alive=False, state="running", planned=10, done=5, heartbeat=ago(1), sessions=sessions)
    assert any("途中で停止" in text for text in drawn.said("text"))
    assert not any("残り" in text for text in drawn.said("text"))
    assert drawn.said("code") == [RESUME]


@pytest.mark.parametrize("state", ["interrupted", "failed"])
def test_a_run_that_stopped_says_why_and_how_to_go_on(shown, state):
    drawn = shown(state=state, planned=10, done=5, reason="<b>out of memory</b>")
    assert "<b>out of memory</b>" in drawn.said("text")
    assert drawn.said("code") == [RESUME]
    assert drawn.said("warning") == []


def test_an_unknown_state_is_shown_as_it_is(shown):
    assert any("dreaming" in text for text in shown(state="dreaming").said("text"))


def speed(**session):
    return view._speed(T, {"sessions": [{"generate_seconds": 1.0}, session]}, 90)


def test_the_speed_is_that_of_the_last_session():
    assert speed(generate_seconds=10, n_output_tokens=5_000, n_replies=10) == T("live.speed", tokens="500", minutes="2")


@pytest.mark.parametrize(
    "session",
    [
        {},
        {"generate_seconds": 0, "n_replies": 3},
        {"generate_seconds": -1, "n_replies": 3},
        {"generate_seconds": 3, "n_replies": 0},
        {"generate_seconds": "fast", "n_replies": 3},
    ],
)
def test_without_time_or_replies_there_is_no_speed(session):
    assert speed(**session) == ""


@pytest.mark.parametrize("sessions", [None, [], "x", [None], ["x"], {}])
def test_sessions_that_cannot_be_read_have_no_speed(sessions):
    assert view._speed(T, {"sessions": sessions}, 1) == ""


@pytest.mark.parametrize("heartbeat", [None, "", "?", "2026-13-01", "2026-11-28T00:00:00", 3])
def test_a_heartbeat_that_is_no_time_says_nothing(heartbeat):
    assert view._silence(heartbeat) is None


def test_silence_is_never_negative_and_follows_the_zone():
    assert view._silence(ago(-60)) == 0.0
    tokyo = (datetime.now(UTC) - timedelta(seconds=30)).astimezone(datetime.now().astimezone().tzinfo)
    assert view._silence(tokyo.isoformat()) == pytest.approx(30, abs=5)


def test_a_run_that_is_continued_is_under_way_again(store, runs):
    run = runs["アイネス-8月"]
    assert not view._again(run.id)
    run.write_status({"state": "running", "planned": 9, "done": 8})
    assert view._again(run.id)
    assert not view._again("nothing")


def test_the_page_lists_what_is_under_way_and_nothing_else(visit, broken_store, monkeypatch):
    drawn = visit()
    monkeypatch.setenv("KIKIME_RUNS", str(broken_store))
    view.show.__wrapped__()
    assert [text for text in drawn.said("text") if text.startswith("2099")] == ["20990101T000000Z-half-000006"]
