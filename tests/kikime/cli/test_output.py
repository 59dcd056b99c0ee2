"""What is printed fits the terminal: no line is longer, no number is cut in two, and what had no room is named."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from rich.cells import cell_len

from tests.support.builders import (
    IN_VOICE,
    PLAIN,
    add_verdicts,
    facts_task,
    invoke,
    make_materials,
    make_run,
    talk_task,
)

COMMANDS = {
    "rank": "rank",
    "compare": "compare august september",
    "compare by format": "compare august september --by format --examples 1",
    "show": "show august",
    "show judged": "show judged",
    "show by": "show august --by persona --by task",
    "samples": "show august --samples --n 2",
    "plan": "plan demo:august --suite quick --limit 1",
    "tasks": "tasks list",
    "formats": "formats list",
    "personas": "personas list",
    "doctor": "doctor",
}
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
NARROW = 80


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("narrow")
    both = make_materials([talk_task(4), facts_task()], formats=("alpaca", "chatml"))
    make_run(folder, "august", lambda request: PLAIN if request.turn == 0 else None, materials=both)
    make_run(folder, "september", IN_VOICE, materials=both)
    add_verdicts(make_run(folder, "judged", IN_VOICE), lambda _: 5)
    return folder


def told(runs, line, language, width, *more):
    done = invoke(runs, *line.split(), *more, "--lang", language, LANG="C.UTF-8", COLUMNS=str(width))
    assert done.exit_code in {0, 3 if line == "doctor" else 0}, done.output
    return done.stdout.partition("\n── ")[0].replace(f"{runs}/", "").splitlines()  # a prompt is shown as it is sent


def hint(language):
    return {"en": "not shown: ", "ja": "省いた列: "}[language]


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
@pytest.mark.parametrize("name", ["rank", "compare", "show", "tasks"])
def test_columns_without_room_are_named_and_come_with_wide(runs, name, language):
    narrow = told(runs, COMMANDS[name], language, NARROW)
    wide = told(runs, COMMANDS[name], language, NARROW, "--wide")
    full = told(runs, COMMANDS[name], language, 2000)
    assert any(hint(language) in line for line in narrow)
    assert not any(hint(language) in line for line in [*wide, *full])
    assert [line for line in wide if cell_len(line) > NARROW] == []
    assert numbers(full, language) - numbers(wide, language) == Counter()


def test_the_list_of_tasks_has_one_line_each(runs):
    rows = [line for line in told(runs, "tasks list", "ja", NARROW) if line.startswith("│")]
    assert all(line.split("│")[1].strip() for line in rows)


def test_a_plan_begins_with_what_it_costs(runs):
    lines = told(runs, COMMANDS["plan"], "en", NARROW)
    assert [line.split()[0] for line in lines[1:6]] == ["replies", "prompt", "new", "time", "judge"]
    assert any("┏" in line for line in lines[6:])
