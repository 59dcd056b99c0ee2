"""Persona cards: validation, their check, and drafts."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kikime.harness.authoring.check import check_persona
from kikime.harness.authoring.draft import draft_persona, marker_patterns, parse_draft
from kikime.harness.cards.lines import CharacterLine, read_lines
from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.core.errors import FileFormatError, UsageError

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


def card(**changes: Any) -> Persona:
    return Persona.model_validate(CARD | changes)


def with_replies(*replies: str) -> Persona:
    return card(examples=[{"user": "こんにちは", "reply": reply} for reply in replies])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Ojou"}, "id"),
        ({"name": "絢<音>"}, "without < or >"),
        ({"name": "絢\n音"}, "one line"),
        ({"name": " "}, "not empty"),
        ({"profile": ""}, "profile"),
        ({"length": {"chars": [45, 15], "target": 30}}, "low, high"),
        ({"length": {"chars": [15, 45], "target": 0}}, "target"),
        ({"voice": {"markers": {"strong": ["("], "target_rate": 0.8}}}, "not a valid regular expression"),
        ({"voice": {"markers": {"strong": ["(ですわ)?"], "target_rate": 0.8}}}, "matches nothing at all"),
        ({"voice": {"markers": {"strong": ["ですわ"]}}}, "target_rate"),
        ({"voice": {"markers": {"strong": ["ですわ"], "target_rate": 1.2}}}, "target_rate"),
        ({"voice": {"first_person": {"allowed": [""]}}}, "first_person"),
        ({"facts": [{"id": "a", "question": "?", "answers": []}]}, "answers"),
        ({"facts": [{"id": "a", "question": "?", "answers": ["b"]}] * 2}, "duplicate fact id 'a'"),
        ({"language": "fr"}, "language"),
    ],
)
def test_wrong_cards(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        card(**changes)


def test_bad_regex_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(
        "id: a\nname: b\nprofile: c\nlength: {chars: [1, 9], target: 5}\nvoice:\n  markers:\n    target_rate: 0.5\n"
        "    strong:\n      - 'ですわ'\n      - '(ですの'\n",
        encoding="utf-8",
    )
    with pytest.raises(FileFormatError) as caught:
        load_persona(path)
    assert caught.value.line == 10


def test_a_duplicate_fact_is_told_at_its_second_place(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    fact = "  - {id: age, question: '?', answers: [a]}\n"
    path.write_text(f"id: a\nname: b\nprofile: c\nlength: {{chars: [1, 9], target: 5}}\nfacts:\n{fact * 2}", "utf-8")
    with pytest.raises(FileFormatError, match="duplicate fact id 'age'") as caught:
        load_persona(path)
    assert caught.value.line == 7


def test_unknown_persona_lists_the_bundled_ones() -> None:
    with pytest.raises(UsageError, match="ojousama"):
        load_persona("ojosama")


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
    assert "only 1 examples" in report.notes[0]


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


def test_csv_columns_are_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([["prompt", "completion"], ["質問", "一行,\n二行"], ["質問", ""]])
    assert read_lines(path) == [CharacterLine("一行,\n二行", "質問")]


def test_cp932_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("質問,返答\nやあ,ごきげんよう\n".encode("cp932"))
    assert read_lines(path) == [CharacterLine("ごきげんよう", "やあ")]


def test_messages_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    messages = [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "ごきげんよう"}]
    path.write_text(json.dumps({"messages": messages}) + "\n", encoding="utf-8")
    assert read_lines(path) == [CharacterLine("ごきげんよう", "やあ")]


def test_plain_text_is_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("一つ\n\n二つ\n", encoding="utf-8")
    assert [line.reply for line in read_lines(path)] == ["一つ", "二つ"]


def test_unclear_columns_ask_for_the_flag(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--reply COLUMN, one of: a, b"):
        read_lines(path)


def test_wrong_column_lists_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="columns: a, b"):
        read_lines(path, reply="c")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"reply": "a"}\n{"reply"', "a.jsonl:2"),
        ("a.jsonl", "[1]\n", "not a JSON object"),
        ("a.csv", "reply\na,b\n", "2 values for 1 columns"),
        ("a.txt", "", "no lines"),
        ("a.csv", "reply\n  \n", "no text"),
    ],
)
def test_wrong_data_names_the_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileFormatError, match=message):
        read_lines(path)
