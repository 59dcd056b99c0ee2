"""Help and the sidecars of formats can be read in Japanese: each English text has its wording, and none is left over."""

from __future__ import annotations

import re

import click
import pytest

from kikime.cli import main
from kikime.cli.click_words import paragraphs
from kikime.harness.words.catalogue import by_text, messages, use_language
from kikime.workflows import library
from tests.support.builders import invoke

NAMES = r"(?:[\w.-]+ ){0,2}[\w.-]+"
"""Titles that are names of models."""


@pytest.fixture(autouse=True)
def _english_source():
    use_language("en")
    yield
    use_language(None)


def test_every_help_text_has_its_japanese_and_none_is_left_over():
    said = {part for owner in owners(main, click.Context(main)) for part in paragraphs(owner.help or "")} - {""}
    japanese = by_text("ja", "help").keys()
    assert sorted(said - japanese - messages("ja").keys()) == []
    assert sorted(japanese - said) == []


def test_every_command_says_what_it_does():
    assert [owner.name for owner in owners(main, click.Context(main)) if not owner.help] == []


def test_every_sidecar_of_a_format_has_its_japanese_and_none_is_left_over():
    known = library.formats().values()
    prose = {text for entry in known for text in (entry.source.citation, *entry.lossy, entry.notes) if text}
    titles = {entry.title for entry in known}
    japanese = by_text("ja", "formats").keys()
    assert sorted(prose - japanese) == []
    assert [title for title in sorted(titles - japanese) if not re.fullmatch(NAMES, title)] == []
    assert sorted(japanese - prose - titles) == []


def test_what_every_bank_says_of_itself_has_its_english_and_none_is_left_over():
    said = {text for task in library.tasks() for text in (task.title, task.measures, task.source)}
    english = by_text("en", "banks")
    assert sorted(said - english.keys()) == []
    assert sorted(english.keys() - said) == []
    assert [text for text in english.values() if re.search("[ぁ-んァ-ヶ一-龠]", text)] == []


@pytest.mark.parametrize("command", [[], ["run"], ["gate"], ["formats"], ["formats", "render"]])
def test_japanese_help_holds_no_english_sentence(command):
    said = invoke(".", *command, "--help", "--lang", "ja").output.partition("\n")[2]
    shown = re.sub("^ +kikime .*", "", said, flags=re.MULTILINE)  # examples are commands
    assert re.findall(r"\b[A-Z]?[a-z]+(?: [a-z]+){2,}", shown) == []


@pytest.mark.parametrize("command", [[], ["export"], ["run"]])
def test_japanese_help_fits_the_terminal(command):
    lines = invoke(".", *command, "--help", "--lang", "ja").output.splitlines()
    assert max(len(line) + len(re.findall("[\u3000-\u9fff\uff00-\uff60]", line)) for line in lines) <= 80
    assert not [line for line in lines if re.match(r"\s*[、。）」]", line)]


def test_metavars_are_the_same_in_both_languages():
    shown = [invoke(".", "export", "--help", "--lang", language).output for language in ("ja", "en")]
    assert all(
        metavar in output for output in shown for metavar in ("--runs DIRECTORY", "--output PATH", "RUN [RUN_B]")
    )


def test_english_help_reads_as_it_is_written():
    assert "Export one RUN, or the comparison of two." in invoke(".", "export", "--help", "--lang", "en").output


def owners(command, context):
    """Every command, with its options, below this one."""
    yield command
    yield from (option for option in command.params if isinstance(option, click.Option) and option.help)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from owners(below, click.Context(below, parent=context, info_name=name))
