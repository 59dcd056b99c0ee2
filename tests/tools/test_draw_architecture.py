"""The picture on the pages about the architecture."""

from __future__ import annotations

import re

import grimp
import pytest

from tools.draw_architecture import JAPANESE, PACKAGE, PAGE, drawn, without_detours


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph(PACKAGE, cache_dir=None)


@pytest.mark.parametrize("path", [PAGE, JAPANESE], ids=["en", "ja"])
def test_the_picture_is_that_of_todays_imports(path, graph):
    assert path.read_text(encoding="utf-8") == drawn(path, graph), "run tools/draw_architecture.py"


def test_both_pages_list_the_same_rooms():
    english, japanese = (
        re.findall(r"^\| `([\w.]+)`", page.read_text(encoding="utf-8"), re.MULTILINE) for page in (PAGE, JAPANESE)
    )
    assert japanese == english


def test_an_arrow_that_a_longer_way_says_too_is_left_out():
    assert set(without_detours({"a": {"b", "c"}, "b": {"c"}})) == {("a", "b"), ("b", "c")}
