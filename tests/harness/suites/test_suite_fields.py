"""A suite's own fields: references, names and sampling."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kikime.harness.suites.suite import SamplingOptions, Suite, in_order, restore_suite

FIELDS = {"id": "mine", "tasks": ["daily"], "personas": ["ojousama"], "formats": ["alpaca"]}


def suite(**fields):
    return Suite.model_validate({**FIELDS, **fields}, context={"resolved": True})


def test_names_are_each_once_in_the_order_in_which_they_come():
    assert in_order([["b", "a"], ["a", "c"], []]) == ["b", "a", "c"]


def test_every_persona_format_and_technique_of_a_task_belongs_to_the_suite():
    found = suite(
        tasks=[{"id": "daily", "personas": ["bushi"], "formats": ["chatml"], "techniques": ["no_style"]}, "style"],
        personas=["ojousama", "bushi"],
    )
    assert found.persona_names == ["ojousama", "bushi"]
    assert found.asked_personas == ["bushi", "ojousama"]
    assert found.format_names == ["chatml", "alpaca"]
    assert found.technique_names == ["no_style", "plain"]


def test_a_persona_that_no_task_asks_is_not_asked():
    found = suite(tasks=[{"id": "daily", "personas": ["bushi"]}])
    assert found.asked_personas == ["bushi"]
    assert found.persona_names == ["ojousama", "bushi"]


def test_references_become_ids_everywhere():
    found = suite(
        tasks=[{"id": "bank.yaml", "personas": ["card.yaml"]}, {"id": "daily"}], personas=["card.yaml", "bushi"]
    )
    renamed = found.renamed(
        tasks={"bank.yaml": ("bank",), "daily": ("daily",)},
        personas={"card.yaml": ("mine",)},
        formats={},
        techniques={"plain": ("plain", "more")},
    )
    assert [entry.id for entry in renamed.tasks] == ["bank", "daily"]
    assert renamed.tasks[0].personas == ("mine",)
    assert renamed.tasks[1].personas is None
    assert renamed.personas == ("mine", "bushi")
    assert renamed.formats == ("alpaca",)
    assert renamed.techniques == ("plain", "more")


def test_one_style_of_examples_needs_no_list():
    assert suite(shot_style="text").shot_style == ("text",)
    assert suite(shot_style=["text", "turns"]).shot_style == ("text", "turns")


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "My Suite"},
        {"tasks": []},
        {"personas": []},
        {"shots": []},
        {"shots": [33]},
        {"shots": ["two"]},
        {"repeats": 0},
        {"limit": 0},
        {"shot_style": "sideways"},
        {"sampling": {"temperature": -0.1}},
        {"sampling": {"top_p": 0}},
        {"sampling": {"top_p": 1.1}},
        {"sampling": {"seed": -1}},
        {"sampling": {"temprature": 1}},
        {"title": 3},
    ],
)
def test_what_no_suite_may_hold_is_refused(wrong):
    with pytest.raises(ValidationError):
        suite(**wrong)


def test_repeats_of_a_reply_differ_by_seed_only():
    options = SamplingOptions(temperature=0.7, top_p=0.9, seed=40)
    one, two = (options.for_reply(max_tokens=64, repeat=repeat) for repeat in (0, 2))
    assert (one.seed, two.seed) == (40, 42)
    assert (
        (one.temperature, one.top_p, one.max_tokens) == (two.temperature, two.top_p, two.max_tokens) == (0.7, 0.9, 64)
    )


def test_sampling_is_greedy_by_default():
    assert SamplingOptions().for_reply(max_tokens=1, repeat=0).temperature == 0


def test_a_stored_suite_may_name_what_this_machine_does_not_know():
    stored = {**FIELDS, "tasks": [{"id": "lost"}], "personas": ["lost"], "formats": ["lost"], "techniques": ["lost"]}
    assert restore_suite(stored).format_names == ["lost"]
