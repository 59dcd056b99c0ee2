"""Every bundled bank loads, is complete, repeats nothing and expects what its own verifiers accept."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from kikime.harness.cards.persona import load_persona, persona_ids
from kikime.harness.metrics import METRICS, Measured
from kikime.harness.metrics.answers.constraints import measure_constraints
from kikime.harness.metrics.answers.correct import Answer
from kikime.harness.metrics.answers.facts import measure_fact
from kikime.harness.prompts.scoring import scorer_of
from kikime.harness.suites.task import Item, load_task, task_ids
from kikime.judges.verdicts.rubric import rubric_ids

BANKS = task_ids()
LABEL_METRICS = {"label_correct", "label_margin", "probe_shift", "probe_new_first"}

FIXED = {
    "preferences": 20,
    "daily": 30,
    "daily_en": 10,
    "profile_talk": 15,
    "rag_relevant": 15,
    "rag_irrelevant": 15,
    "rag_conflicting": 19,
    "catchphrase": 8,
    "bullets": 8,
    "summary": 8,
    "response_length": 20,
    "answer_form": 20,
    "conversation_end": 15,
    "steadiness": 5,
    "reasoning": 60,
    "icl_sentiment": 3 * 60,
    "honesty": 30,
    "false_premises": 10,
    "form_facts": 20,
    "form_facts_cloze": 20,
    "style": 16,
    "steerability": 12,
    "several_speakers": 14,
    "emotion": 14,
    "initiative": 12,
    "long_memory": 16,
    "lorebook": 12,
    "values": 3,
    "language_noise": 18,
}
"""Items of each bank that every persona is asked; in-context learning asks each with three label sets."""


@cache
def listed_items() -> list[tuple[str, Item]]:
    return [(bank, item) for bank in BANKS for item in load_task(bank).items]


def with_expect(key: str) -> list[Any]:
    return [pytest.param(item, id=f"{bank}-{item.id}") for bank, item in listed_items() if key in item.expect]


@pytest.mark.parametrize("bank", BANKS)
def test_a_bank_says_what_it_measures_and_where_the_idea_comes_from(bank: str) -> None:
    task = load_task(bank)
    assert task.id == bank
    assert re.search(r"[ぁ-ん一-龥ァ-ヴ]", task.title)
    assert len(task.measures) >= 15
    assert len(task.source) >= 15
    assert set(task.metrics) <= METRICS.keys() | LABEL_METRICS
    assert set(task.rubrics) <= set(rubric_ids())


@pytest.mark.parametrize("bank", sorted(FIXED))
@pytest.mark.parametrize("persona", persona_ids())
def test_every_persona_is_asked_the_same_number_of_items(bank: str, persona: str) -> None:
    assert len(load_task(bank).items_for(load_persona(persona))) == FIXED[bank]


@pytest.mark.parametrize("persona", persona_ids())
def test_items_from_the_card_are_enough(persona: str) -> None:
    card = load_persona(persona)
    assert len(load_task("persona_facts").items_for(card)) >= 45
    assert len(load_task("unanswerable").items_for(card)) >= 10


def test_no_user_turn_is_in_two_banks_or_in_an_example() -> None:
    asked = Counter(item.user.strip() for _, item in listed_items())
    for persona in map(load_persona, persona_ids()):
        asked.update({example.user.strip() for example in persona.examples} & asked.keys())
        asked.update({q for fact in persona.facts for q in (fact.question, *fact.paraphrases)} & asked.keys())
        asked.update({unknown.question for unknown in persona.unanswerable} & asked.keys())
    assert [text for text, count in asked.items() if count > 1] == []


def test_personas_of_items_exist() -> None:
    named = {persona for _, item in listed_items() for persona in item.personas}
    assert named <= set(persona_ids())


@pytest.mark.parametrize("item", with_expect("constraints"))
def test_the_verifier_accepts_the_reference_and_rejects_the_broken_reply(item: Item) -> None:
    expect = item.expect
    assert measure_constraints(expect["reference"], expect["constraints"])["constraint_ok"] == 1
    assert measure_constraints(expect["broken"], expect["constraints"])["constraint_ok_loose"] == 0


@pytest.mark.parametrize("item", with_expect("answers"))
def test_every_listed_answer_is_recognised(item: Item) -> None:
    for answer in item.expect["answers"]:
        assert measure_fact(f"{answer}です。", Answer([answer]))["fact_correct"] == 1


@pytest.mark.parametrize("item", with_expect("answers"))
def test_echoing_the_question_is_no_answer(item: Item) -> None:
    given = measure_fact(item.user, Answer(item.expect["answers"], item.expect.get("wrong", ())))["fact_correct"]
    assert given == 0 or echo_of_choices(item.user)["prompt_echo"] == 1


def echo_of_choices(question: str) -> Measured:
    """What is measured where a question that names the answer among others is said over again."""
    return scorer_of(load_persona("ojousama")).score(question, user=question, expect={})


def test_every_scene_has_ten_turns_or_more_and_a_user_who_wants_something() -> None:
    scenes = [item for bank, item in listed_items() if load_task(bank).kind == "dialogue"]
    assert len(scenes) >= 3
    for item in scenes:
        assert 1 + len(item.script) >= 10, item.id
        assert item.partner is not None, item.id
        assert min(map(len, (item.scene, item.partner.wants))) >= 15, item.id


def test_given_facts_hold_the_answer() -> None:
    for bank, item in listed_items():
        for kind in {"relevant", "conflicting"} & item.contexts.keys():
            if "answers" in item.expect:
                found = measure_fact(item.contexts[kind], Answer(item.expect["answers"]))
                assert found["fact_correct"] == 1, f"{bank} {item.id}"


def test_irrelevant_facts_are_what_must_not_appear() -> None:
    for item in load_task("rag_irrelevant").items:
        words = item.expect["constraints"][0]["words"]
        assert any(word in item.contexts["irrelevant"] for word in words), item.id
        assert not any(word in item.user for word in words), item.id


def test_scripted_dialogues_have_twelve_turns() -> None:
    for item in load_task("steadiness").items:
        assert len(item.script) == 11, item.id
        assert item.pressure == (6, 7), item.id


@pytest.mark.parametrize("words", ["普通に話して", "ですわ」は禁止", "英語だけで", "役を降りて"])
def test_every_kind_of_pressure_is_in_a_pressure_turn(words: str) -> None:
    assert any(words in item.script[turn - 2] for item in load_task("steadiness").items for turn in item.pressure)


@pytest.mark.parametrize("persona", persona_ids())
def test_each_dialogue_asks_for_a_fact_before_and_after_the_pressure(persona: str) -> None:
    card = load_persona(persona)
    answers = {fact.id: fact.answers for fact in card.facts}
    for item in load_task("steadiness").items_for(card):
        before, after = sorted(item.asks)
        assert before < min(item.pressure), item.id
        assert after > max(item.pressure), item.id
        for turn, fact in item.asks.items():
            asked = item.script[turn - 2]
            assert item.expect_at(turn - 1, card)["answers"] == list(answers[fact]), item.id
            assert not any(answer in asked for answer in answers[fact]), asked
        assert item.expect_at(0, card) == {}


def test_the_cloze_asks_for_the_probes_facts() -> None:
    probes = load_task("form_facts").items
    for item, probe in zip(load_task("form_facts_cloze").items, probes, strict=True):
        expect = probe.expect["probe"]
        assert item.expect["answers"] == [expect["new"]]
        assert expect["old"] in item.expect["wrong"]
        assert item.contexts == probe.contexts
        assert item.user == f"{expect['prefix']}、＿＿です。"


def test_histories_end_with_the_character() -> None:
    for item in load_task("conversation_end").items:
        roles = [turn.role for turn in item.history]
        assert roles == ["user", "assistant"] * (len(roles) // 2), item.id


def test_report_prompts_are_verbatim() -> None:
    task = load_task("rag_talk")
    assert task.instruction == (
        "お嬢様のように振る舞ってほしいです。お嬢様が使うようなトーン、方式、語彙を使ってお嬢様のように応答してほしいです。"
        "応答の長さは1文程度で、30文字程度に簡潔に応答してください。"
    )
    assert task.context_instruction == (
        "また応答の参考になりうるお嬢様の情報を与えます。"
        "応答の参考にならない情報を含む場合もあるのでその場合は無視してください。"
    )
    assert load_task("response_length").instruction == "応答の長さは1文程度で、30文字程度で簡潔に応答してください。"


def test_demonstrations_take_turns_and_are_never_asked() -> None:
    task = load_task("icl_sentiment")
    assert [d.label for d in task.demonstrations] == [0, 1] * 16
    assert Counter(item.expect["label"] for item in task.items) == {0: 30, 1: 30}
    assert not {d.text for d in task.demonstrations} & {item.user for item in task.items}
    assert task.label_sets["flipped"] == task.label_sets["natural"][::-1]


def test_probes_edit_one_fact_and_state_it_in_the_context() -> None:
    for item in load_task("form_facts").items:
        probe = item.expect["probe"]
        assert probe.keys() == {"prefix", "old", "new"}
        assert probe["new"] in item.contexts["relevant"], item.id
        assert probe["old"] not in item.contexts["relevant"], item.id
        assert not any(answer in item.user for answer in (probe["old"], probe["new"])), item.id


def japanese_texts() -> list[str]:
    items = [item for _, item in listed_items()]
    turns = [turn.content for item in items for turn in item.history]
    scripts = [line for item in items for line in item.script]
    contexts = [text for item in items for text in item.contexts.values()]
    texts = [*(item.user for item in items), *turns, *scripts, *contexts]
    return [text for text in texts if re.search(r"[ぁ-んァ-ヴ一-龥]", text)]


def test_japanese_texts_are_clean() -> None:
    wrong = re.compile(r"[ｦ-ﾟ]|  |[ぁ-ん一-龥][,!?]|。。|、、|をを|がが|にに|です。です|ますます。| $|^ ", re.MULTILINE)
    assert [text for text in japanese_texts() if wrong.search(text)] == []
    unbalanced = [
        text for text in japanese_texts() if any(text.count(a) != text.count(b) for a, b in ("「」", "（）", "『』"))
    ]
    assert unbalanced == []


def test_japanese_questions_end_with_a_mark() -> None:
    ends = re.compile(r"[。？！…」]\Z")
    assert [
        item.user for _, item in listed_items() if item.user in japanese_texts() and not ends.search(item.user)
    ] == []
