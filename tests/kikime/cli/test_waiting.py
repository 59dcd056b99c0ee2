"""Life signs of commands that have nothing to print yet."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from kikime.cli import main, waiting
from kikime.cli.progress import TerminalListener
from kikime.cli.waiting import life_signs
from kikime.harness.words.catalogue import use_language


@pytest.fixture
def impatient(monkeypatch):
    """Nothing is waited for before the first sign; the returned event is set by it."""
    spoken, note = threading.Event(), waiting.note
    monkeypatch.setattr(waiting, "_FIRST_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "note", lambda text: (note(text), spoken.set()))
    return spoken


@pytest.mark.parametrize(
    ("language", "sign"),
    [
        ("en", "reading acme/tea and rendering its prompts … (0 s)"),
        ("ja", "acme/tea を読み込み、プロンプトを組み立てています…（0秒）"),
    ],
)
def test_what_takes_long_says_what_it_does_in_the_language_of_the_command(impatient, capsys, language, sign):
    use_language(language)
    try:
        with life_signs("plan", model="acme/tea"):
            assert impatient.wait(10)
    finally:
        use_language(None)
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == ("", [sign])


def test_what_is_done_in_a_moment_says_nothing(capsys):
    with life_signs("detect", model="acme/tea"):
        pass
    assert capsys.readouterr().err == ""


def test_a_remark_of_a_run_ends_the_signs(impatient, capsys):
    before = threading.active_count()
    with life_signs("plan", model="acme/tea") as told:
        assert impatient.wait(10)
        TerminalListener(before=told).say("plan: acme/tea")
        assert threading.active_count() == before
    assert capsys.readouterr().err.splitlines()[-1] == "plan: acme/tea"


@pytest.mark.parametrize("command", [["run", "no/such"], ["resume", "no-such-run"]])
def test_what_generates_gives_a_sign_before_its_plan(impatient, tmp_path, command, monkeypatch):
    begun = waiting.life_signs

    @contextmanager
    def slow(code, **values):
        with begun(code, **values) as told:
            assert impatient.wait(10)
            yield told

    monkeypatch.setattr(f"kikime.cli.running.{command[0]}.life_signs", slow)
    done = CliRunner().invoke(main, [*command, "--runs", str(tmp_path), "--lang", "en"])
    assert done.stderr.startswith(f"reading {command[1]} and rendering its prompts … (")


def test_a_fault_ends_the_signs(impatient):
    before = threading.active_count()
    with pytest.raises(ValueError, match="broken"), life_signs("plan", model="acme/tea"):
        raise ValueError("broken")
    assert threading.active_count() == before


@pytest.mark.parametrize("command", [["formats", "detect"], ["formats", "card", "--format", "chatml", "--tokenizer"]])
def test_reading_a_tokenizer_gives_a_sign_and_leaves_the_output_alone(impatient, august, command):
    done = CliRunner().invoke(main, [*command, str(august), "--json", "--lang", "en"])
    assert done.stderr.startswith(f"reading the tokenizer of {august} and comparing the formats")
    assert done.stdout.startswith(("{", "["))
