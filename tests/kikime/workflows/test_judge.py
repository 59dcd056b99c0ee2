"""Verdicts from a notebook: of a run, of a file, of pairs."""

from __future__ import annotations

import json

import pytest

from kikime.harness.core.errors import EnvironmentFault, FileFormatError, UsageError
from kikime.workflows import judge as module
from kikime.workflows.judge import Verdicts, calibrate, inject, judge, judge_pairs, judge_replies, link, required_judge
from kikime.workflows.judged import choose_judge, choose_judges, judge_again, logged_verdicts
from kikime.workflows.loaded import load_run
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

LINES = "".join(
    json.dumps({"id": f"r{n}", "user": f"質問{n}", "response": f"お答え{n}ですわ"}, ensure_ascii=False) + "\n"
    for n in range(3)
).encode()


@pytest.fixture
def run(tmp_path):
    materials = make_materials([talk_task(2, rubrics=("character_v1",))], personas=["ojousama"])
    return make_run(tmp_path / "runs", "august", IN_VOICE, materials=materials)


@pytest.fixture
def quiet(settings):
    """The judge without its fixed set."""
    from dataclasses import replace

    return replace(settings, sentinel=False)


def test_every_reply_of_a_run_gets_a_verdict_per_criterion(run, quiet, server):
    found = judge(run.path, judge=quiet)
    assert {line.key for line in found.judged} == {reply["key"] for reply in load_run(run.path).replies()}
    assert {line.score for line in found.judged} == {5}
    assert found.flawless
    assert found.unreadable == []
    assert len(server.requests) == 2
    assert set(load_run(run.path).verdicts["score"]) == {5}


def test_a_verdict_is_paid_for_once(run, quiet, server):
    first = judge(run.path, judge=quiet)
    second = judge(run.path, judge=quiet)
    assert len(server.requests) == 2
    assert second.outcome.spent_usd == 0
    assert {(line.key, line.criterion, line.score) for line in first.judged} == {
        (line.key, line.criterion, line.score) for line in second.judged
    }


def test_a_run_is_found_by_its_name(run, quiet):
    assert judge("august", judge=quiet, runs=run.path.parent).judged


def test_lines_of_a_file_keep_their_order_and_tell_what_is_wrong(quiet):
    data = LINES + b"{broken\n" + b'{"id": "x"}\n'
    found = judge_replies(data, quiet, persona="ojousama")
    assert [line.id for line in found.judged[:: len(found.judged) // 3]] == ["r0", "r1", "r2"]
    assert len(found.unreadable) == 2
    assert all(line.error for line in found.unreadable)
    assert not found.flawless


def test_a_file_is_read_where_it_lies(tmp_path, quiet):
    (tmp_path / "返答.jsonl").write_bytes(LINES)
    found = judge(tmp_path / "返答.jsonl", persona="ojousama", judge=quiet)
    assert {line.id for line in found.judged} == {"r0", "r1", "r2"}


@pytest.mark.parametrize("name", ["no.jsonl", "no.json"])
def test_a_file_that_is_not_there_is_no_run(tmp_path, quiet, name):
    with pytest.raises(FileFormatError):
        judge(tmp_path / name, judge=quiet)


def test_an_empty_file_has_no_verdicts(quiet, server):
    found = judge_replies(b"", quiet, persona="ojousama")
    assert found.lines == []
    assert server.requests == []


def test_verdicts_are_a_frame_and_lines_of_json(quiet):
    found = judge_replies(LINES, quiet, persona="ojousama")
    frame = found.to_frame()
    assert len(frame) == len(found.lines)
    assert set(frame["score"]) == {5}
    lines = [json.loads(line) for line in found.to_json().splitlines()]
    assert [line["id"] for line in lines] == frame["id"].tolist()


def test_the_better_reply_of_a_pair_is_found(run, quiet, server):
    rival = make_run(
        run.path.parent,
        "september",
        PLAIN,
        materials=make_materials([talk_task(2, rubrics=("character_v1",))], personas=["ojousama"]),
    )
    found = judge_pairs(run.path, rival.path, judge=quiet)
    assert isinstance(found, Verdicts)
    assert found.lines
    assert {line.rubric for line in found.judged} == {"pairwise_v1"}


def test_too_few_replies_are_refused_before_a_judge_is_paid(quiet, server):
    with pytest.raises(UsageError):
        link(LINES, quiet, "gpt-4o-mini", "gpt-6-luna", persona="ojousama")
    assert server.requests == []


def test_injections_that_gain_nothing_are_not_flagged(quiet, server):
    found = inject(quiet)
    assert len(server.requests) > len(found.rows)
    assert {row.gain for row in found.rows} == {0.0}
    assert found.flagged == []


def test_people_and_verdicts_of_two_files_are_compared(tmp_path):
    people = "".join(
        json.dumps({"id": str(n), "human_scores": {"tone": 1 + n % 7}, "rater": "花子"}) + "\n" for n in range(20)
    )
    verdicts = "".join(
        json.dumps({"id": str(n), "criterion": "tone", "score": 1 + n % 7, "judge_id": "j", "status": "ok"}) + "\n"
        for n in range(20)
    )
    (tmp_path / "people.jsonl").write_text(people, encoding="utf-8")
    (tmp_path / "verdicts.jsonl").write_text(verdicts, encoding="utf-8")
    [judge] = calibrate(tmp_path / "people.jsonl", tmp_path / "verdicts.jsonl").judges
    [row] = judge.criteria
    assert (judge.judge, row.criterion, row.n, row.bias, row.may_rank) == ("j", "tone", 20, 0.0, True)


def test_a_judge_is_chosen_as_people_name_it(settings, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert choose_judge(None) is None
    assert choose_judge(False) is None
    assert choose_judge(settings) is settings
    named = choose_judge("my-judge@http://127.0.0.1:9/v1")
    assert named.judge.model == "my-judge"
    assert named.judge.base_url == "http://127.0.0.1:9/v1"
    assert choose_judges(None) == choose_judges(False) == ()
    assert [one.judge.model for one in choose_judges([settings, "my-judge@http://127.0.0.1:9/v1"])] == [
        settings.judge.model,
        "my-judge",
    ]
    assert choose_judge(True).judge == required_judge(False).judge


def test_the_default_judge_needs_a_key():
    with pytest.raises(EnvironmentFault):
        choose_judge(True)


def test_the_command_that_adds_verdicts_can_be_pasted(tmp_path, settings):
    import shlex

    from kikime.harness.store.rundir import RunDirectory

    command = judge_again(RunDirectory(tmp_path / "a b; rm"), [settings])
    assert shlex.split(command)[:3] == ["kikime", "judge", str(tmp_path / "a b; rm")]


def test_without_logged_verdicts_a_table_stays_as_it_is(run):
    logged_verdicts(run)
    assert not run.judge_file.is_file()


def test_an_unknown_rubric_tells_the_nearest(quiet):
    with pytest.raises(UsageError):
        judge_replies(LINES, quiet, persona="ojousama", rubrics=["character"])


def test_the_rubrics_of_a_file_are_one_for_replies_and_one_for_pairs():
    assert module.DEFAULT_RUBRICS == ("character_v1", "pairwise_v1")
