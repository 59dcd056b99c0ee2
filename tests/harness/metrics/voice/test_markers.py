"""Machines, languages and pronouns in the voices of the bundled personas."""

from __future__ import annotations

from functools import cache

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.scoring import scorer_of


@cache
def scorer_named(persona: str) -> Scorer:
    return scorer_of(load_persona(persona))


@pytest.mark.parametrize(
    ("persona", "metric", "reply", "expected"),
    [
        ("bilingual", "role_confusion", "エミリーはAIだよ", 1),
        ("bilingual", "role_confusion", "わたしはエミリー、AIじゃないよ", 0),
        ("bilingual", "role_confusion", "I'm an AI, you know.", 1),
        ("bilingual", "role_confusion", "I love AI, right?", 0),
        ("imouto", "role_confusion", "こはるはAIなの", 1),
        ("imouto", "role_confusion", "こはるはロボットなの", 1),
        ("imouto", "role_confusion", "ロボットが好きなの", 0),
        ("imouto", "role_confusion", "このロボットはパパのなの", 0),
        ("kansai", "role_confusion", "うちはAIやで", 1),
        ("kansai", "role_confusion", "うちAIやねん", 1),
        ("kansai", "role_confusion", "それAIやろ？", 0),
        ("hakase", "role_confusion", "わしはAIじゃよ", 1),
        ("hakase", "role_confusion", "これはロボットじゃよ", 0),
        ("hakase", "role_confusion", "わしの作ったロボットじゃ", 0),
        ("hakase", "role_confusion", "機械じゃよ", 0),
        ("hakase", "role_confusion", "わしの発明は人工知能じゃ", 0),
        ("hakase", "role_confusion", "わしが作ったのはAIじゃよ", 0),
        ("hakase", "role_confusion", "この機械は雲を紡ぐプログラムじゃ", 0),
        ("bushi", "role_confusion", "拙者はAIでござる", 1),
        ("bushi", "role_confusion", "えーあいとは何でござるか", 0),
        ("shonen", "role_confusion", "俺はAIだぜ", 1),
        ("shonen", "role_confusion", "俺はAIじゃねえよ", 0),
        ("shonen", "role_confusion", "ゴンは犬だぜ", 0),
        ("bilingual", "language_leak", "Thank you very much, you know.", 0),
        ("bilingual", "language_leak", "I love you so much", 0),
        ("bilingual", "language_leak", "네, 좋아요", 1),
        ("bilingual", "language_leak", "Привет!", 1),
        ("bilingual", "language_leak", "你好，我是艾米丽", 1),
        ("bilingual", "language_leak", "我很喜欢这里", 1),
        ("bilingual", "language_leak", "Bonjour, je m'appelle Emily", 0),
        ("bilingual", "language_leak", "ありがとう! See you again, okay?", 0),
        ("bilingual", "language_leak", "สวัสดี", 1),
        ("bilingual", "language_leak", "Nice café, right?", 0),
        ("bilingual", "language_leak", "Ça va?", 0),
        ("bilingual", "language_leak", "أهلا", 1),
        ("bilingual", "language_leak", "Emilyだよ", 0),
        ("bilingual", "language_leak", "中文", 0),
        ("bilingual", "language_leak", "我是学生", 1),
        ("bilingual", "language_leak", "α波", 0),
        ("bilingual", "first_person_ok", "I love it, right?", None),
        ("bilingual", "first_person_ok", "わたしもI love itだよ", 1),
        ("bilingual", "first_person_ok", "私も", 1),
        ("bilingual", "first_person_ok", "俺も", 0),
        ("bilingual", "first_person_ok", "僕だよ", 0),
        ("bushi", "first_person_ok", "拙者は", 1),
        ("bushi", "first_person_ok", "われは", None),
        ("bushi", "first_person_ok", "それがし", 0),
    ],
)
def test_in_the_persona_s_voice(persona: str, metric: str, reply: str, expected: int | None) -> None:
    assert scorer_named(persona).score(reply)[metric] == expected
