"""``kikime personas``, ``tasks`` and ``doctor`` in the terminal."""

from __future__ import annotations

import json

import pytest

from kikime.harness.cards.persona import persona_ids
from kikime.harness.environment import doctor
from tests.support.builders import invoke


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setenv("KIKIME_LANG", "en")


def test_personas_are_listed(tmp_path):
    shown = invoke(tmp_path, "personas", "list").stdout
    assert all(name in shown for name in persona_ids())


def test_a_card_is_shown_with_its_pronouns_and_examples(tmp_path):
    shown = invoke(tmp_path, "personas", "show", "ojousama").stdout
    assert "first person:   わたくし  never 俺" in shown
    assert shown.count("  → ") == 5


def test_a_card_that_fits_its_examples_passes(tmp_path):
    done = invoke(tmp_path, "personas", "check", "ojousama")
    assert done.exit_code == 0
    assert "marker rate" in done.stdout


def test_a_card_that_does_not_fit_its_examples_is_a_partial_result(tmp_path):
    card = json.loads(invoke(tmp_path, "personas", "show", "ojousama", "--json").stdout)
    card["length"] = {**card["length"], "chars": [200, 300], "target": 250}
    (tmp_path / "mine.yaml").write_text(json.dumps({**card, "id": "mine"}, ensure_ascii=False), encoding="utf-8")
    done = invoke(tmp_path, "personas", "check", tmp_path / "mine.yaml")
    assert done.exit_code == 4
    assert "warning: " in done.stderr


def test_a_drafted_card_is_never_written_over(tmp_path):
    (tmp_path / "lines.txt").write_text("そうですわ。\n素敵ですわね。\nよろしくてよ。\n" * 4, encoding="utf-8")
    arguments = ["personas", "new", "--from", tmp_path / "lines.txt", "--id", "mine", "--name", "絢音"]
    assert "id: mine" in invoke(tmp_path, *arguments).stdout
    done = invoke(tmp_path, *arguments, "-o", tmp_path / "card.yaml")
    assert "kikime personas check" in done.stderr
    again = invoke(tmp_path, *arguments, "-o", tmp_path / "card.yaml")
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_a_task_is_shown_with_where_its_items_come_from(tmp_path):
    shown = invoke(tmp_path, "tasks", "show", "persona_facts").stdout
    assert "measures: " in shown
    assert "name.0 (ojousama)" in shown
    assert "name.0" in invoke(tmp_path, "tasks", "show", "persona_facts", "--persona", "ojousama").stdout


def test_a_script_is_shown_turn_by_turn(tmp_path):
    assert "↳" in invoke(tmp_path, "tasks", "show", "steadiness").stdout


def test_doctor_signs_each_check_and_says_how_to_mend(tmp_path, monkeypatch):
    checks = [doctor.Finding("ok", "python", "3.11"), doctor.Finding("fault", "vllm", "missing", "install it")]
    monkeypatch.setattr(doctor, "diagnose", lambda _: iter(checks))
    done = invoke(tmp_path, "doctor")
    assert done.stdout == "✓ python: 3.11\n✗ vllm: missing\n    → install it\n"
    assert done.exit_code == 3
