"""Results reach each tracker's own store, and can be read back from there by its own library."""

from __future__ import annotations

import struct

import pytest

import kikime
from kikime.harness.store.summary import summarise
from kikime.workflows.loaded import Run
from kikime.workflows.tracking.tracker import read_trackers, track
from tests.kikime.workflows.test_run import Heard
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Two steps of one training run, the second of them judged."""
    runs = tmp_path_factory.mktemp("tracked")
    found = [
        make_run(runs, f"sft-{step}", answer, manifest={"series": {"name": "sft", "step": step}})
        for step, answer in ((100, PLAIN), (200, IN_VOICE))
    ]
    add_verdicts(found[1], lambda _: 5)
    summarise(found[1])
    return [Run(run) for run in found]


@pytest.fixture
def tell(steps, tmp_path, monkeypatch):
    """Tell a tracker of both steps; nothing may go wrong."""
    monkeypatch.chdir(tmp_path)

    def call(tracker, runs=steps):
        heard = Heard()
        for run in runs:
            track(run, read_trackers(tracker), heard)
        assert heard.events == []
        return [run.summary.metrics["style_level"].mean for run in runs]

    return call


def test_mlflow_has_one_run_with_a_curve(tell, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = (tmp_path / "mlruns").as_uri()
    levels = tell(f"mlflow:{uri}")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    [run] = client.search_runs([client.get_experiment_by_name("kikime").experiment_id])
    curve = client.get_metric_history(run.info.run_id, "kikime/style_level")
    assert [(point.step, point.value) for point in curve] == list(zip([100, 200], levels, strict=True))
    assert (run.info.run_name, run.info.status, run.data.tags["kikime.suite"]) == ("sft", "FINISHED", "tiny")
    assert run.data.metrics["judge/judge-a/character_v1.tone"] == 5


def test_wandb_writes_its_runs_offline(tell, tmp_path, monkeypatch, steps):
    monkeypatch.setenv("WANDB_MODE", "offline")
    import wandb

    [level] = tell("wandb:roleplay", steps[1:])
    wandb.teardown()  # its service writes what it was told before it ends
    from wandb.proto.wandb_internal_pb2 import Record

    [file] = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    records = [Record.FromString(content) for content in leveldb_records(file.read_bytes()[7:])]
    [begun] = [record.run for record in records if record.HasField("run")]
    assert (begun.project, begun.display_name) == ("roleplay", "sft")
    [logged] = [record.history.item for record in records if record.HasField("history")]
    values = {item.key or "/".join(item.nested_key): item.value_json for item in logged}
    assert values["training_step"] == "200"
    assert float(values["kikime/style_level"]) == pytest.approx(level)


def leveldb_records(log):
    """The records of a short log (one block) as LevelDB writes it: checksum, length, kind, content."""
    while log:
        length, kind = struct.unpack("<HB", log[4:7])
        assert kind == 1
        yield log[7 : 7 + length]
        log = log[7 + length :]


def test_tensorboard_has_scalars_by_step(tell, tmp_path):
    levels = tell("tensorboard:boards")
    from tensorboard.backend.event_processing.directory_watcher import DirectoryWatcher
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    found = DirectoryWatcher(str(tmp_path / "boards" / "sft"), EventFileLoader).Load()
    scalars = [(event.step, value) for event in found for value in event.summary.value]
    curve = [(step, value.tensor.float_val[0]) for step, value in scalars if value.tag == "kikime/style_level"]
    assert curve == [(100, pytest.approx(levels[0])), (200, pytest.approx(levels[1]))]


def test_trackio_keeps_a_curve_on_this_machine(tell, tmp_path, monkeypatch):
    monkeypatch.setattr("trackio.utils.TRACKIO_DIR", tmp_path / "trackio")
    monkeypatch.setattr("trackio.sqlite_storage.TRACKIO_DIR", tmp_path / "trackio")
    levels = tell("trackio:roleplay")
    from trackio.sqlite_storage import SQLiteStorage

    logs = SQLiteStorage.get_logs("roleplay", "sft")
    assert [(log["step"], log["kikime/style_level"]) for log in logs] == list(zip([100, 200], levels, strict=True))


def test_a_run_by_itself_is_step_0(tell, tmp_path):
    alone = make_run(tmp_path / "runs", "august", PLAIN)
    tell("tensorboard", [Run(alone)])
    assert list((tmp_path / "tensorboard" / "august").iterdir())


def test_an_unknown_tracker_and_one_that_is_not_installed_are_told(monkeypatch):
    with pytest.raises(kikime.UsageError, match="did you mean 'mlflow'"):
        read_trackers(["mlfow"])
    monkeypatch.setattr("kikime.workflows.tracking.tracker.find_spec", lambda _: None)
    with pytest.raises(kikime.EnvironmentFault) as caught:
        read_trackers("wandb")
    assert caught.value.hint == "pip install 'kikime[wandb]'"


def test_a_tracker_that_fails_costs_nothing_else(steps, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    heard = Heard()
    track(steps[0], read_trackers(f"tensorboard:{tmp_path / 'file'}"), heard)
    assert heard.events == ["tracker_failed"]
