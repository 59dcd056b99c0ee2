"""Served models as they are met: odd answers, refused parameters, other addresses; each over real HTTP."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from msgspec import structs

from kikime.harness.core.errors import EngineFault, UsageError
from kikime.harness.core.request import Reply, Sampling
from kikime.harness.engines import openai as served
from tests.support.judge_server import Answer, JudgeServer, api_error, completion
from tests.support.served import LINE, asked, engine_at, request

WHOLE = completion(LINE)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_FIRST_WAIT", 0.0)


def replies(server: JudgeServer, n: int = 3, **options: object) -> list[Reply]:
    return asked(engine_at(server, **options), [request(number) for number in range(n)])


def with_choice(**choice: Any) -> dict[str, Any]:
    return WHOLE | {"choices": [{"index": 0, "finish_reason": "stop", **choice}]}


def once(odd: Answer) -> Any:
    """A script whose every answer to the second question is odd."""
    return lambda body, _: odd if body["messages"][-1]["content"] == "質問1" else Answer(body=WHOLE)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (Answer(body=WHOLE | {"choices": []}), "no choices"),
        (Answer(body=WHOLE | {"choices": None}), "no choices"),
        (Answer(body={"error": {"message": "Provider said no", "code": 400}}), "Provider said no"),
        (Answer(body=with_choice(message=None)), "no message"),
        (Answer(body=with_choice(message="やあ")), "no message"),
        (Answer(body=with_choice(message={"content": {"text": 3}})), "no text"),
        (Answer(body="busy"), "no JSON object"),
        (Answer(body=[WHOLE]), "no JSON object"),
        (Answer(raw=b"<html><body><h1>Sign in</h1></body></html>"), "Sign in"),
        (Answer(raw=b'data: {"choices": [{"delta": {"content": "a"}}]}\n\ndata: [DONE]\n\n'), "not JSON"),
        (Answer(raw=json.dumps(WHOLE).encode()[:60]), "not JSON"),
        (Answer(raw=b""), "empty"),
        (Answer(drop=True), ""),
        (Answer(body=with_choice(message={"content": ""}, finish_reason="error")), "error"),
        (Answer(body=with_choice(message={"content": None}, finish_reason="content_filter")), "filter"),
        (api_error(400, "the context length is 4096, the prompt has 9000 tokens"), "9000"),
        (api_error(500, "CUDA out of memory"), "CUDA out of memory"),
    ],
)
def test_one_odd_answer_is_one_error_in_the_servers_words(server: JudgeServer, odd: Answer, words: str) -> None:
    server.script = once(odd)
    first, second, third = replies(server)
    assert (first.text, third.text, second.text) == (LINE, LINE, "")
    assert second.error
    assert words in second.error


@pytest.mark.parametrize(
    ("odd", "text"),
    [
        (json.dumps(WHOLE, ensure_ascii=False).encode().replace("わ。".encode(), b"\xe3\x82"), LINE[:-2] + "\ufffd"),
        (json.dumps(WHOLE | {"score": float("nan")}).encode(), LINE),
        (json.dumps(WHOLE).encode().replace(rb"\u3054", rb"\ud83d"), "\ufffd" + LINE[1:]),
    ],
    ids=["half a character", "NaN", "half an escape"],
)
def test_what_can_be_read_of_odd_json_is_read(server: JudgeServer, odd: bytes, text: str) -> None:
    server.script = once(Answer(raw=odd))
    assert [(reply.text, reply.error) for reply in replies(server)] == [(LINE, None), (text, None), (LINE, None)]


@pytest.mark.parametrize(
    "passing",
    [
        Answer(body={"error": {"message": "Rate limit exceeded", "code": 429}}),
        Answer(raw=b"<h1>502 Bad Gateway</h1>"),
        Answer(drop=True),
        api_error(503, "loading"),
    ],
)
def test_a_passing_fault_is_asked_again(server: JudgeServer, passing: Answer) -> None:
    server.script = lambda _, n: passing if n == 0 else Answer(body=WHOLE)
    assert [reply.error for reply in replies(server)] == [None] * 3


@pytest.mark.parametrize(
    ("finish", "ended"),
    [("stop", "stop"), ("eos", "stop"), ("MAX_TOKENS", "length"), (None, None), ("", None), ("done!", "done!")],
)
def test_text_is_a_reply_however_it_ended(server: JudgeServer, finish: str | None, ended: str | None) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 9}
    server.script = lambda *_: Answer(
        body=with_choice(message={"content": LINE}, finish_reason=finish) | {"usage": usage}
    )
    assert [(reply.text, reply.finish_reason, reply.error) for reply in replies(server, 1)] == [(LINE, ended, None)]


def test_a_reply_of_as_many_tokens_as_it_may_have_is_cut_off_where_nobody_says_so(server: JudgeServer) -> None:
    usage = {"completion_tokens": 64}
    server.script = lambda *_: Answer(
        body=with_choice(message={"content": LINE}, finish_reason=None) | {"usage": usage}
    )
    assert [reply.finish_reason for reply in replies(server, 1)] == ["length"]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"total_tokens": 18},
        {"completion_tokens": None},
        {"completion_tokens": "9"},
        [],
        "9",
        {"completion_tokens": -4},
    ],
)
def test_tokens_that_nobody_counted_are_unknown(server: JudgeServer, usage: Any) -> None:
    server.script = lambda *_: Answer(body=WHOLE | {"usage": usage})
    assert [(reply.text, reply.n_output_tokens) for reply in replies(server, 1)] == [(LINE, 0)]


@pytest.mark.parametrize(
    ("message", "text", "thinking"),
    [
        ({"content": [{"type": "text", "text": "ごき"}, {"type": "text", "text": "げんよう"}]}, "ごきげんよう", None),
        ({"content": ["ごき", {"text": "げんよう"}]}, "ごきげんよう", None),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "ふむ"}]},
                    {"type": "text", "text": "はい"},
                ]
            },
            "はい",
            "ふむ",
        ),
        ({"content": "はい", "reasoning_content": "ふむ"}, "はい", "ふむ"),
        ({"content": "はい", "reasoning": "ふむ", "reasoning_content": None}, "はい", "ふむ"),
        ({"content": None, "reasoning_content": "ふむ"}, "", "ふむ"),
        ({"content": None, "refusal": "お答えできません"}, "お答えできません", None),
        ({"content": None}, "", None),
    ],
)
def test_a_message_may_come_in_parts(server: JudgeServer, message: Any, text: str, thinking: str | None) -> None:
    server.script = lambda *_: Answer(body=with_choice(message=message))
    assert [(reply.text, reply.reasoning, reply.error) for reply in replies(server, 1)] == [(text, thinking, None)]


def test_every_request_has_a_limit_that_servers_know(server: JudgeServer) -> None:
    server.script = lambda *_: Answer(body=WHOLE)
    asked(engine_at(server), [request(0, Sampling(max_tokens=40, reasoning_tokens=500))])
    assert [body["max_tokens"] for body in server.requests] == [540]


def refusing(*names: str) -> Any:
    def script(body: dict[str, Any], _: int) -> Answer:
        odd = [name for name in names if name in body]
        detail = [{"type": "extra_forbidden", "loc": ["body", *odd[:1]], "msg": "Extra inputs are not permitted"}]
        return Answer(422, {"detail": detail}) if odd else Answer(body=WHOLE)

    return script


def test_a_refused_parameter_is_left_out_and_said_once(server: JudgeServer) -> None:
    server.script = refusing("seed", "top_p")
    engine = engine_at(server)
    found = asked(engine, [request(number) for number in range(4)])
    assert [reply.error for reply in found] == [None] * 4
    assert sorted((note.code, note.values["parameter"]) for note in engine.notes) == [
        ("server_dropped", "seed"),
        ("server_dropped", "top_p"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        "System role not supported",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Developer instruction is not enabled for models/gemma-3-4b-it: this system message is not supported",
        "Conversation roles must alternate; only user and assistant roles are supported!",
    ],
)
def test_a_server_without_a_system_role_hears_it_from_the_user(server: JudgeServer, words: str) -> None:
    def script(body: dict[str, Any], _: int) -> Answer:
        refuses = any(message["role"] == "system" for message in body["messages"])
        return api_error(400, words) if refuses else Answer(body=WHOLE)

    server.script = script
    engine = engine_at(server)
    told = {"role": "system", "content": "短く話す。"}
    wanted = [structs.replace(each, messages=[told, *each.messages]) for each in map(request, range(3))]
    assert [reply.text for reply in asked(engine, wanted)] == [LINE] * 3
    assert server.requests[-1]["messages"][0]["content"].startswith("短く話す。\n\n質問")
    assert [note.code for note in engine.notes] == ["server_folds_system"]


def test_a_refused_limit_goes_by_its_other_name(server: JudgeServer) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    server.script = lambda body, _: api_error(400, words) if "max_tokens" in body else Answer(body=WHOLE)
    engine = engine_at(server)
    assert [reply.error for reply in asked(engine, [request(0)])] == [None]
    assert server.requests[-1]["max_completion_tokens"] == 64
    assert [note.code for note in engine.notes] == ["server_renamed"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (api_error(401, "Incorrect API key"), "Incorrect API key"),
        (api_error(404, "The model player does not exist"), "does not exist"),
        (api_error(402, "add credits"), "add credits"),
        (api_error(429, "You exceeded your current quota", "insufficient_quota"), "quota"),
        (api_error(400, "this model takes images only"), "images only"),
        (Answer(403, {"detail": "not for you"}), "not for you"),
    ],
)
def test_a_server_that_refuses_everything_ends_the_run_before_the_first_reply(
    server: JudgeServer, answer: Answer, words: str
) -> None:
    server.script = lambda *_: answer
    with pytest.raises(EngineFault, match=words):
        replies(server, 40)
    assert len(server.requests) <= 40


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (api_error(401, "Incorrect API key"), "OPENAI_API_KEY"),
        (api_error(403, "not for you"), "OPENAI_API_KEY"),
        (api_error(404, "no such model"), "the model's name"),
        (Answer(body={"error": {"message": "404 tokens are too few", "code": "odd"}}), "start the server again"),
    ],
)
def test_what_helps_goes_by_the_status_and_not_by_the_words(server: JudgeServer, answer: Answer, hint: str) -> None:
    server.script = lambda *_: answer
    with pytest.raises(EngineFault) as ended:
        replies(server, 40)
    assert hint in str(ended.value.hint)


def test_a_refusal_among_replies_costs_that_reply_only(server: JudgeServer) -> None:
    server.script = once(Answer(400, {"message": "no emoji, please"}))
    assert [reply.error for reply in replies(server)] == [None, "400: no emoji, please", None]


def test_a_template_argument_that_is_refused_ends_the_run(server: JudgeServer) -> None:
    server.script = refusing("chat_template_kwargs")
    with pytest.raises(EngineFault, match="chat_template_kwargs"):
        replies(server, template_args={"enable_thinking": False})


def test_template_arguments_and_effort_reach_the_server(server: JudgeServer) -> None:
    server.script = lambda *_: Answer(body=WHOLE)
    replies(server, 1, template_args={"enable_thinking": False, "reasoning_effort": "low"})
    [sent] = server.requests
    assert (sent["chat_template_kwargs"], sent["reasoning_effort"]) == ({"enable_thinking": False}, "low")


@pytest.mark.parametrize(
    "models",
    [
        Answer(404, {"detail": "Not Found"}),
        Answer(405, {}),
        Answer(501, {"error": "not implemented"}),
        Answer(500, raw=b"<h1>Internal Server Error</h1>", headers={"x-should-retry": "false"}),
        Answer(body=[{"id": "player", "object": "model"}]),
        Answer(body={"models": [{"id": "player"}]}),
        Answer(body={"object": "list", "data": [{"id": "player", "owned_by": None, "max_model_len": "x"}]}),
        Answer(raw=b"<html>"),
    ],
)
def test_a_server_need_not_list_its_models_as_openai_does(server: JudgeServer, models: Answer) -> None:
    server.models_answer = models
    server.script = lambda *_: Answer(body=WHOLE)
    assert [reply.text for reply in replies(server, 1)] == [LINE]


def test_of_many_models_the_nearest_are_named(server: JudgeServer) -> None:
    server.models_answer = Answer(body=[{"id": f"model-{number}"} for number in range(340)] + [{"id": "players"}])
    with pytest.raises(EngineFault, match=r"it serves: players, .* and 329 more"):
        engine_at(server)


@pytest.mark.parametrize("listed", ["models/player", "player:latest"])
def test_a_model_is_found_under_the_name_that_its_server_gives_it(server: JudgeServer, listed: str) -> None:
    server.models_answer = Answer(body=[{"id": "models/other"}, {"id": listed}])
    server.script = lambda *_: Answer(body=WHOLE)
    assert [reply.text for reply in replies(server, 1)] == [LINE]
    assert {sent["model"] for sent in server.requests} == {"player"}


def test_the_query_of_an_address_goes_behind_the_path(server: JudgeServer) -> None:
    server.script = lambda *_: Answer(body=WHOLE)
    asked(engine_at(server, query="?api-version=2024-10-21"), [request(0)])
    assert server.addresses == {"/v1/chat/completions?api-version=2024-10-21"}
    assert server.headers["api-key"] == "sk-test-kikime-0123456789abcdef"


def test_a_key_loses_the_white_space_around_it(server: JudgeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-abc\n")
    server.script = lambda *_: Answer(body=WHOLE)
    replies(server, 1)
    assert server.keys == {"Bearer sk-abc"}


@pytest.mark.parametrize("key", ["“sk-x”", "sk-x　y"])
def test_a_key_of_other_characters_is_refused(server: JudgeServer, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        engine_at(server)


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_no_proxy_stands_before_this_machine(
    server: JudgeServer, monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.setenv(name, proxy)
    server.script = lambda *_: Answer(body=WHOLE)
    assert [reply.text for reply in replies(server, 1)] == [LINE]


def test_a_key_is_kept_out_of_errors(server: JudgeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2hunter2")
    server.script = once(Answer(400, {"error": "key hunter2hunter2 may not"}))
    assert [reply.error for reply in replies(server)][1] == "400: key [redacted] may not"


def test_closing_drops_what_is_in_flight_in_silence(server: JudgeServer, capfd: pytest.CaptureFixture[str]) -> None:
    server.script = lambda *_: Answer(body=WHOLE, delay=0.4)
    engine = engine_at(server)
    for number in range(12):
        engine.submit(request(number))
    time.sleep(0.1)
    engine.close()
    assert capfd.readouterr().err == ""


def test_a_dead_server_ends_the_run(server: JudgeServer) -> None:
    engine = engine_at(server)
    server.close()
    with pytest.raises(EngineFault, match="refused"):
        asked(engine, [request(0)])
