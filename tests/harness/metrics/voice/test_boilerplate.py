"""Boilerplate of an AI service."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import Persona, load_persona
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.scoring import scorer_of


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("すみません。何かお手伝いできることがあればお知らせください。", (1, 1)),
        ("ご質問があれば、お気軽にどうぞ。", (1, 1)),
        ("他に何か知りたいことはありますか？", (1, 1)),
        ("お役に立てて嬉しいです。", (1, 1)),
        ("How can I help you today?", (1, 1)),
        ("はい、どのようにお手伝いできますか？", (1, 1)),
        ("眠れませんわ。何かお手伝いできることがあれば、お知らせください。", (1, 0)),
        ("薔薇が好きですわ。ほかに聞きたいことがございましたら、お気軽にお尋ねください。", (1, 0)),
        ("はい、眠れましたわ。お手伝いできることがありますか？", (1, 0)),
        ("お庭の手入れをお手伝いしておりますの。", (0, 0)),
        ("質問してもよろしいですこと？", (0, 0)),
        ("何かお手伝いできることがございますかしら？", (0, 0)),
        ("どうぞお気軽に遊びにいらしてくださいませ。", (0, 0)),
        ("はい。", (0, 0)),
    ],
)
def test_boilerplate(scorer: Scorer, reply: str, expected: tuple[int, int]) -> None:
    measured = scorer.score(reply)
    assert (measured["assistant_boilerplate"], measured["boilerplate_reply"]) == expected
    assert measured["boilerplate_reply"] <= measured["critical_failure"]


@pytest.mark.parametrize(
    "reply",
    [
        "何かお手伝いできることはございますか、ご主人様。",
        "ご用がございましたら、なんなりとお申し付けくださいませ。",
        "喜んでお手伝いいたします。",
    ],
)
def test_a_maid_offers_her_help(reply: str) -> None:
    assert scorer_of(load_persona("maid")).score(reply)["assistant_boilerplate"] == 0


def test_a_maid_is_no_help_desk() -> None:
    reply = "ご質問がございましたら、お気軽にお問い合わせください。"
    assert scorer_of(load_persona("maid")).score(reply)["boilerplate_reply"] == 1


def test_help_is_offered_to_those_who_need_it(scorer: Scorer) -> None:
    reply = "何かお手伝いできることはありますか？"
    assert scorer.score(reply, user="荷物が多くて困っているんだ。")["assistant_boilerplate"] == 0
    assert scorer.score(reply, user="おはよう。")["assistant_boilerplate"] == 1


def test_a_plain_spoken_character_may_offer_help(card: Persona) -> None:
    plain = card.model_copy(update={"voice": card.voice.model_copy(update={"markers": type(card.voice.markers)()})})
    assert scorer_of(plain).score("何かお手伝いできることはありますか？")["assistant_boilerplate"] == 0
