"""Sweeps: many checkpoints named in one file."""

from __future__ import annotations

import pytest

import kikime
from kikime.harness.store.rundir import list_runs
from tests.support import canned_engine
from tests.support.training import adapter, checkpoint

COMMON = "suite: smoke\ntasks: [daily]\npersonas: [ojousama]\nformats: [alpaca]\nshots: [0]\nlimit: 2\n"


@pytest.fixture
def swept(tmp_path, engine):
    """Sweep by a file of this text."""

    def call(text, **more):
        file = tmp_path / "sweep.yaml"
        file.write_text(f"{COMMON}engine: {{engine: {engine}}}\n{text}", encoding="utf-8")
        return kikime.sweep(file, runs=tmp_path / "runs", **more)

    return call


def test_steps_sizes_and_adapters_go_in_one_file(tmp_path, swept):
    for step in (20, 100):
        checkpoint(tmp_path / "out" / f"checkpoint-{step}", seed=step)
    adapter(tmp_path / "a", seed=1)
    adapter(tmp_path / "b", rank=64, seed=2)
    done = swept(
        "training: sft\nmodels: [demo:august, {model: demo:september, name: big}]\nsteps: out/checkpoint-*\n"
        "adapters: {ojou: a, bushi: b}\nbase: demo:august\n"
    )
    assert [run.name for run in done] == ["august", "big", "sft-20", "sft-100", "ojou", "bushi"]
    steps = [run.summary.series and run.summary.series.step for run in done]
    assert steps == [None, None, 20, 100, None, None]
    assert canned_engine.adapters == ["august+a", "august+b"]
    assert [name for name in canned_engine.loaded if "+" in name] == ["august+a", "-august+a"]
    again = swept("models: [demo:august]\n")
    assert again[0].path == done[0].path


def test_options_of_the_engine_reach_it(swept):
    [run] = swept("models: [demo:august]\n")
    assert run.manifest["options"]["engine"].endswith("canned.py")
    assert run.summary.counts["done"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modls: [x]", r"sweep.yaml:8: unknown key 'modls'.*models"),
        ("training: x", "no checkpoint"),
        ("models: [demo:august]\nsteps: out/step-*", r"sweep.yaml:9: no folder is called so: out/step-\*"),
        ("models: [demo:august]\nadapters: {a: nowhere}", "sweep.yaml:9: no folder is called so: nowhere"),
        ("models: [demo:october]", "no bundled checkpoint 'october'"),
        ("models: [{model: demo:august, nmae: x}]", "unknown key 'nmae'.*name"),
    ],
)
def test_a_wrong_file_is_told_by_line_before_anything_is_loaded(tmp_path, swept, text, message):
    with pytest.raises(kikime.UsageError, match=message):
        swept(text)
    assert list_runs(tmp_path / "runs") == []


def test_an_unknown_engine_option_is_told(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text("models: [demo:august]\nengine: {max_modellen: 5}\n", encoding="utf-8")
    with pytest.raises(kikime.FileFormatError, match=r"sweep.yaml:2: unknown key 'max_modellen'.*max_model_len"):
        kikime.sweep(file, runs=tmp_path)


def test_one_that_does_not_load_leaves_the_others(tmp_path, swept):
    checkpoint(tmp_path / "broken-1")
    with pytest.raises(kikime.PartialResult):
        swept("models: [broken-1, demo:august]\n")
    assert [run.manifest()["name"] for run in list_runs(tmp_path / "runs") if run.is_complete()] == ["august"]
