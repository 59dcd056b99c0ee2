from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.plan.planner import Identity, Planner, plan_digest
from kikime.harness.plan.spool import Spool
from kikime.harness.prompts import load_tokenizer
from kikime.harness.suites.grid import Materials, cells, gather_materials, spread
from kikime.harness.suites.suite import Suite
from kikime.harness.suites.task import Item, Task


def suite(**fields) -> Suite:
    defaults = {"id": "x", "tasks": ["daily"], "personas": ["ojousama"], "formats": ["alpaca"], "limit": 3}
    return Suite.model_validate({**defaults, **fields}, context={"folder": Path()})


@pytest.fixture(scope="module")
def tokenizer(august):
    return load_tokenizer(str(august))


def plan(tokenizer, *, fingerprint="m", **fields):
    planner = Planner(gather_materials(suite(**fields)), tokenizer, Identity(fingerprint, "vllm/auto"))
    return list(planner.requests())


def test_the_same_inputs_give_the_same_keys(tokenizer):
    first, second = plan(tokenizer), plan(tokenizer)
    assert [r.key for r in first] == [r.key for r in second]


def test_keys_are_unique_over_the_grid(tokenizer):
    keys = [r.key for r in plan(tokenizer, formats=["alpaca", "native", "chatml"], shots=[0, 2], repeats=2)]
    assert len(keys) == len(set(keys)) == 3 * 3 * 2 * 2


def test_another_model_shares_pair_keys_but_no_key(tokenizer):
    ours, theirs = plan(tokenizer, fingerprint="a"), plan(tokenizer, fingerprint="b")
    assert [r.pair_key for r in ours] == [r.pair_key for r in theirs]
    assert not {r.key for r in ours} & {r.key for r in theirs}


@pytest.mark.parametrize(
    "change",
    [
        {"sampling": {"temperature": 0.7}},
        {"sampling": {"top_p": 0.9}},
        {"sampling": {"seed": 1}},
        {"sampling": {"top_k": 5}},
        {"sampling": {"repetition_penalty": 1.1}},
        {"shots": [1]},
        {"formats": ["vicuna"]},
        {"personas": ["bushi"]},
    ],
)
def test_changing_what_determines_a_reply_changes_its_key(tokenizer, change):
    assert not {r.key for r in plan(tokenizer)} & {r.key for r in plan(tokenizer, **change)}


def test_requests_that_share_a_prefix_are_neighbours(tokenizer):
    requests = plan(tokenizer, formats=["alpaca", "chatml"], personas=["ojousama", "bushi"], shots=[0, 1])
    groups = [(r.format, r.persona, r.shots) for r in requests]
    assert len([g for g, before in zip(groups, [None, *groups], strict=False) if g != before]) == len(set(groups))


def test_repeats_differ_by_seed_only(tokenizer):
    first, second = plan(tokenizer, repeats=2, limit=1)
    assert (first.token_ids, first.seed + 1) == (second.token_ids, second.seed)


def test_example_sets_count_only_with_shots(tokenizer):
    requests = plan(tokenizer, shots=[0, 1], example_sets=[0, 1], limit=1)
    assert [(r.shots, r.example_set) for r in requests] == [(0, 0), (1, 0), (1, 1)]


def test_a_limit_spreads_over_the_bank():
    items = [Item(id=str(n), user="あ") for n in range(10)]
    assert [item.id for item in spread(items, 3)] == ["0", "3", "6"]


def test_materials_survive_the_manifest():
    materials = gather_materials(suite(personas=["ojousama", "bushi"]))
    restored = Materials.from_json(materials.to_json())
    assert restored.to_json() == materials.to_json()
    assert len(list(cells(restored))) == len(list(cells(materials)))


def test_two_files_with_one_id_are_refused(tmp_path):
    bank = "id: daily\nversion: 1\ntitle: t\nmeasures: m\nsource: s\nmetrics: []\nitems: [{id: a, user: あ}]\n"
    (tmp_path / "mine.yaml").write_text(bank, encoding="utf-8")
    with pytest.raises(UsageError, match="daily"):
        gather_materials(suite(tasks=["daily", str(tmp_path / "mine.yaml")]))


def scripted(tokenizer, **fields) -> Planner:
    item = Item(id="d1", user="おはよう", script=("普通に話して", "また明日"), **fields)
    task = Task(id="talk", version=1, title="t", measures="m", source="s", metrics=(), items=(item,))
    materials = gather_materials(suite(limit=None))
    selection = materials.suite.tasks[0].model_copy(update={"id": "talk"})
    changed = materials.suite.model_copy(update={"tasks": (selection,)})
    return Planner(Materials.of(changed, {"talk": task}, materials.personas), tokenizer, Identity("m", "vllm/auto"))


def test_what_the_character_made_up_is_expected_of_it_again(tokenizer):
    planner = scripted(tokenizer, recalls={3: 1}, keeps={3: (("青",), ("赤",))})
    [first] = planner.requests()
    second = planner.next_turn(first, "赤い傘ですわ。")
    assert planner.next_turn(second, "青空ですわ。").expect == {"answers": ["赤"], "wrong": ["青"]}
    second = planner.next_turn(first, "傘は持ちませんわ。")
    assert planner.next_turn(second, "青空ですわ。").expect == {}


def test_a_later_turn_contains_the_models_own_reply(tokenizer):
    planner = scripted(tokenizer)
    [first] = planner.requests()
    second = planner.next_turn(first, "ごきげんよう、ですわ")
    third = planner.next_turn(second, "承知いたしましたわ")
    assert [m["content"] for m in third.history] == [
        "おはよう",
        "ごきげんよう、ですわ",
        "普通に話して",
        "承知いたしましたわ",
    ]
    assert "ごきげんよう、ですわ" in third.prompt
    assert (third.turn, third.user) == (2, "また明日")
    assert planner.next_turn(third, "ええ") is None


LORE = """
id: lore
version: 1
title: 資料
measures: 資料に従うか
source: 自作
metrics: [critical_failure]
items:
  - id: a
    lorebook:
      - {keys: [鐘], content: 鐘は五時に鳴る。}
      - {keys: [橋], content: 橋は石でできている。}
    user: 鐘の音が聞こえますか？
    script: [では、橋は見えますか？]
"""


def test_lore_enters_the_system_text_once_its_keys_come_up(tokenizer, tmp_path):
    bank = tmp_path / "lore.yaml"
    bank.write_text(LORE, encoding="utf-8")
    planner = Planner(gather_materials(suite(tasks=[str(bank)])), tokenizer, Identity("m", "vllm/auto"))
    (first,) = planner.requests()
    assert "鐘は五時に鳴る。" in first.system
    assert "橋は石でできている。" not in first.system
    second = planner.next_turn(first, "ええ。")
    assert second is not None
    assert "鐘は五時に鳴る。\n橋は石でできている。" in second.system


def test_the_spool_gives_back_what_was_added(tokenizer):
    spool, requests = Spool(), plan(tokenizer)
    for request in requests:
        spool.add(request)
    assert list(spool) == requests
    assert list(spool) == requests


def test_the_plan_digest_depends_on_order():
    assert plan_digest(["a", "b"]) != plan_digest(["b", "a"])
