"""A judge's server that answers anything at all: every session ends, every reply has its lines, no number comes from a fault."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kikime.harness.cards.persona import Persona
from kikime.judges.asking import client
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.session import judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from tests.support.judge_server import KEY, Answer, JudgeServer, completion
from tests.support.odd_answers import odd_answers

N = 100
VERDICT = json.dumps(
    {"reasoning": "資料と比べた。", "evidence": ["わたくしは元気ですわ"], "values": 5}, ensure_ascii=False
)
WHOLE = completion(VERDICT)


@pytest.mark.simulation
@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(answers=st.lists(odd_answers(WHOLE), min_size=N, max_size=N))
def test_every_reply_has_its_lines_and_no_number_comes_from_a_fault(
    persona: Persona, answers: Sequence[Answer]
) -> None:
    subjects = [Subject(f"r{i}", persona, f"質問その{i}。", "わたくしは元気ですわ") for i in range(N)]
    server = JudgeServer(lambda body, n: answers[n % N])
    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.dict(os.environ, {"XDG_CACHE_HOME": home, "OPENAI_API_KEY": KEY}),
        mock.patch.object(client, "_FIRST_WAIT", 0.0),
    ):
        asking = judge_settings("player", server.url, concurrency=8, timeout=5.0)
        found = judge_subjects(subjects, [load_rubric("values")], asking)
    server.close()
    assert [line.id for line in found.lines] == [subject.id for subject in subjects]
    assert {line.score for line in found.lines if line.status in {"ok", "ungrounded"}} <= {5}
    assert all(line.score is None and line.error for line in found.lines if line.status not in {"ok", "ungrounded"})
    assert len(found.lines) == N == found.outcome.statuses.total()
