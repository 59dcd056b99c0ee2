"""The picture on the architecture page."""

from __future__ import annotations

from tools.draw_architecture import PAGE, drawn, without_detours


def test_the_picture_is_that_of_todays_imports():
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page), "run tools/draw_architecture.py"


def test_an_arrow_that_a_longer_way_says_too_is_left_out():
    assert set(without_detours({"a": {"b", "c"}, "b": {"c"}})) == {("a", "b"), ("b", "c")}
