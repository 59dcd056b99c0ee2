"""What measuring adds to the scorer's metrics."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson
import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.request import Reply
from kikime.harness.metrics.jsonlines import score_lines
from kikime.harness.plan.planner import Identity, Planner
from kikime.harness.prompts import load_format, load_tokenizer, scoring
from kikime.harness.run.measuring import Measuring
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite


@pytest.fixture(scope="module")
def planned(august):
    suite = Suite.model_validate(
        {"id": "x", "tasks": ["daily"], "personas": ["ojousama"], "formats": ["vicuna"], "limit": 1},
        context={"folder": Path()},
    )
    materials = gather_materials(suite)
    [request] = Planner(materials, load_tokenizer(str(august)), Identity("m", "vllm/auto")).requests()
    return Measuring(materials), request


@pytest.mark.parametrize(
    ("stop_reason", "expected"), [("USER:", 1), ("ASSISTANT:", 1), ("</s>", 0), (None, 0), ("2", 0)]
)
def test_a_reply_that_only_a_stop_string_ended_is_counted(planned, stop_reason, expected):
    measure, request = planned
    reply = Reply(request.key, "薔薇が好きですわ。", "stop", stop_reason=stop_reason)
    assert measure(request, reply)["stop_by_string"] == expected


def test_nobody_knows_what_ended_a_reply_where_the_server_renders(planned):
    measure, request = planned
    asked = msgspec.structs.replace(request, token_ids=[])
    assert measure(asked, Reply(request.key, "薔薇が好きですわ。", "stop"))["stop_by_string"] is None


def test_a_failed_reply_says_nothing_about_how_it_stopped(planned):
    measure, request = planned
    failed = Reply(request.key, "", "error", error="too long")
    assert measure(request, failed)["stop_by_string"] is None
    assert measure(request, failed)["critical_failure"] == 1


def test_the_turn_word_of_a_new_format_is_a_leak_in_run_and_score(planned, monkeypatch):
    _, request = planned
    card = load_persona("ojousama")
    vicuna = load_format("vicuna")
    new = vicuna.model_copy(update={"roles": vicuna.roles.model_copy(update={"user": ("Gast:",)})})
    monkeypatch.setattr(scoring, "known_formats", lambda: [vicuna, new])
    suite = Suite.model_validate(
        {"id": "x", "tasks": ["daily"], "personas": ["ojousama"], "formats": ["vicuna"], "limit": 1},
        context={"folder": Path()},
    )
    reply = "薔薇が好きですわ。\nGast: 次"
    measured = Measuring(gather_materials(suite))(request, Reply(request.key, reply, "stop"))
    line = orjson.dumps({"id": 1, "response": reply})
    [scored] = score_lines([line], persona=card, scorer_of=scoring.scorer_of)
    assert (measured["turn_leak"], scored.metrics["turn_leak"]) == (1, 1)
