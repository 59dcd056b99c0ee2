"""Links, the history and keys, over runs of every kind."""

from __future__ import annotations

import pytest

from tests.support.browsing import Visitor

pytestmark = pytest.mark.browser


def test_a_link_to_nothing_says_so_and_back_goes_back(every_kind, chromium):
    address, _ = every_kind
    visitor = Visitor(chromium, address, width=1440)
    tab = visitor.go("/model?run=nothing")
    tab.get_by_text("このリンクの実行は、ここにはありません").wait_for()
    assert "run=nothing" in tab.url
    visitor.go("/")
    tab.get_by_role("link", name="比較", exact=True).first.click()
    tab.wait_for_url("**/compare?*b=*")
    visitor.settle()
    tab.go_back()
    visitor.settle()
    assert tab.url.rstrip("/") == address


def test_pages_begin_with_a_run_that_can_be_read(every_kind, chromium):
    address, _ = every_kind
    visitor = Visitor(chromium, address, width=1440)
    for place in ("/rate?rater=hana&mode=results", "/model", "/samples"):
        assert "20990101T" not in visitor.go(place).url


def test_tab_leaves_a_table(every_kind, chromium):
    address, _ = every_kind
    tab = Visitor(chromium, address, width=1440).go("/")
    inside = "!!document.activeElement.closest('[data-testid=stDataFrame]')"
    pressed = 0
    tab.evaluate("document.querySelector('[data-testid=stDataFrame] canvas').focus()")
    while tab.evaluate(inside) and pressed < 30:
        tab.keyboard.press("Tab")
        pressed += 1
    assert pressed <= 3
