"""Replies out of answers of whatever shape."""

from __future__ import annotations

import orjson
import pytest

from kikime.harness.engines.served.answers import read_answer
from kikime.harness.engines.served.faults import Fault


def answer(choice: dict, usage: dict | None = None, limit: int = 64):
    return read_answer(orjson.dumps({"choices": [choice], "usage": usage or {}}), limit=limit)


def said(**message: object):
    return answer({"message": message, "finish_reason": "stop"})


def test_a_completion_is_read_with_its_tokens():
    found = answer({"text": "はい", "finish_reason": "stop"}, {"prompt_tokens": 9, "completion_tokens": 2})
    assert (found.text, found.thinking, found.n_prompt_tokens, found.n_output_tokens) == ("はい", None, 9, 2)


@pytest.mark.parametrize(
    ("message", "text", "thinking"),
    [
        ({"content": "はい", "reasoning_content": "考え中"}, "はい", "考え中"),
        ({"content": "はい", "reasoning": [{"text": "考"}, {"text": "え"}]}, "はい", "考え"),
        ({"content": [{"type": "thinking", "thinking": "ふむ"}, {"type": "text", "text": "はい"}]}, "はい", "ふむ"),
        ({"content": None, "refusal": "お答えできません"}, "お答えできません", None),
        ({"content": None}, "", None),
    ],
)
def test_thinking_is_told_from_what_is_said(message, text, thinking):
    assert said(**message)[:2] == (text, thinking)


@pytest.mark.parametrize(
    ("reason", "tokens", "ended"),
    [
        ("eos", 2, "stop"),
        ("END_TURN", 2, "stop"),
        ("max_output_tokens", 64, "length"),
        (None, 64, "length"),
        (None, 2, None),
        ("abort", 2, "abort"),
    ],
)
def test_how_a_reply_ended_in_any_servers_words(reason, tokens, ended):
    found = answer({"text": "はい", "finish_reason": reason}, {"completion_tokens": tokens})
    assert found.finish_reason == ended


@pytest.mark.parametrize("count", [True, -1, "7", None, 2**40])
def test_a_count_that_is_none_is_0(count):
    assert answer({"text": "はい"}, {"completion_tokens": count}).n_output_tokens == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the answer is empty"),
        (b"<h1>502</h1> Bad Gateway", "the answer is not JSON: 502 Bad Gateway"),
        (b"[1]", "the answer is no JSON object: [1]"),
        (b'{"choices": []}', 'the answer has no choices: {"choices": []}'),
        (b'{"choices": [{"finish_reason": "stop"}]}', "the answer has no message"),
        (b'{"choices": [{"message": {"content": 7}}]}', "the message is no text"),
        (b'{"choices": [{"text": "", "finish_reason": "content_filter"}]}', "the server's filter withheld the reply"),
    ],
)
def test_an_answer_without_a_reply_says_what_is_wrong(content, told):
    with pytest.raises(Fault) as caught:
        read_answer(content, limit=64)
    assert caught.value.words.startswith(told)


@pytest.mark.parametrize(("code", "calls"), [(503, 6), ("429", 6), (400, 1), ("bad_request", 1)])
def test_an_error_told_with_status_200_is_asked_again_if_it_passes(code, calls):
    with pytest.raises(Fault) as caught:
        read_answer(orjson.dumps({"error": {"message": "no luck", "code": code}}), limit=64)
    assert (caught.value.words, caught.value.calls) == ("no luck", calls)
