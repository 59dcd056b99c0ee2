"""Labelled examples and the continuations that are scored."""

from __future__ import annotations

from collections import Counter

import pytest

from kikime.harness.core.messages import user
from kikime.harness.plan.candidates import CONTENT_FREE, _shared, candidates, demonstrations
from kikime.harness.prompts import Renderer, load_format, load_tokenizer
from kikime.harness.suites.task import Item
from tests.support.builders import talk_task

LABELS = ("肯定", "否定")
TASK = talk_task(
    1,
    id="icl",
    demonstrations=[{"text": f"例{n}", "label": n % 2} for n in range(6)],
    label_sets={"natural": LABELS},
    items=(Item(id="a", user="x", expect={"label": 0}),),
)


def shown(count, example_set=0, labels=LABELS):
    messages = demonstrations(TASK, labels, count, example_set)
    return list(zip(messages[::2], messages[1::2], strict=True))


@pytest.mark.parametrize("count", [2, 4, 6])
def test_examples_are_balanced_over_the_classes(count):
    answers = Counter(answer["content"] for _, answer in shown(count))
    assert answers == dict.fromkeys(LABELS, count // 2)


def test_no_class_is_always_the_last_one_before_the_question():
    assert [answer["content"] for _, answer in shown(4)] == ["肯定", "否定", "否定", "肯定"]


def test_no_example_is_shown_twice_and_no_more_than_there_are():
    asked = [question["content"] for question, _ in shown(99)]
    assert sorted(asked) == sorted(d.text for d in TASK.demonstrations)
    assert shown(0) == []


def test_the_order_is_fixed_by_the_set_and_differs_between_sets():
    assert shown(6) == shown(6)
    assert shown(6, example_set=1) != shown(6, example_set=2)


def test_more_examples_begin_with_the_fewer_ones():
    assert shown(6)[:2] == shown(2)


def test_other_labels_name_the_same_classes():
    natural, flipped = shown(4), shown(4, labels=LABELS[::-1])
    assert [question for question, _ in natural] == [question for question, _ in flipped]
    assert all(one["content"] != other["content"] for (_, one), (_, other) in zip(natural, flipped, strict=True))


def test_a_task_without_examples_shows_none():
    assert demonstrations(talk_task(1), LABELS, 4, 0) == []


@pytest.fixture(scope="module")
def renderer(august):
    return Renderer(load_format("alpaca"), load_tokenizer(str(august)), persona=None)


def test_every_label_is_scored_after_the_question_and_after_nothing(renderer):
    item = Item(id="a", user="これは？", expect={"label": 0, "labels": list(LABELS)})
    found = candidates(item, [user("これは？")], renderer)
    assert [candidate.name for candidate in found] == ["label.0", "label.1", "free.0", "free.1"]
    assert [candidate.text for candidate in found] == [*LABELS, *LABELS]
    assert found[0].token_ids[: found[0].start] == found[1].token_ids[: found[1].start]
    assert found[0].token_ids != found[2].token_ids
    assert found[2].token_ids[: found[2].start] == renderer.render([user(CONTENT_FREE)]).token_ids


def test_an_old_and_a_new_fact_are_scored_after_the_same_words(renderer):
    item = Item(id="a", user="好きな色は？", expect={"probe": {"prefix": "わたくしは", "old": "赤", "new": "青"}})
    old, new = candidates(item, [user("好きな色は？")], renderer)
    assert (old.name, old.text, new.name, new.text) == ("old", "赤", "new", "青")
    assert old.start == new.start
    assert old.token_ids[: old.start] == new.token_ids[: new.start]


def test_an_item_that_is_answered_in_words_is_not_scored(renderer):
    assert candidates(Item(id="a", user="やあ"), [user("やあ")], renderer) == []


@pytest.mark.parametrize(
    ("before", "whole", "start"),
    [([1, 2], [1, 2, 3], 2), ([1, 2], [1, 9, 3], 1), ([1, 2], [1], 1), ([], [5], 0), ([1], [1], 1)],
)
def test_tokens_that_merge_across_the_seam_belong_to_the_continuation(before, whole, start):
    assert _shared(before, whole) == start
