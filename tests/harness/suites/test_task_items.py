"""The items of a bank, and what is expected at each turn."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.core.errors import UsageError
from kikime.harness.suites.task import Item, Task
from tests.support.builders import facts_task, talk_task

CARD = load_persona("ojousama")
MINE = Persona.model_validate(
    {
        "id": "mine",
        "name": "絢音",
        "profile": "高校生である。",
        "length": {"chars": [1, 40], "target": 20},
        "facts": [
            {"id": "tea", "question": "好きな飲み物は？", "answers": ["紅茶"], "paraphrases": ["何を飲みますか？"]},
            {"id": "age", "question": "何歳？", "answers": ["17歳"], "readings": ["じゅうななさい"], "wrong": ["20歳"]},
        ],
    }
)


def item(**fields):
    return Item.model_validate({"id": "a", "user": "やあ", **fields})


def test_each_question_of_a_fact_is_an_item():
    found = facts_task().items_for(MINE)
    assert [one.id for one in found] == ["tea.0", "tea.1", "age.0"]
    assert [one.user for one in found] == ["好きな飲み物は？", "何を飲みますか？", "何歳？"]
    assert found[0].expect == {"answers": ["紅茶"], "wrong": []}
    assert found[2].expect["wrong"] == ["20歳"]


def test_what_a_card_does_not_answer_is_to_be_left_open():
    task = facts_task(items_from="unanswerable", metrics=("abstained",))
    found = task.items_for(CARD)
    assert [one.user for one in found] == [asked.question for asked in CARD.unanswerable]
    assert all(one.expect == {"abstain": True} for one in found)
    assert task.items_for(MINE) == ()


def test_a_fact_is_found_by_its_id_or_by_a_question_of_it():
    task = facts_task()
    assert task.item("tea", MINE) == task.item("tea.0", MINE)
    assert task.item("tea.1", MINE).user == "何を飲みますか？"


@pytest.mark.parametrize("wrong", ["te", "tea.2", "", "薔薇"])
def test_an_item_that_is_not_there_is_an_error_of_ours(wrong):
    with pytest.raises(UsageError):
        facts_task().item(wrong, MINE)


def test_items_of_cards_say_whose_they_are():
    found = facts_task().all_items([MINE, CARD])
    assert {one.personas for one in found} == {("mine",), ("ojousama",)}
    assert talk_task(2).all_items([MINE, CARD]) == talk_task(2).items


@pytest.mark.parametrize("field", ["pressure", "english"])
def test_a_turn_that_is_not_in_the_script_is_refused(field):
    assert item(script=["次は？"], **{field: [2]})
    with pytest.raises(ValueError, match="turn 3"):
        item(script=["次は？"], **{field: [3]})


def test_what_a_turn_asks_of_the_card_is_expected_there_only():
    asked = item(script=["何歳？", "では。"], asks={2: "age"}, expect={"answers": ["やあ"]})
    assert [asked.expect_at(turn, MINE).get("answers") for turn in range(3)] == [["やあ"], ["17歳"], ["やあ"]]


def test_a_card_without_the_fact_is_not_checked():
    asked = item(script=["何歳？"], asks={2: "no such fact"})
    assert asked.expect_at(1, MINE) == {}


def test_english_is_expected_where_english_is_spoken():
    asked = item(script=["In English, please."], english=[2])
    assert "language" not in asked.expect_at(0, MINE)
    assert asked.expect_at(1, MINE)["language"] == "en"


def test_facts_that_a_reply_should_use_bring_their_words():
    assert item(about=["age", "no such fact"]).expect_at(0, MINE) == {"mentions": ["17歳", "じゅうななさい"]}
    assert item(about=["no such fact"]).expect_at(0, MINE) == {}


def test_a_tasks_length_is_expected_unless_the_item_has_its_own():
    task = talk_task(1, length="free")
    assert task.expect_at(item(), 0, MINE) == {"length": "free"}
    assert talk_task(1).expect_at(item(), 0, MINE) == {}
    ranged = talk_task(1, length={"chars": [10, 20], "target": 15})
    assert ranged.expect_at(item(), 0, MINE)["length"]["chars"] == [10, 20]


LABELLED = {
    "label_sets": {"natural": ("肯定", "否定"), "flipped": ("否定", "肯定")},
    "items": tuple(Item(id=f"i{n}", user="x", expect={"label": n % 2}) for n in range(2)),
}


def test_a_labelled_item_is_asked_once_per_set_of_labels():
    found = talk_task(**LABELLED).items_for(MINE)
    assert [one.id for one in found] == ["i0.natural", "i1.natural", "i0.flipped", "i1.flipped"]
    assert found[2].expect == {"label": 0, "labels": ["否定", "肯定"], "kind": "flipped"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"label_sets": {"natural": ("a", "b"), "more": ("a", "b", "c")}},
        {"demonstrations": [{"text": "x", "label": 2}]},
        {"items": (Item(id="i", user="x", expect={"label": 5}),)},
    ],
)
def test_labels_are_positions_in_sets_of_one_length(wrong):
    fields = {**talk_task(1).model_dump(mode="json"), "label_sets": {"natural": ("a", "b")}, "items": LABELLED["items"]}
    Task.model_validate(fields)
    with pytest.raises(ValueError, match="label"):
        Task.model_validate({**fields, **wrong})


def test_a_task_lists_its_items_or_takes_them_from_the_card():
    with pytest.raises(ValueError, match="items"):
        Task.model_validate({**talk_task(1).model_dump(mode="json"), "items_from": "facts"})
    with pytest.raises(ValueError, match="items"):
        Task.model_validate({**talk_task(1).model_dump(mode="json"), "items": []})


def test_without_a_persona_its_voice_and_length_mean_nothing():
    measured = {"style_band": 0.5, "length_fit": 1.0, "turn_leak": 0.0, "fact_correct": 1.0}
    assert talk_task(1).kept(measured) == measured
    bare = talk_task(1, bare=True, metrics=("length_fit",))
    assert bare.kept(measured) == {"length_fit": 1.0, "turn_leak": 0.0, "fact_correct": 1.0}


def test_probes_are_no_part_of_what_a_run_stores():
    asked = item(probes={"right": ["a", "b", "c"], "wrong": ["d", "e", "f"]})
    assert "probes" not in asked.model_dump(mode="json")
    assert talk_task(items=(asked,)).hash == talk_task(items=(item(),)).hash


def test_newer_fields_change_no_hash_while_they_are_not_used():
    assert "about" not in item().model_dump(mode="json")
    assert "about" in item(about=["tea"]).model_dump(mode="json")


SCENE = {
    "scene": "放課後の教室で、二人は窓辺にいる。",
    "partner": {"who": "後輩", "wants": "名前を覚えてほしい。", "speaks": "です・ます"},
    "script": ["わたしは藤本です。", "名前を覚えていますか？"],
}


def dialogue_task(*items, **fields):
    base = {
        "id": "t",
        "kind": "dialogue",
        "version": 1,
        "title": "題",
        "measures": "測る",
        "source": "自作",
        "metrics": [],
    }
    return Task.model_validate({**base, "items": list(items), **fields})


def test_what_is_expected_of_one_turn_holds_there_alone():
    scene = item(**SCENE, expects={3: {"answers": ["藤本"]}})
    assert [scene.expect_at(turn, CARD) for turn in range(3)] == [{}, {}, {"answers": ["藤本"]}]


def test_a_turn_that_is_expected_something_of_exists():
    with pytest.raises(ValueError, match="no turn 4"):
        item(**SCENE, expects={4: {"answers": ["藤本"]}})


def test_an_unknown_check_of_a_turn_is_refused():
    with pytest.raises(ValueError, match="answer"):
        item(**SCENE, expects={3: {"anwsers": ["藤本"]}})


@pytest.mark.parametrize("lacking", ["scene", "partner", "script"])
def test_a_scene_is_complete(lacking):
    dialogue_task({"id": "a", "user": "やあ", **SCENE})
    with pytest.raises(ValueError, match="scene 'a' needs"):
        dialogue_task({"id": "a", "user": "やあ", **{name: SCENE[name] for name in SCENE if name != lacking}})


def test_a_scene_stands_in_a_bank_of_dialogues():
    with pytest.raises(ValueError, match="kind: dialogue"):
        dialogue_task({"id": "a", "user": "やあ", **SCENE}, kind=None)


def test_an_item_without_a_scene_is_stored_as_before():
    assert {"scene", "partner", "ends", "expects"}.isdisjoint(item().model_dump(mode="json"))
