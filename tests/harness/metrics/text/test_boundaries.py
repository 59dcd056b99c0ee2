"""Where a reply goes on with another turn, or says what templates write."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.text.boundaries import Boundaries

BOUNDS = Boundaries(
    ["USER:", "### Response"],
    ["</s>", "<|im_end|>"],
    ["あなたは〓になりきってください。"],
    own_names=["絢音"],
    user_names=["太郎"],
)


@pytest.mark.parametrize(
    "text",
    [
        "はい。\nUSER: 次は?",
        "はい。\nuser : 次は?",
        "はい。\n**USER:** 次は?",
        "はい。\n1. USER: 次は?",
        "はい。\n### Response\nいいえ",
        "はい。\n太郎: 次は?",
        "はい。\n絢音: いいえ",
        "はい。</s>USER: 次は?",
        r"はい。\nUSER: 次は?",
    ],
)
def test_another_turn_is_found_however_it_is_written(text):
    [span] = BOUNDS.turns(text)
    assert text[: span[0]].startswith("はい。")


@pytest.mark.parametrize(
    "text",
    [
        "絢音: はい。",
        "はい。USER: と書かれていますわ",
        "ユーザーの皆様、ごきげんよう",
        "時刻は10:30ですわ",
        "材料: 小麦粉\n分量: 二人分",
        "#薔薇 が好きですわ",
    ],
)
def test_what_only_looks_like_one_is_none(text):
    assert BOUNDS.turns(text) == []


def test_a_line_that_the_reply_says_for_the_user_is_a_turn():
    assert BOUNDS.turns("はい。\n太郎「次は?」") == [(4, 6)]
    assert BOUNDS.user_lines("太郎が「次は?」と言った") == []


@pytest.mark.parametrize("text", ["はい</s>", "はい<|im_end|>", "はい<im_end>", "はい<|im_end", "はい</S>"])
def test_control_strings_are_found_broken_ones_too(text):
    assert [text[begin:end] for begin, end in BOUNDS.templates(text)] == [text[2:]]


@pytest.mark.parametrize("text", ["嬉しい[笑] <3", "a_b は変数名ですわ", "1 < 2 > 0"])
def test_brackets_of_people_are_no_control_strings(text):
    assert BOUNDS.templates(text) == []


def test_a_sentence_of_a_template_is_recited_whoever_it_names():
    text = "では。あなたは絢音になりきってください。"
    [(begin, end)] = BOUNDS.recited(text)
    assert text[begin:end] == "あなたは絢音になりきってください"
    assert BOUNDS.recited("あなたは絢音ですわ") == []


def test_sentences_of_the_prompt_at_hand_count_too():
    assert BOUNDS.recited("【口調】\nお嬢様", ["【口調】"]) == [(0, 4)]
    assert BOUNDS.recited("【口調】\nお嬢様") == []
