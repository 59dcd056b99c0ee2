"""Runs from a notebook: a served model plays; what happens is told to a listener."""

from __future__ import annotations

import pytest

import kikime
from kikime.workflows.listener import Listener
from kikime.workflows.plan import choose_materials
from kikime.workflows.run import resumable
from tests.support.builders import IN_VOICE, make_run
from tests.support.judge_server import Answer, JudgeServer, completion

REFUSES = """
from kikime.harness.core.errors import UsageError
from kikime.harness.engines.base import EngineKind

def load(checkpoint, options):
    raise UsageError("no such option", hint="leave it out")

ENGINE = EngineKind(load)
"""


class Heard(Listener):
    """Remembers everything."""

    def __init__(self):
        self.events = []

    def tell(self, code, **values):
        self.events.append(code)

    def say(self, text):
        self.events.append(text)

    def planned(self, prepared, seconds):
        self.events.append(f"planned {prepared.n_replies}")

    def begin(self, total, stored):
        self.events.append(f"begin {stored} of {total}")

    def stage(self, name):
        self.events.append(name)

    def reply(self, request, reply):
        self.events.append("reply")

    def end(self):
        self.events.append("end")


@pytest.fixture
def server():
    running = JudgeServer(lambda body, n: Answer(body=completion("ごきげんようですわ")))
    yield running
    running.close()


def test_a_run_is_told_step_by_step(server, tmp_path):
    heard = Heard()
    run = kikime.run(
        f"openai:player@{server.url}",
        suite="smoke",
        tasks=["daily"],
        personas=["ojousama"],
        formats=["native"],
        shots=[0],
        limit=2,
        runs=tmp_path,
        name="mine",
        progress=heard,
    )
    assert (run.name, run.summary.counts["done"], run.judging) == ("mine", 2, ())
    assert heard.events == ["planned 2", "begin 0 of 2", "load", "generate", "reply", "reply", "tables", "end"]
    again = Heard()
    assert kikime.resume(run, progress=again).path == run.path
    assert again.events == ["complete"]


def test_an_error_of_ours_ends_with_the_command_that_goes_on(tmp_path):
    run = make_run(tmp_path, "august", IN_VOICE)
    with pytest.raises(kikime.EngineFault) as caught, resumable([run], (), Heard()):
        raise kikime.EngineFault("the engine died", hint="free some memory")
    assert caught.value.hint == f"free some memory; then: kikime resume {run.path}"


def test_an_engine_that_refuses_an_option_leaves_no_run_behind(tmp_path):
    file = tmp_path / "refuses.py"
    file.write_text(REFUSES, encoding="utf-8")
    with pytest.raises(kikime.UsageError) as caught:
        kikime.run("demo:august", suite="smoke", tasks=["daily"], limit=1, engine=str(file), runs=tmp_path / "runs")
    assert caught.value.hint == "leave it out"
    assert list((tmp_path / "runs").iterdir()) == []


def test_another_error_is_told_and_passes(tmp_path):
    run, heard = make_run(tmp_path, "august", IN_VOICE), Heard()
    with pytest.raises(KeyboardInterrupt), resumable([run], (), heard):
        raise KeyboardInterrupt
    assert heard.events == ["kept"]


def test_a_judge_without_a_key_is_refused_before_anything_begins(tmp_path):
    with pytest.raises(kikime.EnvironmentFault, match="no API key"):
        kikime.run("demo:august", judge=True, runs=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_materials_are_those_of_the_suite():
    assert choose_materials("smoke").suite.id == "smoke"
