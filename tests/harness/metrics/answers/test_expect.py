"""What an item expects."""

from __future__ import annotations

from typing import Any

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.metrics import Scorer, check_expect


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"answer": ["a"]}, "did you mean 'answers'"),
        ({"answers": "a"}, "list of texts"),
        ({"answers": []}, "at least one"),
        ({"answers": [""]}, "list of texts"),
        ({"wrong": ["a"]}, "needs expect.answers"),
        ({"abstain": "yes"}, "true or false"),
        ({"abstain": True, "answers": ["a"]}, "never both"),
        ({"constraints": {"kind": "json"}}, "is a list"),
        ({"constraints": [{"kind": "jso"}]}, "unknown constraint"),
        ({"reference": 3}, "expect.reference is a text"),
        ({"broken": ""}, "expect.broken is a text"),
        ({"kind": None}, "expect.kind is a text"),
        ({"label": "1"}, "expect.label is a whole number"),
        ({"label": True}, "expect.label is a whole number"),
        ({"label": -1}, "expect.label is a whole number"),
        ({"label": 0, "labels": "ab"}, "list of two or more"),
        ({"label": 0, "labels": ["a"]}, "list of two or more"),
        ({"label": 0, "labels": ["a", "a"]}, "list of two or more"),
        ({"label": 2, "labels": ["a", "b"]}, "needs expect.label"),
        ({"labels": ["a", "b"]}, "needs expect.label"),
        ({"probe": {"prefix": "a", "old": "b"}}, "expect.probe has prefix, old, new"),
        ({"probe": {"prefix": "a", "old": "b", "new": 3}}, "expect.probe has prefix, old, new"),
        ({"probe": ["a"]}, "expect.probe has prefix, old, new"),
        ({"probe": {"prefix": "a", "old": "b", "new": "b"}}, "the same"),
        ({"refrence": "a"}, "did you mean 'reference'"),
    ],
)
def test_wrong_expect(expect: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_expect(expect)


@pytest.mark.parametrize(
    "expect",
    [
        {"constraints": [{"kind": "json"}], "reference": "{}", "broken": "いいえ"},
        {"label": 1, "labels": ["良い", "悪い"], "kind": "natural"},
        {"label": 1},
        {"probe": {"prefix": "名前は", "old": "ロミオ", "new": "ボブ"}},
        {},
    ],
)
def test_fields_of_banks_are_known(expect: dict[str, Any]) -> None:
    check_expect(expect)


def test_without_expect_there_are_no_item_metrics(scorer: Scorer) -> None:
    assert not {"fact_correct", "abstained", "constraint_ok"} & scorer.score("絢音ですわ").keys()


def test_facts_after_a_leak_do_not_count(scorer: Scorer) -> None:
    measured = scorer.score("存じませんわ\nUSER: アメリカ", expect={"answers": ["アメリカ"]})
    assert (measured["fact_correct"], measured["abstained"]) == (0, 1)


def test_constraints_read_the_raw_reply(scorer: Scorer) -> None:
    assert scorer.score(" B\n", expect={"constraints": [{"kind": "letter_only"}]})["constraint_ok"] == 1


def test_unanswerable_item(scorer: Scorer) -> None:
    measured = scorer.score("358099112233445ですわ", expect={"abstain": True})
    assert (measured["abstained"], measured["hallucinated"]) == (0, 1)
