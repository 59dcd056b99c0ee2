"""Every command in the READMEs and the docs is one that kikime has, and what is shown of a shipped run is what it prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from kikime.cli import main
from kikime.harness.words.catalogue import by_text, use_language
from tests.support.commands import Finished, kikime

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "results").glob("*.md")])
RUNS = frozenset({"docs/results/runs", "docs/results/flexibility", "docs/story/runs"})
"""Runs that travel with the docs."""
WIDTH = 170
"""Columns of the terminal that the shown tables were printed in."""
NOT_RUN = {
    "needs a checkpoint and the engine; tests marked engine run it": "demo run resume plan sweep watch push",
    "needs a judge's server; tests/judges and tests/journeys play one": "judge audit calibrate",
    "opens a server; tests marked browser visit it": "leaderboard",
    "reads files or runs of the reader's own, which the tests of each command make": (
        "show about compare rank gate export verify score personas tasks formats doctor schema"
    ),
}
"""Why a command that names no shipped run and needs something is checked as far as its words, and not run; by the command's first word."""


class Shown(NamedTuple):
    """A command on a page and the lines below it."""

    page: Path
    words: tuple[str, ...]
    output: str

    @property
    def language(self) -> str:
        return "ja" if self.page.name.endswith(".ja.md") else "en"


def shown() -> Iterator[Shown]:
    """Every command line in a block of code that begins with kikime."""
    for page in PAGES:
        for block in re.findall(
            r"^```(?:text|console)?\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            parts = re.split(
                r"^(?:\$ )?(?=kikime [a-z])", re.sub(r"^\$ ", "", block, flags=re.MULTILINE), flags=re.MULTILINE
            )
            for part in parts:
                line, _, output = part.partition("\n")
                if line.startswith("kikime "):
                    yield Shown(page, tuple(_words(line)), output)


def below_help() -> Iterator[Shown]:
    """Every example that help gives."""
    for page in sorted(ROOT.glob("harness/words/*/examples.yaml")):
        for name, lines in by_text(page.parent.name, "examples").items():
            for line in lines.splitlines() if name != "heading" else ():
                yield Shown(page, tuple(_words(line)), "")


def _words(line: str) -> list[str]:
    before_a_pipe = re.split(r"\s\||\s#\s|\s{4,}|　", line)[0]
    return shlex.split(before_a_pipe, comments=True)[1:]


@cache
def printed_by(words: tuple[str, ...], language: str) -> Finished:
    """What a command prints; pages that show the same share it."""
    done = kikime(*words, "--lang", language)
    use_language(None)
    return done


COMMANDS = [*shown(), *below_help()]
NEED_NOTHING = (("schema", "compare"), ("tasks", "check", "unanswerable"))
RUN_HERE = [
    found
    for found in COMMANDS
    if found.words in NEED_NOTHING or (RUNS & {*found.words} and found.words[0] not in {"leaderboard", "run"})
]
IDS = [f"{found.page.relative_to(ROOT)}: {' '.join(found.words)[:60]}" for found in COMMANDS]


@pytest.mark.parametrize("found", COMMANDS, ids=IDS)
def test_a_documented_command_has_the_options_that_it_is_shown_with(found):
    command, words = main, list(found.words)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0)
        if re.search("[··]", " ".join([name, *words])):
            return  # several commands in one line of prose
        command = command.get_command(click.Context(command), name)
        assert command is not None, f"no command {name}"
    known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
    used = {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)}
    assert used - known - {"--help", "-h", "--lang", "--debug"} == set()


@pytest.mark.parametrize("found", RUN_HERE, ids=lambda found: f"{found.page.name}: {found.words[0]}")
def test_what_is_shown_is_what_is_printed(found, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    done = printed_by(found.words, found.language)
    assert done.returncode in {0, 1, 4}, done.stderr
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    expected = [line.rstrip() for line in found.output.splitlines() if line.strip() != "…"]
    assert expected == printed[: len(expected)]


def test_every_command_that_is_not_run_has_a_reason():
    reasons = {word for words in NOT_RUN.values() for word in words.split()}
    assert {found.words[0] for found in COMMANDS} - reasons == set()


def test_the_shipped_runs_tell_nothing_of_the_machine_that_made_them():
    for path in chain.from_iterable((ROOT / runs).rglob("*.json*") for runs in RUNS):
        assert re.findall(r"/(?:home|tmp|work|root|Users)/", path.read_text(encoding="utf-8")) == [], path


def test_help_gives_examples_of_the_same_commands_in_both_languages():
    english, japanese = (by_text(language, "examples") for language in ("en", "ja"))
    assert english.keys() == japanese.keys()
    for name in english.keys() - {"heading"}:
        codes = [[_words(line) for line in words[name].splitlines()] for words in (english, japanese)]
        assert codes[0] == codes[1]


@pytest.mark.parametrize(("language", "heading"), [("en", "Examples:"), ("ja", "例:")])
def test_help_ends_in_examples(language, heading):
    shown = kikime("personas", "import", "--help", "--lang", language).stdout
    use_language(None)
    assert shown.rstrip().splitlines()[-2:] == [
        heading,
        "  " + by_text(language, "examples")["personas import"].rstrip(),
    ]
