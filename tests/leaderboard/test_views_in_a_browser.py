"""Links, the history and keys, over runs of every kind."""

from __future__ import annotations

import json
import shutil

import pytest

from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ranking import ranking
from tests.support.app import named
from tests.support.browsing import Visitor
from tests.support.builders import make_materials, make_run, talk_task

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)>\u202eabc\u200b ![](http://evil.example/x) $$x$$"


@pytest.fixture
def every_kind(store, serve):
    """The filled store with a run of another suite, a hostile, a killed and two corrupt ones."""
    good = next(iter(named(store).values()))
    small = make_materials([talk_task(3)], formats=("alpaca",), id="small")
    make_run(store, "小さな評価", "はい。", materials=small)
    make_run(store, "<b>x</b>|[y](http://evil.example)", HOSTILE, materials=small)
    for name in ("tables", "manifest", "killed"):
        shutil.copytree(store / good, store / f"20990101T000000Z-{name}-000001")
    (store / "20990101T000000Z-tables-000001" / "samples.parquet").write_bytes(b"PAR1 no")
    (store / "20990101T000000Z-manifest-000001" / "manifest.json").unlink()
    killed = store / "20990101T000000Z-killed-000001"
    for name in ("summary.json", "samples.parquet", "scores.parquet", "judge.parquet"):
        (killed / name).unlink(missing_ok=True)
    (killed / "status.json").write_text(json.dumps({"state": "running", "planned": 100, "done": 7}))
    ranking(Index(store))
    return serve(store), named(store)


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
