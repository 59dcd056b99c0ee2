"""A judge as configuration, and the calls that a reply needs."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.judges.verdicts.judge import COT_TOKENS, Judge, plan_calls
from kikime.judges.verdicts.models import end_warning, model_card
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.record import Usage
from kikime.judges.verdicts.rubric import load_rubric

OWN = "http://127.0.0.1:8000/v1"
CHARACTER, PAIR = load_rubric("character_v1"), load_rubric("pairwise_v1")


@pytest.mark.parametrize(
    ("base_url", "official", "name"),
    [
        (None, True, "gpt-4o-mini"),
        ("https://api.openai.com/v1", True, "gpt-4o-mini"),
        (OWN, False, "gpt-4o-mini@127.0.0.1:8000"),
        ("https://example.org/v1", False, "gpt-4o-mini@example.org"),
        ("https://api.openai.com.example.org/v1", False, "gpt-4o-mini@api.openai.com.example.org"),
    ],
)
def test_a_judge_is_filed_under_its_model_and_its_server(base_url: str | None, official: bool, name: str) -> None:
    judge = Judge(base_url=base_url)
    assert (judge.official, judge.id) == (official, name)


@pytest.mark.parametrize("wrong", [{"protocol": "vote"}, {"samples": 0}, {"samples": -1}])
def test_a_wrong_judge_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Judge(**wrong)  # type: ignore[arg-type]


def test_a_pair_is_always_judged_with_reasons() -> None:
    judge = Judge(protocol="dist")
    assert judge.protocol_for(CHARACTER) == "dist"
    assert judge.protocol_for(PAIR) == "cot"


def subject(persona: Persona, **more: object) -> Subject:
    return Subject("r1", persona, "やあ", "ごきげんよう、よい朝ですわ", **more)  # type: ignore[arg-type]


def test_reasons_are_asked_once_for_all_criteria(persona: Persona) -> None:
    [call] = plan_calls(subject(persona), CHARACTER, Judge())
    assert call.asked == tuple(criterion.id for criterion in CHARACTER.criteria)
    assert call.output_limit == COT_TOKENS
    assert call.body["temperature"] == 0
    assert call.body["response_format"]["json_schema"]["strict"] is True


def test_several_samples_differ_by_seed_and_are_warmer(persona: Persona) -> None:
    calls = list(plan_calls(subject(persona), CHARACTER, Judge(samples=3)))
    assert [call.body["seed"] for call in calls] == [0, 1, 2]
    assert {call.body["temperature"] for call in calls} == {0.8}
    assert len({call.key for call in calls}) == 3


def test_probabilities_are_asked_criterion_by_criterion(persona: Persona) -> None:
    calls = list(plan_calls(subject(persona), CHARACTER, Judge(protocol="dist", samples=1)))
    assert [call.asked for call in calls] == [(criterion.id,) for criterion in CHARACTER.criteria]
    assert all(call.output_limit == 1 and call.body["logprobs"] for call in calls)


def test_a_pair_is_shown_in_both_orders(persona: Persona) -> None:
    first, second = plan_calls(subject(persona, rival="やあ。"), PAIR, Judge())
    texts = [call.body["messages"][-1]["content"] for call in (first, second)]
    assert texts[0].index("よい朝") < texts[0].index('"返答B"')
    assert texts[1].index("よい朝") > texts[1].index('"返答B"')
    assert first.key != second.key


def test_a_pair_needs_a_second_reply(persona: Persona) -> None:
    with pytest.raises(UsageError):
        list(plan_calls(subject(persona), PAIR, Judge()))


@pytest.mark.parametrize("change", [{"model": "gpt-6-luna"}, {"base_url": OWN}, {"protocol": "dist"}])
def test_whoever_is_asked_otherwise_is_asked_anew(persona: Persona, change: dict[str, object]) -> None:
    [before, *_] = plan_calls(subject(persona), CHARACTER, Judge())
    [after, *_] = plan_calls(subject(persona), CHARACTER, Judge(**change))  # type: ignore[arg-type]
    assert before.key != after.key


def test_the_same_question_has_the_same_key(persona: Persona) -> None:
    keys = [call.key for _ in range(2) for call in plan_calls(subject(persona), CHARACTER, Judge())]
    other = Subject("another id", persona, "やあ", "ごきげんよう、よい朝ですわ")
    [call] = plan_calls(other, CHARACTER, Judge())
    assert {*keys, call.key} == {keys[0]}


def test_japanese_is_estimated_dearer_than_ascii(persona: Persona) -> None:
    def estimated(text: str) -> int:
        [call] = plan_calls(Subject("r", persona, "x", text), CHARACTER, Judge())
        return call.estimated_in

    base = estimated("")
    assert estimated("a" * 100) - base == pytest.approx(30, abs=1)
    assert estimated("あ" * 100) - base == pytest.approx(90, abs=1)


@pytest.mark.parametrize(
    ("n_in", "n_out", "n_cached", "usd"),
    [(1_000_000, 0, 0, 0.15), (0, 1_000_000, 0, 0.6), (1_000_000, 0, 1_000_000, 0.075), (10, 0, 99, 10 * 0.075 / 1e6)],
)
def test_a_call_costs_what_its_tokens_cost(n_in: int, n_out: int, n_cached: int, usd: float) -> None:
    price = model_card("gpt-4o-mini").price
    assert price is not None
    assert price.cost(n_in, n_out, n_cached) == pytest.approx(usd)


def test_an_unknown_model_has_an_unknown_price_and_the_older_option() -> None:
    assert model_card("my-judge").price is None
    assert model_card("my-judge").output_limit == "max_tokens"
    assert model_card("gpt-4o-mini-2024-07-18") == model_card("gpt-4o-mini")
    assert model_card("gpt-4o-mini-2024") == model_card("my-judge")


def test_the_end_of_a_model_is_told_when_it_is_near() -> None:
    from datetime import timedelta

    ends = model_card("gpt-4o-mini").ends
    assert ends is not None
    assert end_warning("gpt-4o-mini", ends - timedelta(days=91)) is None
    for days in (90, 0, -1):
        assert ends.isoformat() in (end_warning("gpt-4o-mini", ends - timedelta(days=days)) or "")
    assert end_warning("my-judge", ends) is None


def test_usage_adds_up_and_an_unknown_price_stays_unknown() -> None:
    one, two = Usage(10, 5, 2, 0.25, 1), Usage(20, 5, 0, 0.5, 2)
    assert one + two == Usage(30, 10, 2, 0.75, 3)
    assert (one + Usage(1, 1, 0, None, 1)).cost_usd is None
    assert (Usage(cost_usd=None) + one).n_in == 10
