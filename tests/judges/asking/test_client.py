from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from contextlib import suppress

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.engines.served.keys import redactor
from kikime.harness.words.catalogue import Translator
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.job import Judged
from kikime.judges.jobs.session import JudgeSettings, judge_settings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric
from tests.support.judge_server import KEY, Answer, JudgeServer, api_error, completion, good, judged_text, verdict


def replies(persona: Persona, n: int = 1) -> list[Subject]:
    return [Subject(f"r{i}", persona, f"質問その{i}", f"わたくしは元気ですわ、{i}回目ですの") for i in range(n)]


def run(persona: Persona, settings: JudgeSettings, n: int = 1, rubric: str = "character_v1") -> Judged:
    return judge_subjects(replies(persona, n), [load_rubric(rubric)], settings)


def statuses(judged: Judged) -> set[str]:
    return {line.status for line in judged.lines}


def test_one_call_gives_one_line_per_criterion_and_its_cost_once(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    judged = run(persona, settings)
    assert [line.criterion for line in judged.lines] == ["tone", "personality", "facts", "appropriateness"]
    assert len(server.requests) == 1
    assert sum(line.n_in for line in judged.lines) == 1000
    assert sum(line.n_out for line in judged.lines) == 200
    assert sum(line.cost_usd for line in judged.lines) == pytest.approx((1000 * 0.15 + 200 * 0.60) / 1e6)
    assert {(line.score, line.status, line.grounded) for line in judged.lines} == {(5, "ok", True)}
    assert judged.lines[0].snapshot == "judge-2026-01-01"
    assert judged.outcome.complete


def test_the_same_verdict_is_never_bought_twice(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    first, second = run(persona, settings, 5), run(persona, settings, 5)
    assert len(server.requests) == 5
    assert first.lines == second.lines


def test_identical_replies_share_one_call(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    subjects = [Subject(f"r{n}", persona, "元気ですか", "元気ですわ") for n in range(6)]
    judged = judge_subjects(subjects, [load_rubric("values")], settings)
    assert len(server.requests) == 1
    assert [line.n_in for line in judged.lines] == [1000, 0, 0, 0, 0, 0]


def test_the_same_reply_to_another_question_is_another_verdict(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    subjects = [Subject("a", persona, "好きですか", "はい"), Subject("b", persona, "嫌いですか", "はい")]
    judged = judge_subjects(subjects, [load_rubric("values")], settings)
    assert len({line.key for line in judged.lines}) == len(server.requests) == 2


def test_retry_after_is_honoured(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    server.script = lambda body, n: (
        api_error(429, "slow down", "rate_limit_exceeded", retry_after="1") if n == 0 else good(body)
    )
    assert statuses(run(persona, settings)) == {"ok"}
    assert server.times[1] - server.times[0] >= 1.0


def test_insufficient_quota_stops_the_whole_job_at_once(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: (
        good(body) if n < 3 else api_error(429, "You exceeded your current quota", "insufficient_quota")
    )
    one_at_a_time = judge_settings("gpt-4o-mini", server.url, concurrency=1)
    judged = run(persona, one_at_a_time, 20)
    assert len(server.requests) == 4
    assert [line.status for line in judged.lines] == ["ok"] * 12 + ["quota"] * 68
    assert judged.outcome.stop is not None
    server.script = good
    assert statuses(run(persona, one_at_a_time, 20)) == {"ok"}
    assert len(server.requests) == 4 + 17


def test_server_errors_are_asked_again_at_most_six_times(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: api_error(500, "oops", retry_after="0")
    judged = run(persona, settings)
    assert len(server.requests) == 6
    assert statuses(judged) == {"error"}
    assert {line.score for line in judged.lines} == {None}


def test_a_dropped_connection_is_asked_again(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(drop=True) if n == 0 else good(body)
    assert statuses(run(persona, settings)) == {"ok"}
    assert len(server.requests) == 2


def test_a_timeout_is_a_status(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(body=completion("{}"), delay=2.0)
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, timeout=0.7))
    assert statuses(judged) == {"timeout"}
    assert len(server.requests) == 2


def test_a_truncated_answer_is_asked_again_with_more_room(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: Answer(body=completion('{"reasoning": "あ', finish="length"))
    assert statuses(run(persona, settings)) == {"truncated"}
    assert [request["max_completion_tokens"] for request in server.requests] == [900, 1800, 3600]


def test_a_refusal_is_final(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(body=completion(None, refusal="I can't help with that."))
    assert statuses(run(persona, settings)) == {"refused"}
    assert statuses(run(persona, settings)) == {"refused"}
    assert len(server.requests) == 1


@pytest.mark.parametrize("score", [True, 7.0, "7", 0, 8, None, [7]])
def test_only_an_integer_from_one_to_seven_is_a_score(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, score: object
) -> None:
    server.script = lambda body, n: good(body, score=score)
    judged = run(persona, settings)
    assert statuses(judged) == {"invalid"}
    assert {line.score for line in judged.lines} == {None}
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "content", ["", "7", "{", '{"tone": 7}', '{"tone": 7, "tone": 1}', "null", "```json\n{}\n```", '{"tone": NaN}']
)
def test_malformed_json_is_invalid_and_asked_again(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, content: str
) -> None:
    server.script = lambda body, n: Answer(body=completion(content))
    assert statuses(run(persona, settings)) == {"invalid"}
    calls = len(server.requests)
    server.script = good
    again = run(persona, settings)
    assert statuses(again) == {"ok"}
    assert sum(line.n_in for line in again.lines) == 1000 * (calls + 1)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"choices": []}', b'{"choices": [{"message": 3}]}'])
def test_a_body_that_is_no_completion_is_invalid(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, raw: bytes
) -> None:
    server.script = lambda body, n: Answer(raw=raw)
    assert statuses(run(persona, settings)) == {"invalid"}


@pytest.mark.parametrize("quotes", [["ここにない言葉"], ["元気ですわ", "ない"], [""], ["「」"], []])
def test_a_quote_that_is_not_in_the_reply_makes_the_verdict_ungrounded(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, quotes: list[str]
) -> None:
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body, evidence=quotes))))
    judged = run(persona, settings)
    assert {(line.status, line.grounded, line.score) for line in judged.lines} == {("ungrounded", False, 5)}
    run(persona, settings)
    assert len(server.requests) == 1


def test_a_wrong_key_is_one_line_and_nothing_more_is_asked(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: api_error(401, f"Incorrect API key provided: {KEY}.", "invalid_api_key")
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, concurrency=1), 10)
    assert len(server.requests) == 1
    assert judged.outcome.stop is not None
    assert "key" in judged.outcome.stop.message
    assert KEY not in str(judged)


def test_nobody_there_stops_the_job(persona: Persona, server: JudgeServer) -> None:
    settings = judge_settings("gpt-4o-mini", "http://127.0.0.1:9/v1", concurrency=4)
    started = time.monotonic()
    judged = run(persona, settings, 50)
    assert judged.outcome.stop is not None
    assert "cannot be reached" in judged.outcome.stop.message
    [stored] = {line.error for line in judged.lines}
    assert Translator.of("ja").stored(stored) == "接続を拒否されました"
    assert time.monotonic() - started < 8


def test_an_unknown_model_stops_the_job(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    server.script = lambda body, n: api_error(404, "The model `x` does not exist", "model_not_found")
    judged = run(persona, judge_settings("x", server.url, concurrency=1), 10)
    assert len(server.requests) == 1
    assert judged.outcome.stop is not None


def test_the_budget_is_never_exceeded_even_by_unexpected_prices(persona: Persona, server: JudgeServer) -> None:
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body)), usage=usage), delay=0.05)
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, concurrency=16, max_usd=0.5), 40)
    assert 1 <= len(server.requests) <= 3
    assert judged.outcome.spent_usd <= 0.5
    assert {line.status for line in judged.lines} == {"ok", "budget"}


def test_remaining_requests_of_the_headers_are_respected(persona: Persona, server: JudgeServer) -> None:
    left = itertools.chain([2, 1, 0], itertools.repeat(100))

    def script(body: dict[str, object], n: int) -> Answer:
        answer = good(body)
        answer.headers = {
            "x-ratelimit-limit-requests": "100",
            "x-ratelimit-remaining-requests": str(next(left)),
            "x-ratelimit-reset-requests": "600ms",
        }
        return answer

    server.script = script
    run(persona, judge_settings("gpt-4o-mini", server.url, concurrency=1), 5)
    assert server.times[3] - server.times[2] >= 0.6


def test_unknown_prices_are_unknown_not_zero(persona: Persona, server: JudgeServer) -> None:
    judged = run(persona, judge_settings("my-own-judge", server.url))
    assert {line.cost_usd for line in judged.lines} == {None}


def test_concurrency_is_kept(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body))), delay=0.05)
    run(persona, judge_settings("gpt-4o-mini", server.url, concurrency=3), 12)
    assert server.most_in_flight == 3


def test_several_samples_are_averaged(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: good(body, score=[4, 5, 7][body["seed"]])
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, samples=3), rubric="values")
    assert judged.lines[0].expected_score == pytest.approx(16 / 3)
    assert judged.lines[0].score == 5
    assert judged.lines[0].n_in == 3000


def test_dist_takes_the_expected_score_over_the_tokens(persona: Persona, server: JudgeServer) -> None:
    top = [
        {"token": t, "logprob": p, "bytes": None}
        for t, p in (("6", -0.5108), (" 6", -2.302), ("5", -1.609), ("x", -2.3026))
    ]
    logprobs = {"content": [{"token": "6", "logprob": -0.5, "bytes": None, "top_logprobs": top}]}
    server.script = lambda body, n: Answer(body=completion("6", finish="length", logprobs=logprobs))
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, protocol="dist"))
    assert len(server.requests) == 4
    line = judged.lines[0]
    assert (line.score, line.status, line.protocol) == (6, "ok", "dist")
    assert line.expected_score == pytest.approx((6 * 0.7 + 5 * 0.2) / 0.9, abs=1e-3)
    assert line.mass == pytest.approx(0.9, abs=1e-3)


def test_dist_refuses_a_distribution_that_is_not_about_scores(persona: Persona, server: JudgeServer) -> None:
    top = [{"token": "5", "logprob": -3.0}, {"token": "はい", "logprob": -0.1}]
    server.script = lambda body, n: Answer(body=completion("はい", logprobs={"content": [{"top_logprobs": top}]}))
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, protocol="dist"), rubric="values")
    assert statuses(judged) == {"invalid"}


def test_text_protocol_reads_the_last_lines(persona: Persona, server: JudgeServer) -> None:
    server.script = lambda body, n: Answer(
        body=completion("口調は良い。\ntone: 6\npersonality: 5\nfacts: 7\nappropriateness: 4")
    )
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, protocol="text"))
    assert [line.score for line in judged.lines] == [6, 5, 7, 4]
    assert "response_format" not in server.requests[0]


@pytest.mark.parametrize(
    ("choices", "preference"), [("AB", "a"), ("BA", "b"), ("AA", "tie"), ("BB", "tie"), (("tie", "tie"), "tie")]
)
def test_a_pair_is_asked_in_both_orders_and_disagreement_is_a_tie(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, choices: str, preference: str
) -> None:
    def script(body: dict[str, object], n: int) -> Answer:
        value = verdict(body) | {"preference": choices[0 if judged_text(body) == "ごきげんよう" else 1]}
        return Answer(body=completion(json.dumps(value)))

    server.script = script
    pair = Subject("p", persona, "やあ", "ごきげんよう", rival="よお")
    judged = judge_subjects([pair], [load_rubric("pairwise_v1")], settings)
    assert len(server.requests) == 2
    assert judged.lines[0].preference == preference


def pair_lines(persona: Persona, settings: JudgeSettings) -> dict[str, object]:
    pair = Subject("p", persona, "やあ", "ごきげんよう", rival="よお")
    [line] = judge_subjects([pair], [load_rubric("pairwise_v1")], settings).lines
    return line


def test_a_pair_without_an_answer_says_why_and_prefers_nobody(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: (
        api_error(400, "no such parameter")
        if judged_text(body) == "よお"
        else Answer(body=completion(json.dumps(verdict(body))))
    )
    line = pair_lines(persona, settings)
    assert (line.status, line.preference, line.score, line.order_consistent) == ("error", None, None, None)
    assert line.error == "400: no such parameter"


@pytest.mark.parametrize(
    ("quotes", "status", "grounded"),
    [
        ((["ごきげん"], ["よお"]), "ok", True),
        ((["ごきげん"], ["ない"]), "ungrounded", False),
        (([], []), "ungrounded", False),
    ],
)
def test_a_pair_is_grounded_when_both_orders_quote_what_was_said(
    persona: Persona,
    settings: JudgeSettings,
    server: JudgeServer,
    quotes: tuple[list[str], ...],
    status: str,
    grounded: bool | None,
) -> None:
    server.script = lambda body, n: Answer(
        body=completion(json.dumps(verdict(body, evidence=quotes[judged_text(body) == "よお"])))
    )
    line = pair_lines(persona, settings)
    assert (line.status, line.grounded, line.error) == (status, grounded, "")


@pytest.mark.parametrize("raw", ["HELLO\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"])
def test_a_server_that_does_not_speak_http_is_a_status(persona: Persona, server: JudgeServer, raw: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer_all, args=(listening, raw.encode()), daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        judged = run(persona, judge_settings("gpt-4o-mini", url, concurrency=1))
    assert statuses(judged) == {"error"}
    assert "\n" not in str(judged.lines[0].error)


def answer_all(listening: socket.socket, raw: bytes) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.recv(1 << 20)
            connection.sendall(raw)
            connection.close()


def test_what_is_left_of_a_budget_is_never_negative_and_no_limit_stays_none() -> None:
    settings = judge_settings("gpt-4o-mini", max_usd=1.0)
    assert settings.after(0.25).max_usd == pytest.approx(0.75)
    assert settings.after(0.25).judge is settings.judge
    assert settings.after(2.0).max_usd == 0.0
    assert judge_settings("gpt-4o-mini").after(2.0).max_usd is None


def test_nothing_is_asked_once_the_budget_is_gone(persona: Persona, server: JudgeServer) -> None:
    judged = run(persona, judge_settings("gpt-4o-mini", server.url, max_usd=1.0).after(1.0))
    assert statuses(judged) == {"budget"}
    assert server.requests == []


@pytest.mark.parametrize(
    ("key", "text", "clean"),
    [
        ("abc", "key abc!", "key [redacted]!"),
        ("abc", "abcd xabc abc-1", "abcd xabc abc-1"),
        ("7", "鍵は7です、17点", "鍵は[redacted]です、17点"),
        ("long-secret", "xlong-secrety", "x[redacted]y"),
        ("a.b(c", "key: a.b(c", "key: [redacted]"),
        ("", "nothing", "nothing"),
    ],
)
def test_any_key_is_masked_and_a_short_one_only_where_it_stands_alone(key: str, text: str, clean: str) -> None:
    assert redactor(key)(text) == clean


def test_a_rubric_that_fits_nothing_is_named_with_those_that_do(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    with pytest.raises(UsageError, match="pairwise_v1") as error:
        run(persona, settings, rubric="pairwise_v1")
    assert "character_v1" in str(error.value.hint)
    assert server.requests == []


def test_the_key_never_comes_back(
    persona: Persona, settings: JudgeSettings, server: JudgeServer, tmp_path: object
) -> None:
    value = {"reasoning": f"鍵は{KEY}", "evidence": []}
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body) | value), system_fingerprint=KEY))
    judged = run(persona, settings)
    assert server.keys == {f"Bearer {KEY}"}
    assert KEY not in str(judged)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())  # type: ignore[operator]
    assert stored
    assert KEY.encode() not in stored


def test_a_wait_longer_than_two_minutes_is_not_waited(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: api_error(429, "tomorrow", retry_after="86400")
    judged = run(persona, settings)
    assert statuses(judged) == {"error"}
    assert len(server.requests) == 1


def test_no_evidence_is_demanded_of_an_empty_reply(
    persona: Persona, settings: JudgeSettings, server: JudgeServer
) -> None:
    server.script = lambda body, n: Answer(body=completion(json.dumps(verdict(body, 1, evidence=[]))))
    judged = judge_subjects([Subject("r0", persona, "元気ですか", " ")], [load_rubric("values")], settings)
    assert {(line.status, line.grounded, line.score) for line in judged.lines} == {("ok", None, 1)}
    assert "minItems" not in json.dumps(server.requests[0])


def test_one_score_for_everything_is_a_warning(persona: Persona, settings: JudgeSettings, server: JudgeServer) -> None:
    [found] = run(persona, settings, 3).outcome.warnings
    assert (found.code, found.values) == ("one_score", {"judge": settings.judge.id, "score": 5.0, "n": 12})
    assert run(persona, settings, 2).outcome.warnings == []
