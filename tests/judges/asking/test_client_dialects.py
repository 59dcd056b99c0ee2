"""Servers that take requests, or tell answers and errors, in their own way: each over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.engines.served.dialect import Dialect
from kikime.harness.engines.served.words import server_words
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.job import Judged
from kikime.judges.jobs.session import judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from kikime.judges.verdicts.unwrapping import json_text
from tests.support.judge_server import Answer, JudgeServer, completion, judged_text, verdict

THOUGHT = '<think>\n{口調}は合っている。 {"tone": 1}\n</think>\n\n'


def judged(persona: Persona, server: JudgeServer, n: int = 4, **more: Any) -> Judged:
    settings = judge_settings("player", server.url, timeout=5.0, **more)
    subjects = [Subject(f"r{i}", persona, f"質問その{i}", f"わたくしは元気ですわ、{i}回目ですの") for i in range(n)]
    return judge_subjects(subjects, [load_rubric("values")], settings)


def statuses(found: Judged) -> set[str]:
    return {line.status for line in found.lines}


def codes(found: Judged) -> list[str]:
    return [note.code for note in found.outcome.notes]


def answer_to(body: dict[str, Any], score: int = 5) -> str:
    """A verdict, also where the request has no schema."""
    if "response_format" in body:
        return json.dumps(verdict(body, score), ensure_ascii=False)
    return json.dumps({"reasoning": "合う。", "evidence": [judged_text(body)[:6]], "values": score}, ensure_ascii=False)


def refusal(text: str, status: int = 400, **more: Any) -> Answer:
    return Answer(status, {"error": {"message": text, "type": "invalid_request_error", **more}})


def like_gpt5(body: dict[str, Any], _: int) -> Answer:
    if "max_tokens" in body:
        words = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return refusal(words, param="max_tokens", code="unsupported_parameter")
    if body.get("temperature", 1) != 1:
        words = (
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is supported."
        )
        return refusal(words, param="temperature", code="unsupported_value")
    return Answer(body=completion(answer_to(body)))


def test_a_refused_parameter_is_renamed_or_dropped_once_and_said(persona: Persona, server: JudgeServer) -> None:
    server.script = like_gpt5
    found = judged(persona, server, concurrency=1)
    assert statuses(found) == {"ok"}
    assert [(note.code, note.values) for note in found.outcome.notes] == [
        ("judge_renamed", {"old": "max_tokens", "new": "max_completion_tokens"}),
        ("judge_dropped", {"parameter": "temperature"}),
    ]
    assert len(server.requests) == 4 + 2
    assert "max_completion_tokens" in server.requests[-1]


def test_many_calls_at_once_learn_it_together(persona: Persona, server: JudgeServer) -> None:
    server.script = like_gpt5
    found = judged(persona, server, 12, concurrency=8)
    assert statuses(found) == {"ok"}
    assert len(found.outcome.notes) == 2


@pytest.mark.parametrize(
    "refused",
    [
        refusal("This response_format type is unavailable now"),
        refusal("Invalid schema for response_format 'verdict'", param="response_format"),
        Answer(404, {"error": {"message": "No endpoints found that support json_schema", "code": 404}}),
        Answer(422, {"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]}),
    ],
)
def test_a_server_without_json_schema_is_asked_without_one(
    persona: Persona, server: JudgeServer, refused: Answer
) -> None:
    server.script = lambda body, n: refused if "response_format" in body else Answer(body=completion(answer_to(body)))
    found = judged(persona, server, concurrency=1)
    assert (statuses(found), codes(found)) == ({"ok"}, ["judge_no_schema"])
    assert len(server.requests) == 5


def test_a_server_that_asks_for_json_object_gets_it(persona: Persona, server: JudgeServer) -> None:
    def script(body: dict[str, Any], _: int) -> Answer:
        if body.get("response_format", {}).get("type") == "json_schema":
            return refusal("response_format 'json_schema' is not supported; use 'json_object'", param="response_format")
        plain = {name: value for name, value in body.items() if name != "response_format"}
        return Answer(body=completion(answer_to(plain)))

    server.script = script
    found = judged(persona, server, concurrency=1)
    assert (statuses(found), codes(found)) == ({"ok"}, ["judge_json_object"])
    assert server.requests[-1]["response_format"] == {"type": "json_object"}


def test_a_schema_with_min_items_is_softened_before_it_is_given_up(persona: Persona, server: JudgeServer) -> None:
    def script(body: dict[str, Any], _: int) -> Answer:
        if "minItems" in json.dumps(body):
            return refusal("In context=('properties', 'evidence'), 'minItems' is not permitted in the schema.")
        return Answer(body=completion(answer_to(body)))

    server.script = script
    found = judged(persona, server)
    assert (statuses(found), codes(found)) == ({"ok"}, ["judge_dropped"])
    assert "response_format" in server.requests[-1]


@pytest.mark.parametrize(
    ("words", "parameter", "value"),
    [
        ("top_logprobs must be less than or equal to 5", "top_logprobs", 5),
        ("Invalid value: 20 for top_logprobs, allowed range [0, 8]", "top_logprobs", 8),
        (
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
            "max_tokens",
            16,
        ),
    ],
)
def test_a_value_out_of_range_is_brought_into_it(words: str, parameter: str, value: int) -> None:
    wanted = {"max_tokens": 1, "top_logprobs": 20, "logprobs": True}
    dialect = Dialect("judge", droppable=())
    assert dialect.learn(400, words, None, wanted, wanted)
    assert dialect.spoken(wanted) == wanted | {parameter: value}
    assert not dialect.learn(400, words, None, dialect.spoken(wanted), wanted)


def test_what_names_no_parameter_is_no_refusal_of_one(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: refusal("the prompt has 9000 tokens, the context length is 4096")
    found = judged(persona, server, 1)
    assert (statuses(found), codes(found), len(server.requests)) == ({"error"}, [], 1)


@pytest.mark.parametrize(
    "around",
    [
        "```json\n%s\n```",
        "```\n%s\n```\n",
        "Here is my verdict:\n\n```json\n%s\n```",
        "判定です。\n%s",
        THOUGHT + "%s",
        THOUGHT + "```json\n%s\n```",
        "[THINK]{[/THINK]%s",
        "<seed:think>…</seed:think>\n%s",
        "the prompt opened the tag {\n</think>\n%s",
    ],
)
def test_json_is_read_from_fences_and_after_thinking(persona: Persona, server: JudgeServer, around: str) -> None:
    server.script = lambda body, n: Answer(body=completion(around % answer_to(body)))
    found = judged(persona, server)
    assert statuses(found) == {"ok"}
    assert {line.score for line in found.lines} == {5}


@pytest.mark.parametrize(
    "text", ['{"a": 1} and {"b": 2}', '```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```', "<think>{"]
)
def test_what_is_not_one_object_stays_unreadable(text: str) -> None:
    with pytest.raises(ValueError):
        json.loads(json_text(text))


def test_an_answer_in_parts_is_joined(persona: Persona, server: JudgeServer) -> None:
    def script(body: dict[str, Any], _: int) -> Answer:
        text = answer_to(body)
        whole = completion(None)
        whole["choices"][0]["message"]["content"] = [
            {"type": "text", "text": text[:9]},
            {"type": "text", "text": text[9:]},
        ]
        return Answer(body=whole)

    server.script = script
    assert statuses(judged(persona, server)) == {"ok"}


def test_a_judge_that_thinks_gets_room_once_and_for_all(persona: Persona, server: JudgeServer) -> None:
    def script(body: dict[str, Any], _: int) -> Answer:
        if body["max_tokens"] < 3000:
            return Answer(body=completion("<think>まだ考えている", finish="length"))
        return Answer(body=completion(THOUGHT + answer_to(body)))

    server.script = script
    assert statuses(judged(persona, server, concurrency=1)) == {"ok"}
    assert [request["max_tokens"] for request in server.requests] == [900, 3600, 3600, 3600, 3600]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "'response_format.type' must be 'json_schema' or 'text'"}, "'response_format.type' must be"),
        ({"detail": "Not enough memory"}, "Not enough memory"),
        ({"errors": [{"message": "quota of the day"}]}, "quota of the day"),
        ({"message": {"detail": [{"loc": ["body", "n"], "msg": "not a number"}]}}, "body.n; not a number"),
    ],
)
def test_the_servers_own_words_are_kept(persona: Persona, server: JudgeServer, body: Any, words: str) -> None:
    server.script = lambda _, n: Answer(418, body)
    found = judged(persona, server, 1)
    assert words in found.lines[0].error
    server.script = lambda _, n: Answer(200, body)
    assert words in judged(persona, server, 1).lines[0].error


def test_a_page_of_html_is_told_without_its_tags() -> None:
    page = b"<html><style>b {}</style><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"
    assert server_words(page) == "502 Bad Gateway nginx"
    assert len(server_words(b"x" * 5000)) == 300


@pytest.mark.parametrize(
    ("name", "model", "base_url"),
    [
        ("claude-sonnet@20240620", "claude-sonnet@20240620", None),
        ("@cf/meta/llama-3", "@cf/meta/llama-3", None),
        ("claude@20240620@http://h:1/v1", "claude@20240620", "http://h:1/v1"),
        ("m@https://h/v1", "m", "https://h/v1"),
    ],
)
def test_a_models_name_may_have_an_at_sign(name: str, model: str, base_url: str | None, server: JudgeServer) -> None:
    judge = judge_settings(name).judge
    assert (judge.model, judge.base_url) == (model, base_url)


def test_deployments_that_differ_by_path_share_no_verdict(persona: Persona, server: JudgeServer) -> None:
    ids = {judge_settings("m", f"http://h:1/{path}").judge.id for path in ("v1", "a/v1", "b/v1", "v1/")}
    assert ids == {"m@h:1", "m@h:1/a/v1", "m@h:1/b/v1"}


def test_an_address_may_have_a_query(persona: Persona, server: JudgeServer) -> None:
    settings = judge_settings("player", f"{server.url}?api-version=2024-10-21", timeout=5.0)
    found = judge_subjects([Subject("r0", persona, "質問", "元気ですわ")], [load_rubric("values")], settings)
    assert statuses(found) == {"ok"}
    assert settings.judge.id == judge_settings("player", server.url).judge.id


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.replace("資".encode(), b"\xe8\xb3"),
        lambda raw: raw.replace(b'"logprobs": null', b'"logprobs": NaN'),
    ],
    ids=["half a character", "NaN"],
)
def test_what_can_be_read_of_odd_json_is_read(persona: Persona, server: JudgeServer, damage: Any) -> None:
    server.script = lambda body, n: Answer(
        raw=damage(json.dumps(completion(answer_to(body)), ensure_ascii=False).encode())
    )
    found = judged(persona, server)
    assert (statuses(found), {line.score for line in found.lines}) == ({"ok"}, {5})
    assert len(server.requests) == 4


def test_an_unknown_price_is_never_told_as_zero(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(body=completion(answer_to(body)))
    assert "$" not in judged(persona, server).outcome.sentence()
    server.script = lambda body, n: refusal("no")
    assert "$" not in judged(persona, server, 5).outcome.sentence()


def test_what_cost_nothing_is_not_told_as_a_sum(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(body=completion(answer_to(body)))
    judged(persona, server)
    assert judged(persona, server).outcome.sentence() == "verdicts: 4 ok; nothing spent"
    assert judged(persona, server, 0).outcome.sentence() == "verdicts: nothing to judge; nothing spent"


def test_the_commonest_failure_is_told_once_with_what_helps(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(body=completion("元気ですね。"))
    found = judged(persona, server, 3)
    assert found.outcome.failures.total() == 3
    [told] = [remark for remark in found.outcome.remarks() if "--protocol text" in remark]
    assert "not valid JSON" in told
    assert "Expecting" not in told


def test_a_slow_judge_gives_a_sign_of_life(
    persona: Persona, server: JudgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kikime.judges.asking import alive

    monkeypatch.setattr(alive, "FIRST_SIGN", 0.05)
    server.script = lambda body, n: Answer(body=completion(answer_to(body)), delay=0.4)
    said: list[str] = []
    settings = judge_settings("player", server.url, timeout=5.0)
    judge_subjects([Subject("r0", persona, "質問", "元気ですわ")], [load_rubric("values")], settings, say=said.append)
    assert any("0" in sentence and "1" in sentence for sentence in said[1:])
    assert len(said) >= 2
