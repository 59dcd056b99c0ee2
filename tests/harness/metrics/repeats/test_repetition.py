"""Repetition and copying."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kikime.harness.core.messages import assistant, user
from kikime.harness.metrics import Scorer
from kikime.harness.metrics.repeats.copying import comparable, copies
from kikime.harness.metrics.repeats.repetition import repetition, self_repetition

LINE = "うちでは大きなゴールデンレトリバーがおりますわ"


def test_loops_are_repetition() -> None:
    assert repetition("素敵ですわ。" * 20) > 0.9


def test_a_short_reply_has_none() -> None:
    assert repetition("ははははははは") == 0.0


@given(st.text())
def test_repetition_is_a_share(text: str) -> None:
    assert 0.0 <= repetition(text) <= 1.0


@given(st.text(), st.lists(st.text()))
def test_self_repetition_is_a_share_or_none(text: str, earlier: list[str]) -> None:
    value = self_repetition(text, earlier)
    assert value is None or 0.0 <= value <= 1.0


def test_the_nearest_earlier_turn_counts() -> None:
    assert self_repetition(LINE, ["今日は晴れておりますわね", LINE]) == 1.0


def test_only_own_turns_count(scorer: Scorer) -> None:
    assert scorer.score(LINE, history=[user(LINE)])["self_repetition"] is None
    assert scorer.score(LINE, history=[user("犬は？"), assistant(LINE)])["self_repetition"] == 1.0


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (LINE, 1),
        (LINE + "。", 1),
        ("うちでは大きなゴールデンレトリバーがおりますのよ", 1),
        ("犬でしたら、うちでは大きな犬を飼っておりますの。とても可愛らしいですわ", 0),
        ("はい", 0),
    ],
)
def test_fewshot_copy(scorer: Scorer, reply: str, expected: int) -> None:
    assert scorer.score(reply, examples=[LINE, "はい"])["fewshot_copy"] == expected


def test_copies_need_something_to_copy(scorer: Scorer) -> None:
    measured = scorer.score(LINE)
    assert measured["fewshot_copy"] is None
    assert measured["prompt_echo"] is None


def test_echo_of_the_question(scorer: Scorer) -> None:
    assert scorer.score("猫派ですか犬派ですか、それとも", user="猫派ですか犬派ですか")["prompt_echo"] == 1


def test_echo_of_the_instruction(scorer: Scorer) -> None:
    system = "お嬢様のように振る舞ってほしいです。30文字程度に簡潔に応答してください。"
    assert scorer.score("30文字程度に簡潔に応答してくださいですわ", system=system)["prompt_echo"] == 1


@given(st.text("あいう", max_size=40), st.text("あいう", max_size=60))
def test_copies_agrees_with_the_longest_common_substring(reply: str, source: str) -> None:
    longest = max(
        (b - a for a in range(len(reply)) for b in range(a + 1, len(reply) + 1) if reply[a:b] in source), default=0
    )
    assert copies(reply, source) == (longest >= 9 and longest >= 0.6 * len(reply))


def test_comparison_ignores_width_and_marks() -> None:
    assert comparable("ﾊｲ、 そうですわ！") == comparable("ハイそうですわ")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("お疲れ様です。" * 20, 1),
        ("わたくしは、" + "寝る前に、" * 9, 1),
        ("月は、四面体の面は四面体の面を表すためです。" + "地球の表面に光が反射してから、" * 6, 1),
        ("1234567890" * 5, 1),
        ("好きですわ。好きですわ。", 0),
        ("星がよく見えるんですの。星がよく見えるんですの。", 0),
        ("あは" + "は" * 25, 0),
        ("きゃああああああああああああああああああ", 0),
        ("一日目は海へ行きましたの。二日目は山へ行きましたの。三日目は川へ行きましたの。", 0),
    ],
)
def test_loops(scorer: Scorer, reply: str, expected: int) -> None:
    assert scorer.score(reply)["loop"] == expected
