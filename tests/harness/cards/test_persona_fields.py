"""What a card may hold, one field at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kikime.harness.cards.persona import Persona, load_persona, persona_ids

CARD: dict[str, Any] = {
    "id": "ojou",
    "name": "絢音",
    "profile": "高校3年生である。",
    "length": {"chars": [8, 40], "target": 20},
}


def card(**changes: Any) -> Persona:
    return Persona.model_validate(CARD | changes)


@pytest.mark.parametrize("name", ["絢音", "A. B.", "名・前", "\U0001f600", "a:b#c", "'\""])
def test_any_name_of_one_line_is_a_name(name: str) -> None:
    assert card(name=name).name == name


def test_a_pronoun_cannot_be_right_and_wrong() -> None:
    with pytest.raises(ValidationError, match="俺"):
        card(voice={"first_person": {"allowed": ["俺"], "forbidden": ["俺"]}})


def test_a_weak_marker_needs_no_rate_and_a_strong_one_does() -> None:
    assert card(voice={"markers": {"weak": ["よ"]}}).voice.markers.target_rate is None
    with pytest.raises(ValidationError):
        card(voice={"markers": {"strong": ["ですわ"]}})


@pytest.mark.parametrize("bounds", [[0, 0], [5, 5], [0, 10_000]])
def test_a_range_may_be_one_number(bounds: list[int]) -> None:
    assert card(length={"chars": bounds, "target": 1}).length.chars == tuple(bounds)


@pytest.mark.parametrize("bounds", [[-1, 5], [6, 5], [1], [1, 2, 3], ["a", "b"]])
def test_a_range_is_two_numbers_in_order(bounds: list[object]) -> None:
    with pytest.raises(ValidationError):
        card(length={"chars": bounds, "target": 1})


def test_a_question_may_stand_alone_and_is_stored_so() -> None:
    found = card(unanswerable=["血液型は？", {"question": "電話番号は？", "probes": {"right": ["さあ"]}}])
    assert [asked.question for asked in found.unanswerable] == ["血液型は？", "電話番号は？"]
    assert found.model_dump(mode="json")["unanswerable"] == ["血液型は？", "電話番号は？"]


def test_lore_that_nothing_calls_is_refused() -> None:
    with pytest.raises(ValidationError, match="keys"):
        card(lorebook=[{"content": "王国の歴史"}])
    assert card(lorebook=[{"content": "王国の歴史", "constant": True}]).lorebook[0].constant


def test_newer_fields_are_stored_only_where_they_are_used() -> None:
    """Keys of earlier runs are made of this: an empty new field would change them all."""
    assert not {"greetings", "lorebook"} & set(card().model_dump(mode="json"))
    assert "greetings" in card(greetings=["ごきげんよう"]).model_dump(mode="json")


def test_a_profile_loses_the_blank_lines_around_it() -> None:
    assert card(profile="\n 高校生。\n 兄がいる。\n\n").profile == "高校生。\n 兄がいる。"


def test_a_card_is_found_by_its_path_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "id: mine\nname: 絢音\nprofile: 高校生\nlength: {chars: [1, 9], target: 5}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "card").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for reference in ("mine.yaml", str(tmp_path / "mine.yaml"), tmp_path / "mine.yaml", "card"):
        assert load_persona(reference).id == "mine"


def test_a_folder_of_a_personas_name_hides_no_persona(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ojousama").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_persona("ojousama").id == "ojousama"


@pytest.mark.parametrize("name", persona_ids())
def test_a_bundled_card_survives_its_own_json(name: str) -> None:
    found = load_persona(name)
    assert Persona.model_validate(found.model_dump(mode="json")).model_dump(mode="json") == found.model_dump(
        mode="json"
    )
