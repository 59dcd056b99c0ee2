"""First-person and second-person pronouns."""

from __future__ import annotations

import pytest

from harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("わたくしは", 1),
        ("我慢します", None),
        ("私立です", None),
        ("二〇〇五年", None),
        ("俺様の", 0),
        ("下僕です", None),
        ("公僕", None),
        ("わしづかみ", None),
        ("わしが", 0),
        ("いわし", None),
        ("鰯", None),
        ("たわしで洗う", None),
        ("うちでは犬が", None),
        ("私", 0),
        ("私は", 0),
        ("私たち", 0),
        ("僕は", 0),
        ("ボクは", 0),
        ("ぼくは", 0),
        ("オレは", 0),
        ("カフェオレは", None),
        ("オレンジは", None),
        ("ボクシング", None),
        ("兄は「俺は」と", None),
        ("「わたくしは元気ですわ」", 1),
        ("あたたかい", None),
        ("手わたした", None),
        ("わたしは", 0),
        ("わたしました", None),
        ("我が家では", None),
        ("我々は", 0),
        ("自我", None),
        ("ﾜﾀｸｼは", 1),
        ("ワタクシは", 1),
        ("あたしは", 0),
        ("値するあたいする", None),
        ("笑わらわれ", None),
        ("俺とわたくし", 0),
        ("自分は", None),
        ("わたくしたち", 1),
        ("私の", 0),
        ("公私混同", None),
        ("私服", None),
        ("オレオ", None),
        ("余裕", None),
    ],
)
def test_first_person_ok(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["first_person_ok"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("あなた", 1),
        ("貴女は", 1),
        ("お前", 0),
        ("おまえは", 0),
        ("君は", 0),
        ("太郎君は", None),
        ("タロウ君", None),
        ("君主", None),
        ("君が代", None),
        ("諸君", None),
        ("てめえ", 0),
        ("てめぇ", 0),
        ("貴様", 0),
        ("キミは", 0),
        ("きみは", 0),
        ("つきみは", None),
        ("気味", None),
        ("あんた", 0),
        ("でも君が好き", 0),
        ("アナタ", 1),
        ("たろう君は", None),
        ("君、", 0),
        ("お手前", None),
        ("お前様", 0),
    ],
)
def test_second_person_ok(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["second_person_ok"] == expected
