"""The bundled ways of asking."""

from __future__ import annotations

import pytest

from kikime.harness.suites.condition import bundled_techniques

TECHNIQUES = bundled_techniques()
STYLE = {"no_style", "poni"}


def test_plain_changes_nothing() -> None:
    plain = TECHNIQUES["plain"]
    assert plain.ask("おはよう。") == "おはよう。"
    assert plain.style
    assert not plain.system


@pytest.mark.parametrize("name", sorted(TECHNIQUES.keys() - {"plain"}))
def test_a_technique_keeps_the_question_and_names_its_source(name: str) -> None:
    technique = TECHNIQUES[name]
    assert "朝ごはんは？" in technique.ask("朝ごはんは？")
    assert technique.source
    assert technique.title


@pytest.mark.parametrize("name", sorted(TECHNIQUES.keys() - {"plain"}))
def test_a_technique_differs_from_plain(name: str) -> None:
    technique = TECHNIQUES[name]
    assert (technique.ask("？"), technique.system, technique.style) != ("？", "", True)


@pytest.mark.parametrize("name", ["step_by_step", "few_shot_cot"])
def test_reasoning_is_asked_for_before_the_answer_mark(name: str) -> None:
    assert "「答え：」" in TECHNIQUES[name].user_suffix


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_only_the_style_techniques_drop_the_voice(name: str) -> None:
    assert TECHNIQUES[name].style is (name not in STYLE)
