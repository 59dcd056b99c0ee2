import os
import subprocess
import sys

import msgspec
import pytest

from kikime.harness.reports.ranking.rank import rank
from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data import ranking
from kikime.leaderboard.data.index import Index, cache_folder
from tests.support.app import meant, measured


@pytest.fixture
def ids(store):
    return [entry.id for entry in Index(store).entries()]


def encoded(result):
    return msgspec.json.encode(result)


def test_many_runs_are_ranked_in_another_process_with_the_same_result(store, ids, monkeypatch):
    here = ranking._rank(store, ids, None, None)
    monkeypatch.setattr(ranking, "_rank", lambda *_: pytest.fail("the other process did not answer"))
    assert encoded(ranking._rank_apart(store, ids, None, None)) == encoded(here)


def test_modules_of_the_working_folder_are_not_taken_for_ours(store, ids, tmp_path, monkeypatch):
    for name in ("harness", "tasks", "leaderboard", "data", "kikime", "msgspec"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(f'{__name__} of the working folder was imported')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ranking, "_rank", lambda *_: pytest.fail("the other process did not answer"))
    assert {row.run for row in ranking._rank_apart(store, ids, None, None).rows} <= set(ids)


def test_a_ranking_is_kept_until_a_run_changes(store, monkeypatch):
    index = Index(store)
    first = ranking.ranking(index).result
    asked = []
    monkeypatch.setattr(ranking, "_compute", lambda *given: asked.append(given) or ranking.EMPTY)
    assert encoded(ranking.ranking(index).result) == encoded(first)
    assert asked == []
    summary = store / index.entries()[0].id / "summary.json"
    os.utime(summary, (1, 1))
    assert ranking.ranking(index).result is ranking.EMPTY
    assert len(asked) == 1


def test_a_page_that_does_not_wait_gets_an_empty_ranking_first(store):
    found = ranking.ranking(Index(store), patience=0)
    assert found.ready or found.result.rows == []
    assert ranking.ranking(Index(store)).ready


def test_a_broken_file_of_the_cache_is_computed_again(store):
    first = ranking.ranking(Index(store)).result
    for path in cache_folder().glob("ranking-*.json"):
        path.write_bytes(b"{")
    assert encoded(ranking.ranking(Index(store)).result) == encoded(first)


def test_the_other_process_reads_its_question_from_stdin(store, ids):
    asked = msgspec.json.encode([str(store), ids, None, None])
    command = [sys.executable, "-P", "-m", ranking.__name__]
    done = subprocess.run(command, input=asked, capture_output=True, check=True, env=ranking._environment())
    assert {row["run"] for row in msgspec.json.decode(done.stdout)["rows"]} <= set(ids)


def test_a_slice_of_everything_is_the_ranking_itself(store):
    runs = [RunDirectory(path) for path in sorted(store.iterdir())]
    whole = rank(runs)
    same = rank(runs, within={"persona": ["bushi", "ojousama"], "format": []})
    assert [encoded(row) for row in same.rows] == [encoded(row) for row in whole.rows]


def test_a_slice_measures_its_own_replies_and_those_alone(store):
    runs = {path.name: RunDirectory(path) for path in store.iterdir()}
    found = rank(list(runs.values()), within={"persona": ["bushi"], "shots": ["0"]})
    assert found.rows
    for row in found.rows:
        replies = measured(runs[row.run])
        own = replies[(replies["persona"] == "bushi") & (replies["shots"] == 0)]
        assert row.n_replies == len(own)
        assert row.critical_failure_rate == pytest.approx(meant(own, "critical_failure"))
    assert {row.run for row in found.unranked} == {row.run for row in rank(list(runs.values())).unranked}


def test_a_slice_without_replies_ranks_nobody(store):
    assert rank([RunDirectory(path) for path in store.iterdir()], within={"persona": ["nobody"]}).rows == []
