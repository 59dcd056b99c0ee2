"""What comes with kikime, at a glance."""

from __future__ import annotations

from kikime.harness.cards.persona import load_persona, persona_ids
from kikime.harness.environment import doctor
from kikime.harness.prompts.format import format_ids
from kikime.harness.suites.task import load_task, task_ids
from kikime.workflows import library
from tests.support.builders import IN_VOICE, make_run


def test_every_bundled_persona_is_told_with_the_numbers_of_its_card():
    found = library.personas()
    assert [one.id for one in found] == list(persona_ids())
    for one in found:
        card = load_persona(one.id)
        assert (one.name, one.version, one.facts, one.examples) == (
            card.name,
            card.version,
            len(card.facts),
            len(card.examples),
        )
        assert one.chars == tuple(card.length.chars)
        assert one.chars[0] < one.chars[1]


def test_every_bundled_task_is_told_with_what_each_persona_is_asked():
    found = library.tasks()
    assert [one.id for one in found] == list(task_ids())
    cards = [load_persona(name) for name in persona_ids()]
    for one in found:
        counts = [len(load_task(one.id).items_for(card)) for card in cards]
        assert one.items == (min(counts), max(counts))
        assert one.items[1] > 0
        assert one.title
        assert one.source


def test_every_format_is_there_by_its_id():
    found = library.formats()
    assert list(found) == list(format_ids())
    assert all(name == one.id for name, one in found.items())


def test_a_check_of_the_machine_changes_no_run(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_import", lambda what, _: doctor.Finding("ok", what, "imports"))
    run = make_run(tmp_path / "runs", "a", IN_VOICE)
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    found = library.doctor(tmp_path / "runs")
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
    assert {check.state for check in found} <= {"ok", "warning", "fault"}
    assert all(check.what and check.detail for check in found)


def test_what_is_wrong_comes_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_import", lambda what, _: doctor.Finding("fault", what, "missing", f"install {what}"))
    found = library.doctor(tmp_path)
    assert all(check.mend for check in found if check.state == "fault")
    assert any(check.state == "fault" for check in found)
