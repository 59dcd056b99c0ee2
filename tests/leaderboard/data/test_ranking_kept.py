"""How long a ranking is kept, and what makes it old: without computing one."""

import os
import shutil

import msgspec
import pytest

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.ranking.records import ExcludedRow
from kikime.harness.reports.ranking.records import Ranking as Result
from kikime.leaderboard.data import ranking as module
from kikime.leaderboard.data.index import Index, cache_folder
from kikime.leaderboard.data.ranking import ranking


@pytest.fixture
def asked(store, monkeypatch):
    """What was ranked so far; every ranking is a new one."""
    calls = []

    def rank(runs, ids, suite, judge):
        calls.append((sorted(ids), suite, judge))
        return Result(version=str(len(calls)), suite=suite, judge=judge, seed=0, n_resamples=0)

    monkeypatch.setattr(module, "_rank", rank)
    return calls


def touched(path):
    os.utime(path, (1, 1))


def test_the_same_runs_are_ranked_once(store, asked):
    assert [ranking(Index(store)).result.version for _ in range(3)] == ["1", "1", "1"]
    assert asked == [(sorted(path.name for path in store.iterdir()), None, None)]


@pytest.mark.parametrize("other", [{"suite": "quick"}, {"judge": "judge-a"}, {"suite": "quick", "judge": "judge-a"}])
def test_another_question_has_another_ranking(store, asked, other):
    ranking(Index(store))
    assert ranking(Index(store), **other).result.version == "2"
    assert ranking(Index(store)).result.version == "1"
    assert asked[1][1:] == (other.get("suite"), other.get("judge"))


def test_a_new_verdict_makes_a_ranking_old(store, asked):
    ranking(Index(store))
    touched(next(store.glob("*/judge.parquet")))
    assert ranking(Index(store)).result.version == "2"


def test_a_new_summary_makes_a_ranking_old(store, asked):
    ranking(Index(store))
    touched(next(store.glob("*/summary.json")))
    assert ranking(Index(store)).result.version == "2"


def test_a_run_that_is_gone_is_ranked_no_longer(store, asked):
    ranking(Index(store))
    gone = next(store.iterdir())
    shutil.rmtree(gone)
    ranking(Index(store))
    assert gone.name not in asked[1][0]


def test_other_files_of_a_run_leave_a_ranking_as_it_is(store, asked):
    ranking(Index(store))
    run = next(store.iterdir())
    (run / "annotations.jsonl").write_text("{}\n")
    touched(run / "manifest.json")
    assert ranking(Index(store)).result.version == "1"


def test_runs_without_a_summary_are_not_ranked(store, asked):
    broken = next(store.iterdir())
    (broken / "summary.json").write_text("{")
    ranking(Index(store))
    assert broken.name not in asked[0][0]


def test_areas_that_were_changed_make_a_ranking_old(store, asked, monkeypatch):
    ranking(Index(store))
    changed = type("Areas", (), {"hash": "another"})
    monkeypatch.setattr(module, "load_areas", lambda: changed)
    assert ranking(Index(store)).result.version == "2"


def test_only_a_few_rankings_are_kept(store, asked, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 4)
    for number in range(7):
        ranking(Index(store), suite=f"suite{number}")
    assert len(list(cache_folder().glob("ranking-*.json"))) == module._KEPT
    assert ranking(Index(store), suite="suite6").result.version == "7"
    assert ranking(Index(store), suite="suite0").result.version == "8"


def test_a_folder_without_runs_is_ranked_too(asked, tmp_path):
    assert ranking(Index(tmp_path / "nowhere")).result.rows == []
    assert asked == [([], None, None)]


def test_more_runs_than_the_server_ranks_itself_go_to_another_process(store, asked, monkeypatch):
    apart = []
    monkeypatch.setattr(module, "MANY", 2)
    monkeypatch.setattr(module, "_rank_apart", lambda *given: apart.append(given) or module.EMPTY)
    ranking(Index(store))
    assert len(apart) == 1
    assert asked == []


def test_another_process_that_fails_is_done_without(store, asked, monkeypatch):
    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    ids = [path.name for path in store.iterdir()]
    assert module._rank_apart(store, ids, None, None).version == "1"


def test_a_cache_that_cannot_be_written_costs_time_only(store, asked, monkeypatch):
    cache_folder().parent.mkdir(parents=True, exist_ok=True)
    index = Index(store)
    shutil.rmtree(cache_folder(), ignore_errors=True)
    cache_folder().write_text("a file where a folder should be")
    assert [ranking(index).result.version for _ in range(2)] == ["1", "2"]


def test_an_error_of_a_ranking_is_not_kept(store, monkeypatch):
    failed = []

    def rank(*_):
        failed.append(1)
        raise RuntimeError("no")

    monkeypatch.setattr(module, "_rank", rank)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            ranking(Index(store))
    assert len(failed) == 2


def test_what_was_kept_is_what_was_computed(store, monkeypatch):
    excluded = [ExcludedRow(run="r", name="月", reason="古い", reason_codes=[Reason("old", {"n": 3})])]
    computed = Result(version="v", suite="s", judge=None, seed=7, n_resamples=5, excluded=excluded)
    monkeypatch.setattr(module, "_rank", lambda *_: computed)
    ranking(Index(store))
    module._loaded.cache_clear()
    assert msgspec.to_builtins(ranking(Index(store)).result) == msgspec.to_builtins(computed)
