"""Echoes of the question, the system prompt and the format."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer

PROFILE = "店の二階で黒猫のソースと暮らしている。弟の星太は京都の大学で天文学を学んでいる。"


@pytest.mark.parametrize(
    ("user", "reply", "expected"),
    [
        ("今夜は星がよく見えるね。", "星がよく見えるね。", 1),
        ("今夜は星がよく見えるね。", "星がよく見えるね", 1),
        ("おはよう。よく眠れた？", "おはよう。よく眠れた？\n\n", 1),
        ("すいか。", "すいか。", 1),
        ("定休日は月曜日でしたよね。明日は開いていますか？", "開いていますか？", 1),
        ("月はどうして形が変わるのですか？", "月は形が変わるのですか？", 1),
        ("月はどうして形が変わるのですか？", "月は形が変わるのですか？" * 9, 1),
        ("定休日は月曜日でしたよね。明日は開いていますか？", "はい、明日は開いています。", 0),
        ("お兄さんはフランスでの暮らしに慣れましたか？", "はい、フランスでの暮らしに慣れました。", 0),
        ("おはよう。よく眠れた？", "よく眠れた。", 0),
        ("ハムスターは何してる？", "ハムスターは何してる", 1),
        ("お昼は何か食べた？", "お昼は何か食べた。", 0),
        ("おはよう。", "おはよう。", 0),
        ("ありがとうございます。", "ありがとうございます。", 0),
        ("今夜は星がよく見えるね。", "本当に、星がよく見えますわね。", 0),
        ("月はどうして形が変わるのですか？", "月は月の色が変わるのですか？", 0),
        ("今夜は星がよく見えるね。", "星がよく見えるね。流れ星を探しに、川べりまで歩いてみましょうか。", 0),
    ],
)
def test_echo_of_the_message(scorer: Scorer, user: str, reply: str, expected: int) -> None:
    assert scorer.score(reply, user=user)["prompt_echo"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("星太は京都の大学で天文学を学んでいる。", 1),
        ("星太は京都の大学で天文学を学んでいる。" * 10, 1),
        ("弟の星太は京都の大学で天文学を学んでおりますわ。", 0),
        ("黒猫のソースと暮らしていますの。", 0),
    ],
)
def test_the_profile_in_the_characters_own_words_is_no_echo(scorer: Scorer, reply: str, expected: int) -> None:
    assert scorer.score(reply, user="弟さんは？", system=PROFILE)["prompt_echo"] == expected


def test_a_recital_that_was_cut_off_is_an_echo(scorer: Scorer) -> None:
    cut = "店の二階で黒猫のソースと暮ら"
    assert scorer.score(cut, system=PROFILE, finish_reason="length")["prompt_echo"] == 1
    assert scorer.score(cut, system=PROFILE, finish_reason="stop")["prompt_echo"] == 0
