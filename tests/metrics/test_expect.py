"""What an item expects."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UsageError
from harness.metrics import Scorer, check_expect


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
    ],
)
def test_wrong_expect(expect: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
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
