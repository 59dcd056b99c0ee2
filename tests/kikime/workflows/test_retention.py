"""What a tuned checkpoint retains: its runs, and when they are used again."""

from __future__ import annotations

import json

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines import EngineOptions
from kikime.harness.store.rundir import RunDirectory, list_runs
from kikime.workflows import retention
from kikime.workflows.listener import Listener
from kikime.workflows.plan import choose_materials
from kikime.workflows.retention import REPORT_FILE, retain
from tests.support.canned import Canned


class Heard(Listener):
    """Counts the plans that it hears of."""

    def __init__(self):
        self.plans = 0

    def planned(self, prepared, seconds):
        self.plans += 1


MATERIALS = choose_materials("retention", tasks=["answer_form"], personas=["ojousama"], formats=["alpaca"], limit=3)


@pytest.fixture
def loaded(monkeypatch):
    """Engines that were loaded; the tuned one answers nothing of use."""
    engines = []

    def load(checkpoint, options):
        engine = Canned(lambda request: "はい" if checkpoint.name == "august" else "……")
        engines.append(checkpoint.name)
        return engine

    monkeypatch.setattr("kikime.harness.run.dialogue.load_engine", load)
    monkeypatch.setattr("kikime.workflows.plan.check_options", lambda *_: None)  # would import vLLM
    return engines


def retained(tmp_path, *lm_eval, **more):
    heard = Heard()
    found = list(
        retain(
            "demo:september",
            "demo:august",
            {},
            lm_eval,
            MATERIALS,
            EngineOptions(),
            tmp_path / "runs",
            progress=heard,
            **more,
        )
    )
    return found, heard


def test_both_checkpoints_run_once_and_are_compared(tmp_path, loaded):
    [found], heard = retained(tmp_path)
    assert (found.base.name, found.tuned.name) == ("august", "september")
    assert loaded == ["august", "september"]
    assert heard.plans == 2
    assert len(list_runs(tmp_path / "runs")) == 2
    assert found.rows
    assert 0 < found.margin < 1


def test_the_report_lies_in_the_run_of_the_tuned_checkpoint(tmp_path, loaded):
    [found], _ = retained(tmp_path)
    stored = json.loads(
        (RunDirectory(tmp_path / "runs").path / found.tuned.run.rsplit("/", 1)[1] / REPORT_FILE).read_text()
    )
    assert stored == found.to_builtins()
    assert len(found.to_frame()) == len(found.rows)


def test_runs_that_are_there_are_used_again(tmp_path, loaded):
    [first], _ = retained(tmp_path)
    [second], _ = retained(tmp_path)
    assert second == first
    assert loaded == ["august", "september"]
    assert len(list_runs(tmp_path / "runs")) == 2


def test_a_name_is_that_of_the_tuned_run_only(tmp_path, loaded):
    [found], _ = retained(tmp_path, name="新しい")
    names = {run.id: run.manifest()["name"] for run in list_runs(tmp_path / "runs")}
    assert names[found.tuned.run.rsplit("/", 1)[1]] == "新しい"
    assert names[found.base.run.rsplit("/", 1)[1]] == "august"


def test_only_exactly_the_same_plan_is_the_same_run(tmp_path, loaded):
    from kikime.harness.retention import with_and_without_persona
    from kikime.workflows.plan import prepare_all

    retained(tmp_path)
    [plan] = prepare_all("demo:august", {}, with_and_without_persona(MATERIALS), EngineOptions())
    runs = tmp_path / "runs"
    assert retention._same_plan(plan, runs) is not None
    other = choose_materials("retention", tasks=["answer_form"], personas=["ojousama"], formats=["alpaca"], limit=2)
    [another] = prepare_all("demo:august", {}, with_and_without_persona(other), EngineOptions())
    assert retention._same_plan(another, runs) is None
    assert retention._same_plan(plan, tmp_path / "nothing") is None


def test_a_broken_manifest_is_no_run_of_the_plan(tmp_path, loaded):
    from kikime.harness.retention import with_and_without_persona
    from kikime.workflows.plan import prepare_all

    retained(tmp_path)
    for run in list_runs(tmp_path / "runs"):
        run.manifest_file.write_text("{")
    [plan] = prepare_all("demo:august", {}, with_and_without_persona(MATERIALS), EngineOptions())
    assert retention._same_plan(plan, tmp_path / "runs") is None


def test_lm_evals_tasks_need_token_ids(server):
    from kikime.workflows.plan import prepare_all

    materials = choose_materials("smoke", formats=["native"], personas=["ojousama"], limit=1)
    [plan] = prepare_all(f"openai:player@{server.url}", {}, materials, EngineOptions())
    with pytest.raises(UsageError) as caught:
        retention._job([plan], ["arc_easy"], None, None, Listener())
    assert "--tokenizer" in caught.value.hint
