from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kikime.harness.cards.persona import Persona
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.sentinel import MIN_PAIRS, run_sentinel, sentinel_subjects, watch_drift
from kikime.judges.jobs.session import JudgeSettings, Outcome, judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from tests.support.commands import judge, kikime, replies, rows
from tests.support.judge_server import Answer, JudgeServer, api_error, completion, good, judged_text


@pytest.fixture
def watching(server: JudgeServer) -> JudgeSettings:
    return judge_settings("gpt-4o-mini", server.url, concurrency=32, sentinel=True)


def one(persona: Persona, number: int = 0) -> list[Subject]:
    return [Subject(f"r{number}", persona, f"質問{number}", "元気ですわ")]


def test_the_set_has_sixty_different_replies() -> None:
    assert len({(subject.user, subject.response) for subject in sentinel_subjects()}) == 60


def test_a_session_that_buys_verdicts_scores_the_set_anew(
    persona: Persona, watching: JudgeSettings, server: JudgeServer
) -> None:
    judge_subjects(one(persona), [load_rubric("values")], watching)
    assert len(server.requests) == 61
    judge_subjects(one(persona, 1), [load_rubric("values")], watching)
    assert len(server.requests) == 122


def test_a_session_that_buys_nothing_asks_nothing(
    persona: Persona, watching: JudgeSettings, server: JudgeServer
) -> None:
    for _ in range(2):
        judge_subjects(one(persona), [load_rubric("values")], watching)
    assert len(server.requests) == 61


def test_the_estimate_names_the_sets_cost_before_the_first_call(
    persona: Persona, watching: JudgeSettings, server: JudgeServer
) -> None:
    said: list[tuple[int, str]] = []
    judge_subjects(
        one(persona), [load_rubric("values")], watching, say=lambda text: said.append((len(server.requests), text))
    )
    asked, sentence = next((asked, text) for asked, text in said if "sentinel set: 60 calls" in text)
    assert asked == 0
    assert "$" in sentence


def test_a_session_that_ended_early_leaves_the_set_out(
    persona: Persona, watching: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: api_error(429, "no money", "insufficient_quota")
    judge_subjects(one(persona), [load_rubric("values")], watching)
    assert len(server.requests) == 1


def test_the_budget_holds_for_session_and_set_together(persona: Persona, server: JudgeServer) -> None:
    tight = judge_settings("gpt-4o-mini", server.url, max_usd=0.005, sentinel=True)
    judged = judge_subjects(one(persona), [load_rubric("values")], tight)
    assert {line.status for line in judged.lines} == {"ok"}
    assert 0 < judged.outcome.spent_usd <= 0.005


def test_a_set_without_a_score_is_no_report(watching: JudgeSettings, server: JudgeServer) -> None:
    said: list[str] = []
    spent = judge_settings("gpt-4o-mini", server.url, max_usd=1.0, sentinel=True)
    assert watch_drift(spent, Outcome(bought=9, spent_usd=1.0), say=said.append) is None
    assert said == ["sentinel set: not scored, --max-usd is reached; nothing is known about drift"]
    assert server.requests == []
    server.script = lambda body, n: Answer(body=completion(None, refusal="no"))
    assert watch_drift(watching, Outcome(bought=9), say=said.append) is None
    assert "every verdict is refused" in said[-1]


def by_quality(body: dict[str, Any], shift: int = 0) -> Answer:
    return good(body, score=min(7, len(judged_text(body)) % 6 + 1 + shift))


@pytest.mark.parametrize(("shift", "drifted"), [(0, False), (1, True)])
def test_a_shift_of_a_point_is_drift_and_the_same_scores_are_not(
    watching: JudgeSettings, server: JudgeServer, shift: int, drifted: bool
) -> None:
    server.script = lambda body, n: by_quality(body)
    assert run_sentinel(watching)[0].since is None
    server.script = lambda body, n: by_quality(body, shift)
    report, _ = run_sentinel(watching)
    assert (report.warning is not None, report.n) == (drifted, 240)
    assert report.mean_change == pytest.approx(shift)


def test_low_agreement_without_a_shift_is_drift_too(watching: JudgeSettings, server: JudgeServer) -> None:
    server.script = lambda body, n: good(body, score=2 if len(judged_text(body)) % 2 else 6)
    run_sentinel(watching)
    server.script = lambda body, n: good(body, score=3 if len(judged_text(body)) % 3 else 5)
    report, _ = run_sentinel(watching)
    assert report.warning is not None
    assert "QWK" in report.warning


def test_too_few_scores_are_no_statement_about_drift(watching: JudgeSettings, server: JudgeServer) -> None:
    run_sentinel(watching)
    few = iter(range(MIN_PAIRS // 4 - 1))
    server.script = lambda body, n: (
        good(body, score=1) if next(few, None) is not None else Answer(body=completion(None, refusal="no"))
    )
    report, _ = run_sentinel(watching)
    assert (report.n, report.mean_change, report.warning) == (MIN_PAIRS - 4, None, None)
    assert str(MIN_PAIRS) in report.sentence


def test_some_unusable_verdicts_do_not_keep_a_judge_from_having_a_reference(
    watching: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: good(body) if n % 10 else Answer(body=completion(None, refusal="no"))
    run_sentinel(watching)
    server.script = good
    assert run_sentinel(watching)[0].since is not None


def test_files_and_audits_watch_for_drift_unless_told_not_to(server: JudgeServer, tmp_path: Path) -> None:
    path = replies(tmp_path / "r.jsonl", 2)
    arguments = ("--persona", "ojousama", "--judge-base-url", server.url, "--concurrency", "32")
    assert kikime("judge", str(path), *arguments).returncode == 0
    assert len(server.requests) == 62
    data = tmp_path / "d.jsonl"
    data.write_text(json.dumps({"user": "やあ", "reply": "ごきげんよう、良い朝ですわ"}), encoding="utf-8")
    audit = kikime("audit", str(data), "--out", str(tmp_path / "out"), *arguments)
    assert audit.returncode == 0, audit.stderr
    assert "no drift" in audit.stderr
    assert len(server.requests) == 123
    assert len(rows(judge(replies(tmp_path / "more.jsonl", 3), server))) == 12
    assert len(server.requests) == 124
