"""A server that answers anything at all: every run ends, every request has one reply, none is text out of a fault."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kikime.harness.core.errors import EngineFault
from kikime.harness.engines import openai as served
from tests.support.judge_server import Answer, JudgeServer, completion
from tests.support.odd_answers import odd_answers
from tests.support.served import LINE, asked, engine_at, request

N = 100
WHOLE = completion(LINE)


@pytest.mark.simulation
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(answers=st.lists(odd_answers(WHOLE), min_size=N, max_size=N))
def test_every_request_has_one_reply_and_no_text_comes_from_a_fault(answers: Sequence[Answer]) -> None:
    server = JudgeServer(lambda body, _: answers[int(body["messages"][-1]["content"].removeprefix("質問"))])
    kept, served._FIRST_WAIT = served._FIRST_WAIT, 0.0
    try:
        found = asked(engine_at(server), [request(number) for number in range(N)])
    except EngineFault:
        found = []
    finally:
        served._FIRST_WAIT = kept
        server.close()
    assert [reply.key for reply in found] in ([], [f"r{number}" for number in range(N)])
    for reply, answer in zip(found, answers, strict=False):
        whole = answer.body == WHOLE
        assert (reply.text, reply.error) == (LINE, None) if whole else bool(reply.error) or said(answer, reply.text)
        assert reply.error is None or (reply.text == "" and reply.finish_reason == "error")


def said(answer: Answer, text: str) -> bool:
    """Whether the answer is a whole one, though of another shape, that holds the text."""
    body = json.dumps(answer.body, ensure_ascii=False) if answer.raw is None else answer.raw.decode("utf-8", "replace")
    return answer.status == 200 and not answer.drop and json.dumps(text, ensure_ascii=False)[1:-1] in body
