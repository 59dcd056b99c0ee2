"""Drafts of cards."""

from __future__ import annotations

import pytest

from kikime.harness.authoring.check import check_persona
from kikime.harness.authoring.draft import draft_persona, marker_patterns, parse_draft
from kikime.harness.cards.lines import CharacterLine
from kikime.harness.core.errors import UsageError


def lines(*replies: str) -> list[CharacterLine]:
    return [CharacterLine(reply, "質問") for reply in replies]


OJOU = lines(
    *(f"わたくしは{thing}が大好きですわ" for thing in ("薔薇", "紅茶", "読書", "音楽", "散歩", "刺繍", "乗馬", "お庭")),
    *(f"{place}へ参りましたの" for place in ("長野のお屋敷", "学院の庭", "劇場の桟敷", "横浜の港")),
    "今日はよいお天気ですね",
)


def test_draft_finds_the_voice() -> None:
    draft = parse_draft(draft_persona(OJOU, "ojou", "絢音"))
    assert draft.voice.markers.strong == ("(です|ます|ません|でした|ました|でしょう|ましょう)(わ|の)",)
    assert draft.voice.markers.target_rate == 0.92
    assert draft.voice.first_person.allowed == ("わたくし",)
    assert draft.voice.polite is True


def test_draft_passes_its_own_check() -> None:
    assert check_persona(parse_draft(draft_persona(OJOU, "ojou", "絢音"))).ok


def test_draft_takes_the_length_from_the_lines() -> None:
    draft = parse_draft(draft_persona(lines(*("あ" * n for n in range(10, 31))), "a", "b"))
    assert (draft.length.chars, draft.length.target) == ((11, 29), 20)


def test_plain_polite_lines_have_no_marker() -> None:
    assert marker_patterns(["薔薇が好きです", "紅茶を飲みます", "庭へ行きました", "そう思いますよ"] * 5) == []


def test_own_name_is_a_first_person() -> None:
    said = lines(*(f"こはるはね、{thing}が好きなの" for thing in "苺桃梨柿栗蜜茶餅魚肉"))
    assert parse_draft(draft_persona(said, "a", "日向こはる")).voice.first_person.allowed == ("こはる",)


def test_draft_leaves_out_lines_that_break_character() -> None:
    spoilt = [*OJOU, CharacterLine("俺も薔薇が好きですわ", "質問")]
    assert all("俺" not in e.reply for e in parse_draft(draft_persona(spoilt, "ojou", "絢音")).examples)


def test_draft_quotes_hostile_text() -> None:
    hostile = [CharacterLine(f"「{n}: #{{a}}」'\"- [x]、ですわね", "- a: 'b' # c") for n in range(12)]
    card = parse_draft(draft_persona(hostile, "ojou", "a: b # c"))
    assert card.name == "a: b # c"
    assert {example.reply for example in card.examples} <= {line.reply for line in hostile}


@pytest.mark.parametrize(("persona_id", "name"), [("Bad Id", "絢音"), ("ojou", "a<b>")])
def test_draft_refuses_what_no_card_may_have(persona_id: str, name: str) -> None:
    with pytest.raises(UsageError):
        draft_persona(OJOU, persona_id, name)


def test_too_few_lines() -> None:
    with pytest.raises(UsageError, match="3 lines are too few"):
        draft_persona(OJOU[:3], "ojou", "絢音")
