"""What of a suite a caller replaces."""

from __future__ import annotations

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.suites.suite import Suite
from kikime.workflows.plan import choose_materials

SUITE = Suite.model_validate(
    {
        "id": "mine",
        "tasks": [
            {"id": "daily", "limit": 3, "formats": ["chatml"], "shots": [1]},
            {"id": "daily", "personas": ["bushi"]},
            "persona_facts",
        ],
        "personas": ["ojousama", "bushi"],
        "formats": ["alpaca", "native"],
        "limit": 5,
    }
)


def test_nothing_given_leaves_the_suite():
    assert choose_materials(SUITE).suite == SUITE


def test_what_is_given_wins_over_a_tasks_own_choice():
    suite = choose_materials(SUITE, formats=["vicuna"], personas=["bushi"], shots=[0, 2], limit=1).suite
    assert (suite.formats, suite.personas, suite.shots, suite.limit) == (("vicuna",), ("bushi",), (0, 2), 1)
    for entry in suite.tasks:
        assert (entry.formats, entry.personas, entry.shots, entry.limit) == (None, None, None, None)


def test_only_the_wanted_tasks_stay_with_all_their_entries():
    suite = choose_materials(SUITE, tasks=["unanswerable", "daily"]).suite
    assert [entry.id for entry in suite.tasks] == ["unanswerable", "daily", "daily"]
    assert suite.tasks[1].formats == ("chatml",)


def test_one_text_is_one_name():
    assert choose_materials(SUITE, personas="bushi").suite.personas == ("bushi",)


def test_a_wrong_name_tells_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'daily'"):
        choose_materials(SUITE, tasks=["dayly"])


def test_a_persona_file_is_found_from_the_working_folder(tmp_path, monkeypatch):
    from kikime.harness.core.files import data_path

    card = (data_path("personas") / "ojousama.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(card.replace("id: ojousama", "id: mine"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert choose_materials(SUITE, personas=["mine.yaml"]).suite.personas == ("mine",)
