"""Which checkpoints of a training run's folder are whole, and when they are told."""

from __future__ import annotations

import json

import pytest

from kikime.workflows.series.folder import Arrivals, step_of
from tests.support.training import adapter, checkpoint


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def problems():
    return []


@pytest.fixture
def arrivals(tmp_path, clock, problems):
    return Arrivals(tmp_path, settle=5, clock=clock, problem=lambda name, error: problems.append((name, str(error))))


def names(found):
    return [one.path.name for one in found]


def look(arrivals, clock, seconds=5.0):
    clock.now += seconds
    return names(arrivals.look())


def test_steps_come_in_their_order_and_once(tmp_path, arrivals, clock):
    for step in (900, 1000, 100):
        checkpoint(tmp_path / f"checkpoint-{step}")
    adapter(tmp_path / "checkpoint-50")
    checkpoint(tmp_path / "final")
    assert look(arrivals, clock) == []
    assert look(arrivals, clock) == ["checkpoint-50", "checkpoint-100", "checkpoint-900", "checkpoint-1000", "final"]
    assert look(arrivals, clock) == []


def test_what_still_grows_is_waited_for(tmp_path, arrivals, clock):
    folder = checkpoint(tmp_path / "checkpoint-1")
    look(arrivals, clock)
    (folder / "optimizer.pt").write_bytes(b"0" * 10)
    assert look(arrivals, clock) == []
    assert arrivals.unsettled
    assert look(arrivals, clock, 4.9) == []
    assert look(arrivals, clock, 0.2) == ["checkpoint-1"]
    assert not arrivals.unsettled


def test_a_folder_that_changes_later_is_told_again(tmp_path, arrivals, clock):
    folder = checkpoint(tmp_path / "final")
    look(arrivals, clock)
    look(arrivals, clock)
    (folder / "reply.txt").write_text("別の返答", encoding="utf-8")
    assert look(arrivals, clock) == []
    assert look(arrivals, clock) == ["final"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "no weights"),
        (lambda folder: cut(folder / "model.safetensors"), "broken safetensors"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "model-00001-of-00003.safetensors"), "2 of 3"),
        (lambda folder: indexed(folder, "other.safetensors"), "1 of 2 files"),
        (lambda folder: pointer(folder / "model.safetensors"), "pointer of Git LFS"),
        (lambda folder: (folder / "config.json").write_text("{", encoding="utf-8"), "config.json"),
    ],
)
def test_what_is_not_whole_waits_until_it_is(tmp_path, arrivals, clock, problems, spoil, why):
    folder = checkpoint(tmp_path / "checkpoint-1")
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    spoil(folder)
    look(arrivals, clock)
    assert look(arrivals, clock) == []
    assert len(problems) == 1
    assert problems[0][0] == "checkpoint-1"
    assert why in problems[0][1]
    for path in folder.iterdir():
        path.unlink()
    for name, content in whole.items():
        (folder / name).write_bytes(content)
    look(arrivals, clock)
    assert look(arrivals, clock) == ["checkpoint-1"]
    assert len(problems) == 1


def cut(file):
    file.write_bytes(file.read_bytes()[:-4])


def indexed(folder, missing):
    weights = {"a": "model.safetensors", "b": missing}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}), encoding="utf-8")


def pointer(file):
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", encoding="utf-8")


def test_an_adapter_that_is_cut_short_waits(tmp_path, arrivals, clock, problems):
    cut(adapter(tmp_path / "checkpoint-1") / "adapter_model.safetensors")
    look(arrivals, clock)
    assert look(arrivals, clock) == []
    assert "broken safetensors" in problems[0][1]


def test_folders_that_a_trainer_is_writing_are_none_of_ours(tmp_path, arrivals, clock):
    for name in ("tmp-checkpoint-100", ".checkpoint-1", "runs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ("config.json" if name != "runs" else "events.out")).write_text("{}", encoding="utf-8")
    look(arrivals, clock)
    assert look(arrivals, clock) == []
    assert not arrivals.unsettled


def test_the_trainer_knows_the_step_better_than_the_name(tmp_path):
    folder = tmp_path / "epoch-3"
    folder.mkdir()
    assert step_of(folder) == 3
    (folder / "trainer_state.json").write_text('{"global_step": 1200}', encoding="utf-8")
    assert step_of(folder) == 1200
    assert step_of(tmp_path / "epoch=1-step=500") == 500
