"""``import kikime``: what it offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import kikime
from kikime.harness.engines import EngineOptions
from kikime.workflows.keywords import EngineKeywords
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_run

EXPORTED = [
    "Audited",
    "EngineFault",
    "EngineOptions",
    "EnvironmentFault",
    "FileFormatError",
    "Format",
    "JudgeSettings",
    "KikimeError",
    "Listener",
    "PartialResult",
    "Persona",
    "Plan",
    "Run",
    "RunLocked",
    "ScoredLine",
    "Scorer",
    "Suite",
    "UsageError",
    "Verdicts",
    "__version__",
    "audit",
    "calibrate",
    "compare",
    "describe",
    "doctor",
    "export",
    "flexibility",
    "formats",
    "gate",
    "judge",
    "judge_settings",
    "load_persona",
    "load_run",
    "load_suite",
    "plan",
    "push",
    "rank",
    "report",
    "resume",
    "run",
    "score",
    "stats",
    "sweep",
    "verify",
    "watch",
    "write_report",
]


@pytest.fixture
def runs(tmp_path):
    make_run(tmp_path / "runs", "august", PLAIN)
    make_run(tmp_path / "runs", "september", IN_VOICE)
    return tmp_path / "runs"


def test_exported_members():
    assert sorted(kikime.__all__) == sorted(EXPORTED)
    assert dir(kikime) == sorted(EXPORTED)
    for name in EXPORTED:
        assert getattr(kikime, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'bench'"):
        kikime.bench  # noqa: B018


def test_the_import_is_cheap():
    heavy = ("click", "torch", "pandas", "vllm", "numpy", "pydantic", "rich", "yaml")
    code = f"""
import sys, time
started = time.perf_counter()
import kikime
seconds = time.perf_counter() - started
print(seconds, [name for name in {heavy} if name in sys.modules])
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        seconds, loaded = done.stdout.split(" ", 1)
        assert loaded.strip() == "[]"
        if float(seconds) < 0.1:
            return
        time.sleep(0.5)
    pytest.fail(f"import kikime took {seconds} s")


def test_the_workflows_need_no_click():
    code = """
import sys
import kikime
for name in kikime.__all__:
    getattr(kikime, name)
import kikime.workflows.retention
print([name for name in ("click", "kikime.cli", "rich") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_engine_options_are_keywords_of_the_same_names():
    assert set(EngineKeywords.__annotations__) == set(EngineOptions.__struct_fields__)


def test_a_run_is_frames(runs):
    run = kikime.load_run("september", runs=runs)
    assert (run.name, run.path.parent) == ("september", runs)
    assert len(run.samples) == run.summary.counts["done"] == 12
    assert set(run.scores["key"]) == set(run.samples["key"])
    assert run.verdicts.empty
    add_verdicts(run.directory, lambda _: 5)
    assert set(kikime.load_run(run.path).verdicts["score"]) == {5}
    assert run.to_frame()["style_band"].notna().any()


def test_a_missing_run_is_an_error_of_ours(runs):
    with pytest.raises(kikime.KikimeError, match="no run 'october'"):
        kikime.load_run("october", runs=runs)


def test_texts_and_lines_are_scored():
    first, second, third = kikime.score(
        ["薔薇が好きですわ", {"response": "ええ、そうですわ", "user": "本当？"}, b'{"id": 7}'], "ojousama"
    )
    assert first.metrics["marker_rate"] == second.metrics["marker_rate"] == 1
    assert (first.id, second.id, third.id) == (1, 2, 7)
    assert third.error == "'response' is missing"


def test_the_scorer_measures_as_the_command_does():
    text = "そうですわ。\nBob: えっ？"
    [line] = kikime.score([text], "ojousama")
    assert kikime.Scorer("ojousama").score(text) == line.metrics
    assert line.metrics["turn_leak"] == 1


def test_a_plan_is_a_record(august):
    plan = kikime.plan(str(august), suite="smoke", formats=["alpaca"], limit=2)
    assert sum(plan.to_frame()["n"]) == plan.n_replies
    assert {cell.format for cell in plan.cells} == {"alpaca"}
    assert '"plan_hash"' in plan.to_json()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"suite": "quik"}, "did you mean 'quick'"),
        ({"formats": ["chatlm"]}, "did you mean 'chatml'"),
        ({"personas": ["ojosama"]}, "did you mean 'ojousama'"),
        ({"shots": [99]}, "32"),
        ({"limit": 0}, "limit"),
        ({"engine_args": {"dtype": "half"}}, "--dtype"),
    ],
)
def test_wrong_arguments_are_errors_of_ours(wrong, message):
    with pytest.raises(kikime.UsageError) as caught:
        kikime.plan("demo:august", **wrong)
    assert message in str(caught.value)


def test_formats_come_by_id():
    found = kikime.formats()
    assert found["alpaca"].stop
    assert len(found) >= 28


def test_type_checkers_read_the_package():
    assert (Path(kikime.__file__).parent / "py.typed").is_file()
