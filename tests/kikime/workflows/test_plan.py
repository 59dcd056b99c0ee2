"""What a plan says before anything is loaded."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.judges.jobs.session import judge_settings
from kikime.judges.verdicts.rubric import load_rubric
from kikime.workflows.plan import choose_materials, describe_plan, judge_cost, prepare_all
from tests.support.builders import facts_task, make_materials, talk_task


def prepared_for(*tasks, rubrics=None, **suite):
    materials = make_materials(tasks, **suite)
    return prepare(
        resolve_checkpoint("demo:august"), materials._replace(rubrics=rubrics or materials.rubrics), EngineOptions()
    )


@pytest.fixture(scope="module")
def prepared():
    return prepared_for(
        talk_task(3, rubrics=()), facts_task(rubrics=()), formats=("alpaca", "chatml", "vicuna"), shots=(0, 2)
    )


def test_cells_count_every_request_of_the_plan(prepared, tmp_path):
    found = describe_plan(prepared, tmp_path)
    expected = Counter((r.task, r.persona, r.format, r.shots, r.technique, r.context) for r in prepared.spool)
    assert {(c.task, c.persona, c.format, c.shots, c.technique, c.context): c.n for c in found.cells} == expected
    assert sum(cell.n for cell in found.cells) == found.n_replies == prepared.n_replies


def test_two_prompts_of_different_formats_are_shown(prepared, tmp_path):
    found = describe_plan(prepared, tmp_path)
    assert len(found.prompts) == len({shown.format for shown in found.prompts}) == 2
    rendered = {request.prompt for request in prepared.spool}
    assert all(shown.prompt in rendered for shown in found.prompts)


def test_one_format_shows_one_prompt(tmp_path):
    assert len(describe_plan(prepared_for(talk_task(2)), tmp_path).prompts) == 1


def test_a_plan_knows_the_checkpoint_and_how_long_it_may_take(prepared, tmp_path):
    found = describe_plan(prepared, tmp_path)
    assert found.model.name == "august"
    assert 0 < found.seconds[0] < found.seconds[1]
    assert found.n_too_long == 0
    assert found.n_prompt_tokens == sum(len(request.token_ids) for request in prepared.spool)


def test_a_plan_reads_back_from_its_json(prepared, tmp_path):
    found = describe_plan(prepared, tmp_path)
    assert msgspec.json.decode(found.to_json(), type=type(found)) == found
    assert len(found.to_frame()) == len(found.cells)


def test_the_same_plan_has_the_same_hash_and_another_has_another():
    hashes = [prepared_for(talk_task(n), personas=["bushi"]).plan_hash for n in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.fixture(scope="module")
def talk():
    return prepared_for(talk_task(3), rubrics={"character_v1": load_rubric("character_v1").model_dump(mode="json")})


def test_a_judge_costs_as_much_for_each_reply(talk):
    half = talk._replace(spool=[request for request in talk.spool if request.persona == "bushi"])
    whole, part = (judge_cost(plan, judge_settings("gpt-4o-mini").judge) for plan in (talk, half))
    assert whole.judge == "gpt-4o-mini"
    assert 0 < whole.usd[0] <= whole.usd[1]
    assert 0.4 < part.usd[0] / whole.usd[0] < 0.6


def test_a_task_that_nobody_judges_costs_nothing(prepared):
    assert judge_cost(prepared).usd == (0.0, 0.0)


def test_an_unknown_price_is_unknown_and_not_zero(talk):
    assert judge_cost(talk, judge_settings("my-own-judge").judge).usd is None


def test_a_served_model_is_asked_through_its_server(server, monkeypatch):
    monkeypatch.setattr("kikime.workflows.plan.check_options", lambda *_: None)
    materials = choose_materials("smoke", limit=1, formats=["native"], personas=["bushi"])
    [found] = prepare_all(f"openai:player@{server.url}", {}, materials, EngineOptions())
    assert found.options.engine == "openai"
    assert found.checkpoint.base_url == server.url
    assert found.n_prompt_tokens == 0
