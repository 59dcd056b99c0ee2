"""What one server takes of a request."""

from __future__ import annotations

import pytest

from kikime.harness.core.reasons import Reason
from kikime.harness.engines.served.dialect import Dialect

BODY = {
    "model": "m",
    "max_tokens": 256,
    "temperature": 0.0,
    "seed": 1,
    "top_logprobs": 20,
    "messages": [{"role": "system", "content": "短く。"}, {"role": "user", "content": "やあ"}],
}
SCHEMA = {"type": "json_schema", "json_schema": {"schema": {"type": "array", "minItems": 1}}}


def learnt(words: str, parameter: str | None = None, body: dict = BODY, status: int = 400) -> tuple[Dialect, dict]:
    dialect = Dialect("judge", droppable=("seed", "temperature"))
    assert dialect.learn(status, words, parameter, dialect.spoken(body), body), words
    return dialect, dialect.spoken(body)


def test_a_request_stays_as_it_is_until_something_is_refused():
    assert Dialect("server", droppable=()).spoken(BODY) is BODY


def test_a_limit_that_is_called_otherwise_is_renamed():
    dialect, said = learnt("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens")
    assert (said["max_completion_tokens"], "max_tokens" in said) == (256, False)
    assert dialect.notes == [Reason("judge_renamed", {"old": "max_tokens", "new": "max_completion_tokens"})]


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("max_tokens must be at least 512", 512),
        ("`max_tokens` must be less than or equal to 128", 128),
        ("max_tokens: expected >= 300", 300),
    ],
)
def test_a_limit_out_of_bounds_takes_the_bound_that_is_named(words, limit):
    dialect, said = learnt(words)
    assert said["max_tokens"] == limit
    assert dialect.notes == [Reason("judge_set", {"parameter": "max_tokens", "value": limit})]


def test_too_many_logprobs_become_the_most_that_is_named():
    assert learnt("top_logprobs must be less than or equal to 5")[1]["top_logprobs"] == 5


def test_what_can_be_done_without_is_dropped_once_and_said_once():
    dialect, said = learnt("temperature is not supported with this model")
    assert "temperature" not in said
    assert dialect.notes == [Reason("judge_dropped", {"parameter": "temperature"})]
    late = dialect.learn(400, "temperature is not supported with this model", None, BODY, BODY)
    assert late, "it was sent before the first refusal came back: worth another attempt"
    assert len(dialect.notes) == 1


def test_a_system_message_that_is_refused_goes_before_the_first_user_message():
    _, said = learnt("System role not supported")
    assert said["messages"] == [{"role": "user", "content": "短く。\n\nやあ"}]


def test_a_schema_is_given_up_step_by_step():
    body = BODY | {"response_format": SCHEMA}
    dialect, said = learnt("response_format: minItems is not permitted", body=body)
    assert said["response_format"]["json_schema"]["schema"] == {"type": "array"}
    assert dialect.learn(400, "json_schema unsupported, use json_object", "response_format", said, body)
    said = dialect.spoken(body)
    assert said["response_format"] == {"type": "json_object"}
    assert dialect.learn(400, "unknown field response_format", "response_format", said, body)
    assert "response_format" not in dialect.spoken(body)
    assert [note.code for note in dialect.notes] == ["judge_dropped", "judge_json_object", "judge_no_schema"]


@pytest.mark.parametrize(
    ("status", "words"), [(500, "temperature is not supported"), (400, "the prompt is too long"), (401, "no seed")]
)
def test_other_failures_change_nothing(status, words):
    dialect = Dialect("server", droppable=("temperature",))
    assert not dialect.learn(status, words, None, BODY, BODY)
    assert dialect.spoken(BODY) is BODY
