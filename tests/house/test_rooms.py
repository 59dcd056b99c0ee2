"""The house rules that no linter holds: how modules lie in rooms and tests beside them."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("kikime", "leaderboard", "judges", "harness")
SIDE_BY_SIDE = 13
"""A baker's dozen."""


def modules(floor):
    """Modules of one floor, without links to the others."""
    for path in (ROOT / floor).rglob("*.py"):
        inside = [ROOT / floor, *(path.parents[: len(path.relative_to(ROOT / floor).parts) - 1])]
        if not any(folder.is_symlink() for folder in inside):
            yield path.relative_to(ROOT)


def test_harness_has_no_loose_modules():
    assert {path.name for path in (ROOT / "harness").glob("*.py")} == {"__init__.py"}


def test_no_room_has_more_than_thirteen_modules_side_by_side():
    every = [path for floor in FLOORS for path in modules(floor) if path.name != "__init__.py"]
    counts = Counter(str(path.parent) for path in every)
    assert {room: count for room, count in counts.items() if count > SIDE_BY_SIDE} == {}


def test_every_room_says_in_a_sentence_what_it_is_for():
    silent = [
        path
        for floor in FLOORS
        for path in modules(floor)
        if path.name == "__init__.py" and not (ROOT / path).read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def test_test_modules_may_carry_the_name_of_their_module():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert "--import-mode=importlib" in options["addopts"]
