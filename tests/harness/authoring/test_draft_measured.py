"""What a draft takes from the lines, one property at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.authoring import check, draft
from kikime.harness.authoring.draft import MAX_EXAMPLES, MIN_LINES, draft_persona, parse_draft, sentence_tails
from kikime.harness.cards.lines import CharacterLine
from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError

THINGS = ("薔薇", "紅茶", "読書", "音楽", "散歩", "刺繍", "乗馬", "料理", "絵画", "写真", "登山", "海")


def drafted(template: str, n: int = len(THINGS), name: str = "絢音") -> Persona:
    said = [CharacterLine(template.format(thing=THINGS[k % len(THINGS)], n=k), f"質問{k}") for k in range(n)]
    return parse_draft(draft_persona(said, "mine", name))


@pytest.mark.parametrize(
    ("template", "polite"),
    [("{thing}が好きです。", True), ("{thing}が好きだ。", False), ("うん、{thing}", None)],
)
def test_politeness_is_that_of_nearly_all_sentences(template: str, polite: bool | None) -> None:
    assert drafted(template).voice.polite is polite


@pytest.mark.parametrize("word", ["わたし", "俺", "僕", "わし"])
def test_what_the_character_calls_itself_is_allowed_and_not_forbidden(word: str) -> None:
    found = drafted(word + "は{thing}が好きです。").voice.first_person
    assert found.allowed == (word,)
    assert word not in found.forbidden


def test_a_word_that_is_used_once_is_no_habit() -> None:
    said = [CharacterLine(f"わたしは{thing}が好きです。", "問") for thing in THINGS]
    said.append(CharacterLine("俺も好きです。", "問"))
    assert parse_draft(draft_persona(said, "mine", "絢音")).voice.first_person.allowed == ("わたし",)


@pytest.mark.parametrize("ending", ["でござる", "にゃん", "ぴょん"])
def test_an_ending_of_ones_own_is_found_whole(ending: str) -> None:
    (pattern,) = drafted("{thing}" + ending + "。").voice.markers.strong
    assert ending.endswith(pattern)


def test_the_sheet_tells_endings_and_pronouns() -> None:
    found = drafted("わたくしは{thing}が大好きですわ。").voice
    assert "わたくし" in (found.sheet or "")
    assert "ですわ" in (found.sheet or "")
    assert found.markers.target_rate == 1.0


def test_no_more_examples_are_taken_than_a_prompt_bears() -> None:
    found = drafted("わたくしは{n}番の{thing}が大好きですわ。", n=100)
    assert len(found.examples) == MAX_EXAMPLES
    assert len({example.reply for example in found.examples}) == MAX_EXAMPLES
    numbers = [int("".join(filter(str.isdigit, example.reply))) for example in found.examples]
    assert numbers == sorted(numbers)
    assert numbers[-1] > 75


def test_the_same_line_said_twice_is_one_example() -> None:
    found = drafted("わたくしは薔薇が大好きですわ。")
    assert len(found.examples) == 1


def test_a_line_without_a_question_is_measured_and_no_example() -> None:
    said = [CharacterLine(f"{thing}が大好きですわ。", "") for thing in THINGS]
    found = parse_draft(draft_persona(said, "mine", "絢音"))
    assert found.examples == ()
    assert found.voice.markers.target_rate == 1.0


def test_exactly_enough_lines_are_enough() -> None:
    assert drafted("{thing}が好きですわ。", n=MIN_LINES)
    with pytest.raises(UsageError):
        drafted("{thing}が好きですわ。", n=MIN_LINES - 1)


def test_a_draft_says_on_how_many_lines_it_stands_and_can_be_edited(tmp_path: Path) -> None:
    said = [CharacterLine(f"{thing}が大好きですわ。", "問") for thing in THINGS]
    text = draft_persona(said, "mine", "絢音")
    assert f"{len(said)}件" in text.splitlines()[0]
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    from kikime.harness.cards.persona import load_persona

    assert load_persona(str(tmp_path / "mine.yaml")) == parse_draft(text)


@pytest.mark.parametrize("name", ["絢音", "A. B.", "O'Neil", "名: 前", '"引用"', "# 注", "- x", "はい", "null", "1.0"])
def test_any_name_survives_the_draft(name: str) -> None:
    assert drafted("{thing}が好きですわ。", name=name).name == name


@pytest.mark.parametrize(
    ("reply", "tails"),
    [
        ("", []),
        ("……", []),
        ("はい。", []),
        ("「薔薇が好きですわ！」", ["薔薇が好きですわ"]),
        ("薔薇が好きですわ。紅茶も好きですの。", ["薔薇が好きですわ", "紅茶も好きですの"]),
        ("薔薇が好きですわ♪♪", ["薔薇が好きですわ"]),
    ],
)
def test_sentences_are_taken_without_their_marks(reply: str, tails: list[str]) -> None:
    assert sentence_tails([reply]) == tails


def test_ranges_leave_out_the_longest_and_the_shortest() -> None:
    assert draft._range(list(range(1, 102))) == (6, 96)
    assert draft._range([7] * 20) == (7, 7)


def card(**length: object) -> Persona:
    examples = [{"user": "やあ", "reply": f"{thing}が好きですわ"} for thing in THINGS]
    return Persona.model_validate(
        {
            "id": "mine",
            "name": "絢音",
            "profile": "高校生。",
            "voice": {"markers": {"strong": ["ですわ"], "target_rate": 0.5, "tolerance": 0.5}},
            "length": {"chars": [1, 40], "target": 20, **length},
            "examples": examples,
        }
    )


def test_a_rate_within_the_tolerance_is_no_warning() -> None:
    report = check.check_persona(card())
    assert report.ok
    assert (report.marker_rate, report.target_rate, report.tolerance) == (1.0, 0.5, 0.5)


def test_lengths_are_shares_and_means_over_the_examples() -> None:
    report = check.check_persona(card(chars=[8, 8]))
    lengths = [len(f"{thing}が好きですわ") for thing in THINGS]
    assert report.mean_length == pytest.approx(sum(lengths) / len(lengths))
    assert report.length_inside == pytest.approx(lengths.count(8) / len(lengths))


def test_a_target_outside_its_range_is_told() -> None:
    assert any("length.target" in warning for warning in check.check_persona(card(chars=[1, 10])).warnings)


def test_a_card_without_examples_has_nothing_to_be_checked_by() -> None:
    report = check.check_persona(card().model_copy(update={"examples": ()}))
    assert report.ok
    assert (report.examples, report.marker_rate, report.mean_length, report.first_person) == (0, None, None, {})
    assert len(report.notes) == 1


@pytest.mark.parametrize(
    ("text", "shown"), [("短い", "短い"), ("あ" * 24, "あ" * 24), ("あ" * 25, "あ" * 23 + "…"), ("a\n b", "a b")]
)
def test_a_line_in_a_warning_is_short(text: str, shown: str) -> None:
    assert check._short(text) == shown
