"""A run of the suite ``quick`` whose every due verdict is there: whoever ranks with the judge must rank it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kikime.harness.store.rundir import RunDirectory, list_runs
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import load_suite
from kikime.judges.jobs.session import judge_settings
from kikime.judges.runs.run_job import judge_run
from kikime.judges.verdicts.rubric import load_rubric
from tests.support.builders import IN_VOICE, invoke, make_run
from tests.support.judge_server import KEY, JudgeServer


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The suite's tasks in one format and by one character, every verdict bought; the store and the judge's id."""
    runs = tmp_path_factory.mktemp("judged")
    suite = load_suite("quick").model_copy(update={"formats": ("alpaca",), "personas": ("ojousama",)})
    run = make_run(runs / "runs", "quick-run", IN_VOICE, materials=gather_materials(suite, load_rubric))
    server = JudgeServer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(runs / "cache"))
        patch.setenv("OPENAI_API_KEY", KEY)
        settings = judge_settings("gpt-4o-mini", server.url)
        assert judge_run(run, settings).complete
    server.close()
    return runs / "runs", settings.judge.id


def test_a_judge_that_scored_all_that_was_due_ranks(judged: tuple[Path, str]) -> None:
    runs, judge = judged
    [run] = list_runs(runs)
    summary = run.summary()
    assert summary is not None
    criteria = {row.criterion: row.coverage for row in summary.judge}
    assert len(criteria) == 6, "tasks of the suite declare three rubrics of 4, 1 and 1 criteria"
    assert set(criteria.values()) == {1.0}
    [row] = json.loads(invoke(runs, "rank", "--judge", judge, "--json").stdout)["rows"]
    assert row["run"] == run.id


def test_the_boards_choice_of_a_judge_ranks(
    judged: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kikime.leaderboard.data.index import Index
    from kikime.leaderboard.data.ranking import ranking
    from tests.support.app import frames, opened

    runs, judge = judged
    monkeypatch.setenv("KIKIME_RUNS", str(runs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KIKIME_LANG", "ja")
    ranking(Index(runs), judge=judge)
    table = frames(opened("board", by=judge))[0]
    assert list(table["モデル"]) == ["quick-run"]
    assert list(table["順位"]) == [1]


def test_replies_without_their_verdict_are_counted_by_criterion(judged: tuple[Path, str], tmp_path: Path) -> None:
    from kikime.harness.reports.ranking.rank import rank

    runs, judge = judged
    shutil.copytree(runs, tmp_path / "runs")
    [run] = list_runs(tmp_path / "runs")
    lose_verdicts(run, "tone", keep=0.9)
    [left] = rank([run], judge=judge, language="en").unranked
    assert left.reason_codes[0].values["criterion"] == "character_v1.tone"
    assert "that character_v1.tone is due for" in left.reason


def lose_verdicts(run: RunDirectory, criterion: str, *, keep: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pq.read_table(run.judge_file).to_pylist()
    own = [row for row in rows if row["criterion"] == criterion]
    lost = {row["judge_key"] for row in own[int(keep * len(own)) :]}
    kept = [row for row in rows if row["criterion"] != criterion or row["judge_key"] not in lost]
    pq.write_table(pa.Table.from_pylist(kept, schema=pq.read_schema(run.judge_file)), run.judge_file)
