"""What a plan says of sampling, BOS and precision."""

from __future__ import annotations

import json
import shutil

import msgspec
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Reason
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint, with_facts
from kikime.harness.engines.generation import OwnSampling
from kikime.harness.plan.notes import plan_notes, run_notes, sampling_note
from kikime.harness.plan.prepare import comparability, prepare
from kikime.harness.run.execute import restore, start_run
from tests.support.builders import make_materials

GREEDY = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "repetition_penalty": 1.0, "seed": 0}


@pytest.fixture
def warm(tmp_path, august):
    """A checkpoint that wants to be sampled, whose tokenizer and chat template write no BOS."""
    folder = tmp_path / "warm"
    shutil.copytree(august, folder)
    own = {"do_sample": True, "temperature": 0.7, "top_p": 0.8, "repetition_penalty": 1.1}
    (folder / "generation_config.json").write_text(json.dumps(own), encoding="utf-8")
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "post_processor": None}), encoding="utf-8")
    template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    (folder / "chat_template.jinja").write_text(template.replace("bos_token", "''"), encoding="utf-8")
    return resolve_checkpoint(str(folder))


def codes(prepared):
    return {note.code: note.values for note in plan_notes(prepared)}


def test_own_sampling_that_is_set_aside_is_said(warm):
    found = codes(prepare(warm, make_materials(), EngineOptions()))
    assert found["own_sampling_aside"] == {"settings": "temperature 0.7, top_p 0.8, repetition_penalty 1.1"}


def test_own_sampling_is_used_stored_and_compared(warm, tmp_path):
    prepared = prepare(warm, make_materials(), EngineOptions(sampling="checkpoint"))
    assert "own_sampling_aside" not in codes(prepared)
    assert {r.sampling.temperature for r in prepared.spool} == {0.7}
    hashes = comparability(prepared.materials, prepared.options)["hashes"]
    assert hashes["sampling"] == {**GREEDY, "temperature": 0.7, "top_p": 0.8, "repetition_penalty": 1.1}
    run = start_run(prepared, tmp_path / "runs")
    assert run.manifest()["options"]["sampling"] == "checkpoint"
    assert run.manifest()["suite"]["sampling"]["temperature"] == 0.7
    assert restore(run).plan_hash == prepared.plan_hash


def test_own_sampling_that_nobody_knows_is_refused(warm):
    without = msgspec.structs.replace(warm, own_sampling=None)
    with pytest.raises(UsageError, match="names no sampling of its own"):
        prepare(without, make_materials(), EngineOptions(sampling="checkpoint"))


def test_a_checkpoint_that_wants_what_the_suite_does_needs_no_word():
    assert sampling_note(OwnSampling(), GREEDY) is None
    assert sampling_note(None, GREEDY) is None
    assert sampling_note(OwnSampling(unused=("num_beams",)), GREEDY) == Reason(
        "own_sampling_unused", {"names": "num_beams"}
    )


def test_a_bos_that_is_left_out_is_said_and_recorded(warm, tmp_path):
    prepared = prepare(warm, make_materials(formats=("alpaca", "chatml")), EngineOptions())
    assert codes(prepared)["without_bos"] == {"formats": "alpaca"}
    run = start_run(prepared, tmp_path / "runs")
    assert run.manifest()["without_bos"] == ["alpaca"]
    assert {note.code for note in run_notes(run.manifest())} == {"without_bos", "own_sampling_aside"}


def test_where_the_tokenizer_adds_a_bos_nothing_changes(tmp_path):
    prepared = prepare(resolve_checkpoint("demo:august"), make_materials(), EngineOptions())
    assert "without_bos" not in codes(prepared)
    assert "without_bos" not in start_run(prepared, tmp_path).manifest()


def test_a_run_of_0_1_0_goes_on_with_its_bos(warm, tmp_path):
    before = prepare(warm, make_materials(), EngineOptions(), as_before=True)
    run = start_run(before, tmp_path / "runs")
    manifest = json.loads(run.manifest_file.read_text())
    del manifest["plan"]["bos"]
    run.manifest_file.write_text(json.dumps(manifest))
    assert restore(run).plan_hash == before.plan_hash
    assert prepare(warm, make_materials(), EngineOptions()).plan_hash != before.plan_hash


def test_a_served_model_has_the_size_and_the_files_of_its_folder(august):
    served = resolve_checkpoint("openai:x@http://127.0.0.1:1/v1")
    known = with_facts(served, str(august), None)
    here = resolve_checkpoint(str(august))
    assert (known.n_params, known.weights, known.model_type) == (here.n_params, here.fingerprint, "llama")
    assert known.fingerprint == served.fingerprint
    assert with_facts(served, None, 1_500_000_000).n_params == 1_500_000_000
    assert with_facts(served, str(august), 7_000_000_000).n_params == 7_000_000_000


@pytest.mark.parametrize(("native", "noted"), [(True, False), (False, True)])
def test_float32_on_a_cpu_without_bfloat16_is_said(monkeypatch, native, noted):
    monkeypatch.setattr("kikime.harness.engines.dtype.on_cpu", lambda: True)
    monkeypatch.setattr("kikime.harness.engines.dtype.multiplies_bfloat16", lambda: native)
    large = msgspec.structs.replace(resolve_checkpoint("demo:august"), n_params=600_000_000)
    prepared = prepare(large, make_materials(), EngineOptions())
    assert ("float32_on_cpu" in codes(prepared)) == noted


def test_a_plan_for_a_cluster_says_where_it_will_run(august):
    def noted(**options):
        plan = prepare(resolve_checkpoint(str(august)), make_materials(), EngineOptions(**options))
        return [note for note in plan_notes(plan) if note.code.startswith("cluster")]

    assert noted() == []
    assert noted(engine="ray", replicas="1:4") == [Reason("cluster_started", {"replicas": "1:4"})]
    assert noted(engine="ray", address="auto") == [Reason("cluster_joined", {"address": "auto", "replicas": 1})]
