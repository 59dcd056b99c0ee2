"""The house rules that no linter holds: how modules lie in rooms and tests beside them."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("kikime", "leaderboard", "judges", "harness")
WITHOUT_A_MODULE = ("examples", "house", "journeys", "packaging", "support", "tasks")
"""Folders of tests that no single module answers for."""
SIDE_BY_SIDE = 12


def modules(floor):
    """Modules of one floor, without links to the others."""
    for path in (ROOT / floor).rglob("*.py"):
        inside = [ROOT / floor, *(path.parents[: len(path.relative_to(ROOT / floor).parts) - 1])]
        if not any(folder.is_symlink() for folder in inside):
            yield path.relative_to(ROOT)


def test_harness_has_no_loose_modules():
    assert {path.name for path in (ROOT / "harness").glob("*.py")} == {"__init__.py"}


def test_no_room_has_more_than_a_dozen_modules_side_by_side():
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


def test_every_test_module_lies_where_the_module_does_that_it_tests():
    tests = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    assert [str(test) for test in tests if test.parts[0] not in WITHOUT_A_MODULE and not has_subject(test)] == []


def has_subject(test):
    """Whether a module or package has the test's name, or the beginning of it: ``test_paired_pooled`` tests ``paired``.

    ``test_api`` and ``test_main`` test what their package itself exports.
    """
    if test.stem in {"test_api", "test_main"}:
        return (ROOT / test.parent / "__init__.py").exists()
    words = test.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:n]) for n in range(len(words), 0, -1)]
    folder = ROOT / test.parent
    return any((folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists() for name in names)


def test_test_modules_may_carry_the_name_of_their_module():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert "--import-mode=importlib" in options["addopts"]
