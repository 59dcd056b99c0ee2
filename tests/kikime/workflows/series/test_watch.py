"""Watching a training run: each checkpoint once, whatever happens in between."""

from __future__ import annotations

import threading
import time

import pytest

import kikime
from kikime.harness.store.rundir import list_runs
from kikime.workflows.listener import Listener
from tests.support import canned_engine
from tests.support.training import ASKED, adapter, checkpoint


class Heard(Listener):
    def __init__(self):
        self.told = []

    def tell(self, code, **values):
        self.told.append((code, values))

    def codes(self):
        return [code for code, _ in self.told]


def seen(tmp_path, engine, **more):
    """Names and steps of what one look finds."""
    found = kikime.watch(
        tmp_path / "out", once=True, every=0.01, runs=tmp_path / "runs", engine=engine, **{**ASKED, **more}
    )
    return [(run.name, run.summary.series.step) for run in found]


def test_every_checkpoint_is_benchmarked_once_in_the_order_of_steps(tmp_path, engine):
    for step in (200, 1000):
        checkpoint(tmp_path / "out" / f"checkpoint-{step}", seed=step)
    assert seen(tmp_path, engine) == [("out-200", 200), ("out-1000", 1000)]
    series = [run.manifest()["series"] for run in list_runs(tmp_path / "runs")]
    assert sorted(series, key=lambda one: one["step"]) == [{"name": "out", "step": 200}, {"name": "out", "step": 1000}]
    loaded = list(canned_engine.loaded)
    assert loaded == ["checkpoint-200", "-checkpoint-200", "checkpoint-1000", "-checkpoint-1000"]
    assert seen(tmp_path, engine) == [("out-200", 200), ("out-1000", 1000)]
    assert canned_engine.loaded == loaded
    assert len(list_runs(tmp_path / "runs")) == 2


def test_other_questions_are_another_run(tmp_path, engine):
    checkpoint(tmp_path / "out" / "checkpoint-1")
    seen(tmp_path, engine)
    assert seen(tmp_path, engine, limit=2, name="ojou-sft") == [("ojou-sft-1", 1)]
    assert len(list_runs(tmp_path / "runs")) == 2


def test_a_killed_run_is_gone_on_with(tmp_path, engine):
    checkpoint(tmp_path / "out" / "checkpoint-1")
    seen(tmp_path, engine)
    [run] = list_runs(tmp_path / "runs")
    for file in (run.summary_file, run.samples_file, run.scores_file):
        file.unlink()
    run.write_status({"state": "running", "planned": 3, "done": 3, "errors": 0})
    assert seen(tmp_path, engine) == [("out-1", 1)]
    assert [run.path for run in list_runs(tmp_path / "runs")] == [run.path]
    assert run.is_complete()


def test_adapters_of_one_base_share_an_engine(tmp_path, engine):
    for step in (1, 2, 3):
        adapter(tmp_path / "out" / f"checkpoint-{step}", reply=f"返答{step}", seed=step)
    found = list(kikime.watch(tmp_path / "out", once=True, every=0.01, runs=tmp_path / "runs", engine=engine, **ASKED))
    assert [run.samples["response"].unique().tolist() for run in found] == [["返答1"], ["返答2"], ["返答3"]]
    assert canned_engine.loaded == ["august+checkpoint-1", "-august+checkpoint-1"]
    assert canned_engine.adapters == [f"august+checkpoint-{step}" for step in (1, 2, 3)]


def test_one_that_does_not_load_stops_nothing(tmp_path, engine):
    checkpoint(tmp_path / "out" / "broken-1", seed=1)
    checkpoint(tmp_path / "out" / "checkpoint-2", seed=2)
    heard = Heard()
    found = kikime.watch(
        tmp_path / "out", once=True, every=0.01, runs=tmp_path / "runs", engine=engine, progress=heard, **ASKED
    )
    assert next(found).name == "out-2"
    with pytest.raises(kikime.PartialResult, match="1 checkpoints could not"):
        next(found)
    assert ("series_failed", {"name": "broken-1", "why": "it does not load"}) in heard.told


def test_what_is_not_whole_is_told_and_left(tmp_path, engine):
    checkpoint(tmp_path / "out" / "checkpoint-1")
    (checkpoint(tmp_path / "out" / "checkpoint-2") / "model.safetensors").unlink()
    heard = Heard()
    assert seen(tmp_path, engine, progress=heard) == [("out-1", 1)]
    assert "watch_incomplete" in heard.codes()


def test_one_that_appears_later_is_found(tmp_path, engine):
    checkpoint(tmp_path / "out" / "checkpoint-1", seed=1)
    found = kikime.watch(tmp_path / "out", until_idle=4.0, every=0.02, runs=tmp_path / "runs", engine=engine, **ASKED)
    assert next(found).name == "out-1"
    later = threading.Timer(0.1, checkpoint, [tmp_path / "out" / "checkpoint-2"], {"seed": 2})
    later.start()
    started = time.monotonic()
    assert [run.name for run in found] == ["out-2"]
    assert time.monotonic() - started < 60


def test_what_another_process_works_on_is_left_to_it(tmp_path, engine):
    checkpoint(tmp_path / "out" / "checkpoint-1")
    seen(tmp_path, engine)
    [run] = list_runs(tmp_path / "runs")
    run.summary_file.unlink()
    heard = Heard()
    with run.locked():
        assert seen(tmp_path, engine, progress=heard) == []
    assert "series_locked" in heard.codes()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"suite": "smok"}, "did you mean 'smoke'"), ({"base": "./nowhere"}, "nowhere"), ({"formats": ["x"]}, "'x'")],
)
def test_wrong_use_is_told_before_anything_is_waited_for(tmp_path, wrong, message):
    (tmp_path / "out").mkdir()
    with pytest.raises(kikime.UsageError, match=message):
        kikime.watch(tmp_path / "out", **{**ASKED, **wrong})


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(kikime.UsageError, match="no such folder"):
        kikime.watch(tmp_path / "out")
