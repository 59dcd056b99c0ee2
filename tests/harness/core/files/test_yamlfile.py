"""Strict YAML: every mistake names file, line and the nearest valid key."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.files.yamlfile import load_yaml

CARD = """\
id: ojou
name: 絢音
profile: 高校3年生である。
voice:
  markers:
    strong: ['ですわ']
    target_rate: 0.8
length: {chars: [15, 45], target: 30}
examples:
  - {user: やあ, reply: ごきげんよう}
"""


@pytest.fixture
def card_file(tmp_path: Path) -> Path:
    path = tmp_path / "card.yaml"
    path.write_text(CARD, encoding="utf-8")
    return path


def problem(path: Path, old: str = "", new: str = "") -> FileFormatError:
    if old:
        assert old in CARD
        path.write_text(CARD.replace(old, new), encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        load_yaml(path, Persona)
    return caught.value


def test_a_good_card_loads(card_file: Path) -> None:
    assert load_yaml(card_file, Persona).name == "絢音"


def test_unknown_key_names_line_and_nearest_key(card_file: Path) -> None:
    error = problem(card_file, "profile:", "profil:")
    assert str(error) == f"{card_file}:3: unknown key 'profil' (did you mean 'profile'?)"


def test_nested_unknown_key_names_its_own_line(card_file: Path) -> None:
    error = problem(card_file, "target_rate: 0.8", "target_rates: 0.8")
    assert (error.line, "did you mean 'target_rate'" in str(error)) == (7, True)


def test_unknown_key_without_a_neighbour_lists_the_keys(card_file: Path) -> None:
    assert "known: id, name" in str(problem(card_file, "voice:", "zzzzzz:"))


def test_unknown_key_in_a_list_item(card_file: Path) -> None:
    error = problem(card_file, "reply:", "replay:")
    assert (error.line, "'reply'" in str(error)) == (10, True)


def test_duplicate_key(card_file: Path) -> None:
    error = problem(card_file, "name: 絢音", "name: 絢音\nname: 雪乃")
    assert (error.line, "duplicate key 'name'" in str(error)) == (3, True)


def test_nested_duplicate_key(card_file: Path) -> None:
    error = problem(card_file, "    target_rate: 0.8", "    target_rate: 0.8\n    target_rate: 0.9")
    assert error.line == 8


def test_wrong_type_names_the_path_to_the_value(card_file: Path) -> None:
    error = problem(card_file, "target_rate: 0.8", "target_rate: viel")
    assert (error.line, "voice.markers.target_rate" in str(error)) == (7, True)


def test_missing_key(card_file: Path) -> None:
    assert "length" in str(problem(card_file, "length: {chars: [15, 45], target: 30}\n", ""))


def test_broken_yaml_names_the_line(card_file: Path) -> None:
    assert problem(card_file, "length: {chars: [15, 45], target: 30}", "length: {chars: [15, 45").line is not None


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in str(problem(tmp_path / "none.yaml"))


def test_empty_file(card_file: Path) -> None:
    card_file.write_text("", encoding="utf-8")
    assert "empty" in str(problem(card_file))


def test_a_file_that_is_no_text(card_file: Path) -> None:
    card_file.write_bytes(CARD.encode("cp932"))
    error = problem(card_file)
    assert "cannot be read: not UTF-8" in str(error)
    assert error.hint == "save the file as UTF-8"


def test_a_folder(tmp_path: Path) -> None:
    assert "cannot be read" in str(problem(tmp_path))


def test_a_list_is_no_card(card_file: Path) -> None:
    card_file.write_text("- a\n", encoding="utf-8")
    error = problem(card_file)
    assert (error.exit_code, error.line) == (2, 1)
    assert "a mapping (key: value) is needed here, not a list" in str(error)


def test_python_tags_are_refused(card_file: Path) -> None:
    card_file.write_text("id: !!python/object/apply:os.system [ls]\n", encoding="utf-8")
    assert problem(card_file).line == 1


def test_every_mistake_is_told_at_once_with_its_line(card_file: Path) -> None:
    card_file.write_text(CARD.replace("target: 30", "target: many").replace("name: 絢音", "name: ''"), encoding="utf-8")
    with pytest.raises(FileFormatError) as caught:
        load_yaml(card_file, Persona)
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{card_file}:2: name: a name is one line")
    assert second.startswith("  also line 8: length.target: a whole number is needed here")
