"""Replies that are stray pieces."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("user", "reply", "expected"),
    [
        ("おはよう。よく眠れた？", "1\n\n", 1),
        ("おはよう。よく眠れた？", "1.1\n\n", 1),
        ("おはよう。よく眠れた？", "B", 1),
        ("すいか。", "すか。", 1),
        ("すいか。", "かか。", 1),
        ("こんにちは。", "です。", 1),
        ("こんにちは。", "]", 1),
        ("すいか。", "かめ。", 0),
        ("すいか。", "かに", 0),
        ("りす。", "すし。", 0),
        ("空を飛べるのはどれですか？ 記号で答えてください。", "B", 0),
        ("猫は何匹いますか？", "2", 0),
        ("三つありますか？", "二つだ。", 0),
        ("よく眠れた？", "はい。", 0),
        ("よく眠れた？", "うん", 0),
        ("ねえ。", "……", 0),
        ("ねえ。", "え？", 0),
        ("", "1", 0),
    ],
)
def test_garbage(scorer: Scorer, user: str, reply: str, expected: int) -> None:
    assert scorer.score(reply, user=user)["garbage"] == expected


def test_an_answer_that_is_expected_may_be_a_number(scorer: Scorer) -> None:
    assert scorer.score("18", user="おとしは？", expect={"answers": ["18"]})["garbage"] == 0
    assert scorer.score("すか。", user="おとしは？", expect={"answers": ["18"]})["garbage"] == 1
