"""Dialogues turn by turn, with the bank's lines and with a model as the user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.core.errors import EmptyReport
from kikime.harness.core.request import Request
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.reports.claims.dialogue import DialogueReport, dialogue_report
from kikime.harness.run.execute import execute, start_run
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from tests.support.builders import IN_VOICE, PLAIN, invoke, make_run
from tests.support.canned import Canned

FEW = {"n_resamples": 199}
BANK = Path(__file__).parents[2] / "run" / "two_scenes.yaml"
LATE = 9


def says(request: Request) -> str:
    """In voice up to the last two turns; the user of the first scene says nothing more after four turns."""
    if request.speaker == "user":
        silent = request.turn == 4 and request.position == 0
        return "" if silent else f"第{request.turn}の話をしてくれませんか？"
    return PLAIN if request.turn + 1 >= LATE else IN_VOICE


def played(runs: Path, user: str | None) -> RunDirectory:
    materials = gather_materials(Suite(id="tiny", tasks=[str(BANK)], personas=["ojousama"], formats=["alpaca"]))
    prepared = prepare(resolve_checkpoint("demo:august"), materials, EngineOptions(user_model=user))
    run = start_run(prepared, runs, "scripted" if user is None else "simulated")
    execute(run, prepared, engine=Canned(says))
    return run


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return played(tmp_path_factory.mktemp("dialogue"), None)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return played(tmp_path_factory.mktemp("dialogue"), "self")


@pytest.fixture(scope="module")
def by_script(scripted: RunDirectory) -> DialogueReport:
    return dialogue_report(scripted, **FEW)


@pytest.fixture(scope="module")
def by_model(simulated: RunDirectory) -> DialogueReport:
    return dialogue_report(simulated, **FEW)


def test_each_turn_has_its_own_mean_and_interval(by_script: DialogueReport) -> None:
    report = by_script
    assert [(row.turn, row.n) for row in report.turns] == [(turn, 2) for turn in range(1, 11)]
    first, last = report.turns[0], report.turns[-1]
    assert (first.length_chars.value, last.length_chars.value) == (len(IN_VOICE), len(PLAIN))
    assert first.length_chars.ci_low < len(IN_VOICE) < first.length_chars.ci_high
    assert first.style_level.value > last.style_level.value
    assert first.self_repetition is None
    assert report.turns[1].self_repetition.value > 0.5
    assert {row.critical_failure.value for row in report.turns} == {0}


def test_the_last_fifth_is_held_against_the_first(by_script: DialogueReport) -> None:
    [task] = by_script.tasks
    assert task.late["length_chars"].value == len(PLAIN) - len(IN_VOICE)
    assert task.late["style_level"].value < 0
    assert all(shift.p_adjusted is not None for shift in task.late.values())


def test_scripted_and_simulated_users_are_told_apart(by_script: DialogueReport, by_model: DialogueReport) -> None:
    [one], [other] = by_script.tasks, by_model.tasks
    assert (one.user, one.user_model, one.endings) == ("script", None, {})
    assert (other.user, other.endings) == ("self", {"empty": 1})
    assert other.user_model.startswith("self:")


def test_a_dialogue_that_ended_early_is_missing_from_later_turns(by_model: DialogueReport) -> None:
    report = by_model
    assert [row.n for row in report.turns] == [2] * 4 + [1] * 6
    assert {row.user for row in report.turns} == {"self"}


def test_a_run_without_dialogues_says_why_and_ends_with_4(tmp_path: Path) -> None:
    run = make_run(tmp_path, "single", IN_VOICE)
    with pytest.raises(EmptyReport, match="no task of this run asks dialogues"):
        dialogue_report(run)
    done = invoke(tmp_path, "show", run.id, "--report", "dialogue")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "--suite dialogue" in done.stderr


@pytest.mark.parametrize(("language", "said"), [("en", "the user said nothing"), ("ja", "ユーザーが何も言わなかった")])
def test_the_command_prints_the_turns_and_what_ended_dialogues(
    simulated: RunDirectory, language: str, said: str
) -> None:
    done = invoke(simulated.path.parent, "show", simulated.id, "--report", "dialogue", "--lang", language)
    assert done.exit_code == 0, done.output
    assert said in done.output
    assert "two_scenes" in done.output


def test_the_record_is_printed_as_json(scripted: RunDirectory) -> None:
    done = invoke(scripted.path.parent, "show", scripted.id, "--report", "dialogue", "--json")
    found = json.loads(done.stdout)
    assert (found["report"], found["tasks"][0]["user"], len(found["turns"])) == ("dialogue", "script", 10)
