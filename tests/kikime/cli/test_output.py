"""What is printed fits the terminal: no line is longer, no number is cut in two, and what had no room is named."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from rich.cells import cell_len

from kikime.cli.results.compare import print_comparison
from kikime.harness.reports.comparison.compare import compare
from kikime.harness.store.rundir import find_run
from kikime.harness.words.catalogue import use_language
from kikime.workflows import library
from tests.support.builders import august_and_september, invoke

COMMANDS = {
    "rank": "rank",
    "show": "show august",
    "show judged": "show judged",
    "show by": "show august --by persona --by task",
    "samples": "show august --samples --n 2",
    "plan": "plan demo:august --suite smoke --limit 1",
    "tasks": "tasks list",
    "formats": "formats list",
    "personas": "personas list",
}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NARROW = 80


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("narrow")
    august_and_september(folder)
    return folder


def told(runs, line, language, width, *more):
    done = invoke(runs, *line.split(), *more, "--lang", language, LANG="C.UTF-8", COLUMNS=str(width))
    assert done.exit_code == 0, done.output
    return done.stdout.partition("\n── ")[0].replace(f"{runs}/", "").splitlines()  # a prompt is shown as it is sent


def hint(language):
    return {"en": "not shown: ", "ja": "省いた列："}[language]


def numbers(lines, language):
    """All numbers but those of headings that are named as not shown."""
    return Counter(NUMBER.findall(re.sub(rf"{hint(language)}.*?(?=\n[^\n]*│|\Z)", "", "\n".join(lines))))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_is_longer_than_a_narrow_terminal_and_no_number_is_cut(runs, name, language):
    narrow = told(runs, COMMANDS[name], language, NARROW)
    assert [line for line in narrow if cell_len(line) > NARROW] == []
    assert numbers(narrow, language) - numbers(told(runs, COMMANDS[name], language, 2000), language) == Counter()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["rank", "show", "tasks"])
def test_columns_without_room_are_named_and_come_with_wide(runs, name, language):
    narrow = told(runs, COMMANDS[name], language, NARROW)
    wide = told(runs, COMMANDS[name], language, NARROW, "--wide")
    assert any(hint(language) in line for line in narrow)
    assert not any(hint(language) in line for line in wide)
    assert [line for line in wide if cell_len(line) > NARROW] == []


@pytest.fixture(scope="module")
def report(runs):
    """A comparison, without the fingerprints: their digits, which differ from run to run, are no numbers."""
    found = compare(find_run("august", runs), find_run("september", runs), n_examples=1)
    found.manifest = [setting for setting in found.manifest if not setting.path.endswith("fingerprint")]
    return found


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_comparison_fits_and_keeps_values_interval_and_verdict(report, language, monkeypatch, capsys):
    def shown(width):
        monkeypatch.setenv("COLUMNS", str(width))
        use_language(language)
        print_comparison(report, "format")
        return capsys.readouterr().out.splitlines()

    narrow, full = shown(NARROW), shown(2000)
    assert [line for line in narrow if cell_len(line) > NARROW] == []
    assert numbers(narrow, language) - numbers(full, language) == Counter()
    kept = {"en": ("interval", "verdict"), "ja": ("95%区間", "判定")}[language]
    assert all(any(name in line for line in narrow[:4]) for name in kept)


def test_what_doctor_finds_fits(monkeypatch, runs):
    found = [library.Check("warning", "judge", "no key; " * 20 + "12,345 runs", "set it, then: kikime judge RUN " * 5)]
    monkeypatch.setattr(library, "doctor", lambda _: found)
    lines = told(runs, "doctor", "en", NARROW)
    assert max(map(cell_len, lines)) <= NARROW
    assert any("12,345" in line for line in lines)


def test_a_plan_begins_with_what_it_costs(runs):
    lines = told(runs, COMMANDS["plan"], "en", NARROW)
    assert [line.split()[0] for line in lines[1:6]] == ["replies", "prompt", "new", "time", "judge"]
    assert any("┏" in line for line in lines[6:])
