"""Memory of the talk: what was said, asked back after other talk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.core.errors import EmptyReport
from kikime.harness.core.request import Request
from kikime.harness.reports.conversations.memory import MemoryReport, memory_report
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.task import load_task
from tests.support.builders import IN_VOICE, invoke, make_run
from tests.support.canned_runs import canned_run

FEW = {"n_resamples": 199}
FORGOTTEN, MIXED_UP = "申し訳ございませんが、忘れてしまいましたわ。", "山田さんですわ。"


def says(request: Request) -> str:
    """Right after three turns, forgotten after ten, something else after twenty."""
    if "answers" not in request.expect:
        return IN_VOICE
    if request.turn > 20:
        return MIXED_UP
    return FORGOTTEN if request.turn > 10 else f"{request.expect['answers'][0]}ですわ。"


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    tasks = [{"id": "long_memory"}]
    return canned_run(tmp_path_factory.mktemp("memory"), "talked", says, tasks=tasks, personas=["ojousama", "kansai"])


@pytest.fixture(scope="module")
def report(talked: RunDirectory) -> MemoryReport:
    return memory_report(talked, **FEW)


def test_answers_are_told_apart_by_the_turns_between(report: MemoryReport) -> None:
    found = {row.lag: tuple(getattr(row, name).value for name in ("fact_correct", "abstained")) for row in report.lags}
    assert found == {3: (1, 0), 10: (0, 1), 20: (0, 0)}
    assert report.lags[-1].fact_wrong.value > 0.5
    assert [row.n for row in report.lags] == [8, 8, 8]
    assert report.tasks == ["long_memory"]


def test_each_persona_has_its_own_count(report: MemoryReport) -> None:
    found = {(row.persona, row.lag): (row.right, row.n) for row in report.personas}
    assert found["kansai", 3] == found["ojousama", 3] == (4, 4)
    assert found["kansai", 20] == (0, 4)


@pytest.mark.parametrize("limit", [2, 3, 4])
def test_a_few_items_are_not_all_of_one_lag(limit: int) -> None:
    items = load_task("long_memory").items
    few = [items[index * len(items) // limit] for index in range(limit)]
    assert len({int(item.id[-2:]) for item in few}) >= min(limit, 3) - (limit == 4)


def test_every_question_of_the_bank_says_when_it_was_told() -> None:
    for item in load_task("long_memory").items:
        [(asked, told)] = item.recalls.items()
        assert {asked} == item.expects.keys() | item.keeps.keys()
        assert asked - told - 1 == int(item.id[-2:]), item.id


def test_a_run_that_asks_nothing_back_says_why_and_ends_with_4(tmp_path: Path) -> None:
    run = make_run(tmp_path, "single", IN_VOICE)
    with pytest.raises(EmptyReport, match="no task of this run asks back"):
        memory_report(run)
    done = invoke(tmp_path, "show", run.id, "--report", "memory")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "--suite conversation" in done.stderr


@pytest.mark.parametrize(("language", "said"), [("en", "remembered"), ("ja", "覚えていた")])
def test_the_command_prints_it_within_80_columns(talked: RunDirectory, language: str, said: str) -> None:
    done = invoke(talked.path.parent, "show", talked.id, "--report", "memory", "--lang", language)
    assert done.exit_code == 0, done.output
    assert said in done.stdout


def test_the_record_is_printed_as_json(talked: RunDirectory) -> None:
    done = invoke(talked.path.parent, "show", talked.id, "--report", "memory", "--json")
    found = json.loads(done.stdout)
    assert (found["report"], [row["lag"] for row in found["lags"]]) == ("memory", [3, 10, 20])
