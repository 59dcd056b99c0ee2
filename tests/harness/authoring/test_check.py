"""Whether a card describes its own examples."""

from __future__ import annotations

from typing import Any

import pytest

from kikime.harness.authoring.check import check_persona
from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.words.catalogue import Translator

CARD: dict[str, Any] = {
    "id": "ojou",
    "name": "絢音",
    "profile": "高校3年生である。",
    "voice": {
        "first_person": {"allowed": ["わたくし"], "forbidden": ["俺"]},
        "markers": {"strong": ["(です|ます)わ"], "target_rate": 0.8},
    },
    "length": {"chars": [8, 40], "target": 20},
}
GOOD = (
    "紅茶をいただきますわ",
    "わたくしは薔薇が好きですわ",
    "お庭を眺めておりますわ",
    "今日はよいお天気ですわ",
    "兄を尊敬していますわ",
)


def with_replies(*replies: str) -> Persona:
    return Persona.model_validate(CARD | {"examples": [{"user": "こんにちは", "reply": reply} for reply in replies]})


@pytest.mark.parametrize("persona_id", persona_ids())
def test_bundled_cards_describe_their_own_examples(persona_id: str) -> None:
    assert check_persona(load_persona(persona_id)).warnings == ()


def test_a_card_that_fits_its_examples_is_ok() -> None:
    report = check_persona(with_replies(*GOOD))
    assert report.ok
    assert (report.marker_rate, report.length_inside, report.first_person) == (1.0, 1.0, {"わたくし": 1})


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        (("紅茶を飲みます",) * 5, "target_rate is 80%"),
        ((*GOOD, "俺も好きですわよ、そうですわ"), "first_person_ok (俺)"),
        ((*GOOD, "好きですわですわ、まあまあ"), "marker_spam"),
        ((*GOOD, "わたくしはAIアシスタントですわ"), "role_confusion"),
        ((*GOOD, "紅茶が好きですわ\n薔薇も好きですわ"), "line breaks"),
        (("好きですわ",) * 5, "length.chars"),
    ],
)
def test_examples_that_do_not_fit(replies: tuple[str, ...], message: str) -> None:
    assert message in "\n".join(check_persona(with_replies(*replies)).warnings)


def test_few_examples_are_a_note_not_a_warning() -> None:
    report = check_persona(with_replies(GOOD[0]))
    assert report.ok
    assert "examples in the card: 1" in report.notes[0]


def test_what_is_found_is_said_in_japanese_too() -> None:
    say, found = Translator("ja"), check_persona(with_replies(*GOOD, "わたくしはAIアシスタントですわ\n俺もですわ"))
    few = check_persona(with_replies(GOOD[0])).notes
    said = [say.message(text) for text in (*found.warnings, *few)]
    assert said[0] == "改行が length.newlines（0）より多い会話例があります"
    assert all(line.startswith(("改行が", "会話例「", "カードの会話例は1件です")) for line in said)
