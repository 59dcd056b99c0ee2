"""Banks and cards are read alike by the fast parser and the one in pure Python."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "tasks"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_a_question_mark_in_a_list_is_read_by_both_parsers(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        flow = line.strip().removeprefix("- ")
        if "? " in flow and flow.endswith(("]", "}")):
            assert yaml.load(flow, yaml.SafeLoader), f"{path.name}:{number}"
