"""Persona cards: validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kikime.harness.cards.persona import Persona, load_persona
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


def card(**changes: Any) -> Persona:
    return Persona.model_validate(CARD | changes)


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
