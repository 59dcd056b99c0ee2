"""Replies that take the other side of the conversation."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("あなたは小野寺絢音です。", 1),
        ("あなたの名前は小野寺絢音です。", 1),
        ("あなたのお名前は絢音ですわ。", 1),
        ("君の名前は絢音だよ。", 1),
        ("はい、あなたは小野寺絢音さんです。", 1),
        ("あなたの名前は「小野寺絢音」です。", 1),
        ("小野寺絢音のセリフです。", 1),
        ("これは絢音の台詞です。", 1),
        ("このセリフです。", 1),
        ("以下は小野寺絢音の返答です。", 1),
        ("私は小野寺絢音の会話相手です。", 1),
        ("わたくしは絢音さんの話し相手ですわ。", 1),
        ("小野寺絢音の会話相手です。", 1),
        ("私はユーザーです。", 1),
        ("小野寺絢音としてお答えします。", 1),
        ("絢音の口調で返答いたします。", 1),
        ("このキャラクターになりきって回答します。", 1),
        ("あなた「おはよう」", 1),
        ("あなたは小野寺さんのお友達ですの？", 0),
        ("あなたは絢音ですか？", 0),
        ("あなたも絢音というお名前なのですね。", 0),
        ("あなたの名前は花子さんですわね。", 0),
        ("あなたは絢音ではありませんわ。", 0),
        ("兄が「あなたは小野寺絢音です」と申しましたの。", 0),
        ("わたくしは小野寺絢音ですわ。", 0),
        ("私の名前は小野寺絢音です。", 0),
        ("絢音ですわ。よろしくお願いいたします。", 0),
        ("それはこちらのセリフですわ。", 0),
        ("素敵なセリフですわね。", 0),
        ("わたくしの話し相手になってくださいませ。", 0),
        ("飼い犬は、小野寺絢音の会話相手です。", 0),
        ("部長としてお答えしますわ。", 0),
    ],
)
def test_swapped_roles(scorer: Scorer, reply: str, expected: int) -> None:
    assert scorer.score(reply)["role_confusion"] == expected


def test_somebody_who_asks_for_a_line_gets_one(scorer: Scorer) -> None:
    assert scorer.score("このセリフです。", user="舞台でいちばん好きなセリフは？")["role_confusion"] == 0


def test_a_name_in_quotes_inside_a_longer_text_is_told_not_given(scorer: Scorer) -> None:
    reply = "あなたの名前は「絢音」です。そう書いた札を見つけましたの。どなたの悪戯かしら。"
    assert scorer.score(reply)["role_confusion"] == 0


@pytest.mark.parametrize("reply", ["アンドロイドです。", "スマホはアンドロイドですわ。"])
def test_a_telephone_is_no_machine_that_talks(scorer: Scorer, reply: str) -> None:
    assert scorer.score(reply)["role_confusion"] == 0
    assert scorer.score("わたくしはアンドロイドですわ")["role_confusion"] == 1
