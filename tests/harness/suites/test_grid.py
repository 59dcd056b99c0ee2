"""The grid: which cells there are, in which order, and what of it a manifest keeps."""

from __future__ import annotations

from itertools import groupby, product

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.suites.grid import (
    Materials,
    cells,
    gather_materials,
    spread,
    stored_formats,
    stored_techniques,
)
from kikime.harness.suites.suite import Suite
from kikime.harness.suites.task import Item, Task
from tests.support.builders import make_materials, talk_task

PERSONAS = ("ojousama", "bushi")


def grid(tasks=("talk",), n=3, **fields):
    """Materials of tasks of ``n`` items each, with further fields of the suite."""
    entries = fields.pop("entries", None)
    materials = make_materials([talk_task(n, id=name) for name in tasks], personas=PERSONAS, **fields)
    if entries is None:
        return materials
    suite = Suite.model_validate(
        {**materials.suite.model_dump(mode="json"), "tasks": entries}, context={"resolved": True}
    )
    return Materials.of(suite, materials.tasks, materials.personas)


def conditions(materials):
    return {(c.persona.id, c.task.id, *c.condition, c.repeat) for c in cells(materials)}


def test_every_combination_is_asked_once():
    materials = grid(formats=("alpaca", "chatml"), shots=(0, 2), techniques=("plain", "no_style"), repeats=2)
    found = [(c.persona.id, c.item.id, *c.condition, c.repeat) for c in cells(materials)]
    expected = product(PERSONAS, ("t00", "t01", "t02"), ("alpaca", "chatml"), (0, 2), ("plain", "no_style"), (0, 1))
    assert len(found) == len(set(found)) == len(list(expected))


def test_cells_that_share_a_prompts_beginning_stand_together():
    materials = grid(
        tasks=("talk", "more"), formats=("alpaca", "chatml"), shots=(2, 0), techniques=("plain", "no_style")
    )
    order = [(c.condition.format, c.persona.id, c.condition.shots) for c in cells(materials)]
    assert [key for key, _ in groupby(order)] == list(product(("alpaca", "chatml"), PERSONAS, (0, 2)))


def test_without_examples_there_is_one_way_to_show_them():
    materials = grid(shots=(0, 2), shot_style=("turns", "text"), example_sets=(0, 1, 2))
    ways = {(c.condition.shots, c.condition.shot_style, c.condition.example_set) for c in cells(materials)}
    assert ways == {(0, "turns", 0), *((2, style, number) for style in ("turns", "text") for number in range(3))}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"formats": ["chatml"]}, {"format": {"chatml"}}),
        ({"shots": [1]}, {"shots": {1}}),
        ({"shots": []}, {"shots": set()}),
        ({"techniques": ["no_style"]}, {"technique": {"no_style"}}),
        ({"shots": [2], "shot_style": "text"}, {"shot_style": {"text"}}),
    ],
)
def test_what_a_task_says_for_itself_wins(entry, expected):
    materials = grid(formats=("alpaca",), entries=[{"id": "talk", **entry}])
    for axis, values in expected.items():
        assert {getattr(c.condition, axis) for c in cells(materials)} == values


def test_a_task_may_be_for_some_personas_only():
    materials = grid(tasks=("talk", "more"), entries=[{"id": "talk", "personas": ["bushi"]}, {"id": "more"}])
    asked = {(c.task.id, c.persona.id) for c in cells(materials)}
    assert asked == {("talk", "bushi"), ("more", "ojousama"), ("more", "bushi")}


def test_two_entries_of_a_task_add_their_conditions_and_ask_nothing_twice():
    entries = [{"id": "talk", "formats": ["alpaca"], "limit": 1}, {"id": "talk", "formats": ["alpaca", "chatml"]}]
    materials = grid(formats=("alpaca",), entries=entries)
    asked = [(c.persona.id, c.condition.format, c.item.id) for c in cells(materials)]
    assert len(asked) == len(set(asked))
    assert sum(form == "alpaca" for _, form, _ in asked) == 2  # one item for each persona: the first entry counts
    assert sum(form == "chatml" for _, form, _ in asked) == 6


def test_an_item_for_other_personas_is_passed_over():
    items = (Item(id="all", user="やあ"), Item(id="own", user="やあ", personas=("bushi",)))
    materials = make_materials([talk_task(items=items)], personas=PERSONAS)
    assert {(c.persona.id, c.item.id) for c in cells(materials)} == {
        ("ojousama", "all"),
        ("bushi", "all"),
        ("bushi", "own"),
    }


def test_a_context_is_asked_of_the_items_that_have_it():
    items = (Item(id="bare", user="やあ"), Item(id="told", user="やあ", contexts={"relevant": "薔薇は赤い。"}))
    materials = make_materials([talk_task(items=items)], personas=["bushi"], contexts=("none", "relevant"))
    assert [(c.item.id, c.condition.context) for c in cells(materials)] == [
        ("bare", "none"),
        ("told", "none"),
        ("told", "relevant"),
    ]


def test_a_task_without_a_persona_is_asked_once_and_not_of_each():
    materials = make_materials([talk_task(2, bare=True)], personas=PERSONAS)
    assert {c.persona.id for c in cells(materials)} == {PERSONAS[0]}


@pytest.mark.parametrize(("limit", "n"), [(1, 1), (2, 2), (9, 9), (10, 10), (11, 10), (None, 10)])
def test_a_limit_is_an_upper_bound(limit, n):
    found = spread([Item(id=f"i{k}", user="x") for k in range(10)], limit)
    assert len(found) == len({item.id for item in found}) == n


def test_fewer_items_are_spread_over_the_bank_and_are_always_the_same():
    items = [Item(id=f"i{k}", user="x") for k in range(10)]
    assert [item.id for item in spread(items, 5)] == ["i0", "i2", "i4", "i6", "i8"]
    assert spread([], 3) == []


def test_a_tasks_own_limit_wins_over_the_suites():
    materials = grid(n=6, limit=4, entries=[{"id": "talk", "limit": 2}])
    assert len({c.item.id for c in cells(materials)}) == 2
    assert len({c.item.id for c in cells(grid(n=6, limit=4))}) == 4


def test_materials_come_back_from_a_manifest_as_they_were():
    materials = grid(formats=("alpaca", "native"), techniques=("no_style", "plain"), shots=(0, 2), sampling={"seed": 7})
    back = Materials.from_json(materials.to_json())
    assert back.to_json() == materials.to_json()
    assert conditions(back) == conditions(materials)


def test_the_formats_of_a_run_are_those_of_its_manifest():
    stored = grid(formats=("alpaca",)).to_json()
    stored["formats"]["alpaca"]["title"] = "むかしの書式"
    assert stored_formats(stored)["alpaca"].title == "むかしの書式"


def test_an_old_run_uses_what_is_known_of_its_formats_and_techniques():
    stored = grid(formats=("alpaca", "chatml"), techniques=("plain",)).to_json()
    stored.pop("formats")
    stored.pop("techniques")
    stored["suite"]["formats"] = ["alpaca", "lost"]
    stored["suite"]["techniques"] = ["plain", "lost"]
    assert list(stored_formats(stored)) == ["alpaca"]
    assert list(stored_techniques(stored)) == ["plain"]


CARD = """
id: {id}
name: 絢音
profile: 高校生である。
length: {{chars: [1, 40], target: 20}}
"""
BANK = """
id: {id}
version: 1
title: 試し
measures: 口調
source: 自作
metrics: [style_band]
items:
  - {{id: a, user: やあ}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in (("card", CARD), ("same", CARD), ("bank", BANK), ("again", BANK)):
        (tmp_path / f"{name}.yaml").write_text(text.format(id="mine"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suite(**fields):
    return Suite.model_validate(
        {"id": "x", "tasks": ["bank.yaml"], "personas": ["card.yaml"], "formats": ["alpaca"], **fields},
        context={"folder": None},
    )


def test_files_are_named_by_the_ids_that_stand_in_them(folder):
    found = gather_materials(suite())
    assert (list(found.tasks), list(found.personas)) == (["mine"], ["mine"])
    assert [entry.id for entry in found.suite.tasks] == ["mine"]
    assert found.suite.personas == ("mine",)


@pytest.mark.parametrize("twice", [{"personas": ["card.yaml", "same.yaml"]}, {"tasks": ["bank.yaml", "again.yaml"]}])
def test_two_files_of_one_id_are_refused(folder, twice):
    with pytest.raises(UsageError, match="mine"):
        gather_materials(suite(**twice))


def test_rubrics_stay_references_until_somebody_reads_them(folder):
    assert gather_materials(suite()).rubrics == {}

    class Read:
        def __init__(self, reference):
            self.id = f"own-{reference}"

        def model_dump(self, *, mode):
            return {"id": self.id, "mode": mode}

    found = gather_materials(suite(), Read)
    assert found.tasks["mine"].rubrics == ("own-character_v1",)
    assert found.rubrics == {"own-character_v1": {"id": "own-character_v1", "mode": "json"}}


def test_materials_of_ids_that_are_not_known_are_refused():
    chosen = Suite.model_validate(
        {"id": "x", "tasks": ["talk"], "personas": ["bushi"], "formats": ["lost"]}, context={"resolved": True}
    )
    with pytest.raises(UsageError, match="lost"):
        Materials.of(chosen, {"talk": talk_task(1)}, {})


def test_a_task_is_what_it_measures_and_its_hash_says_so():
    one, same, other = talk_task(2), talk_task(2), talk_task(3)
    assert isinstance(one, Task)
    assert one.hash == same.hash != other.hash
