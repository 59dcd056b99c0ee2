"""A real Chromium over a real server: journeys of a user, each of them over a link."""

from __future__ import annotations

import re
import urllib.request
from urllib.parse import parse_qsl

import pytest

from kikime.harness.words.catalogue import LANGUAGES, Translator
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ratings import blind_code, read_annotations
from tests.support.browsing import Visitor

pytestmark = pytest.mark.browser


def test_browsing_the_leaderboard(site, chromium):
    address, _, _ = site
    visitor = Visitor(chromium, address)
    tab = visitor.go("/")
    assert tab.get_by_role("heading", name="リーダーボード").is_visible()
    visitor.shoot("board")
    tab.get_by_text("絞り込み", exact=True).click()
    tab.get_by_label("名前で探す").fill("9月")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**q=9*")
    visitor.settle()
    tab.get_by_text("書式×モデル").click()
    tab.wait_for_url("**view=formats*")
    visitor.settle()
    visitor.shoot("board-filtered")
    link = tab.url
    again = Visitor(chromium, address)
    again.go(link.removeprefix(address))
    assert again.tab.get_by_label("名前で探す").input_value() == "9月"
    again.tab.get_by_text("1 モデルを表示").wait_for()
    font = tab.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    assert "Noto Sans JP" in font
    assert visitor.external == again.external == []


@pytest.mark.parametrize("view", ["", "model", "compare", "samples", "judge", "rate", "live"])
def test_every_page_fits_a_phone(site, chromium, view):
    address, runs, _ = site
    visitor = Visitor(chromium, address, width=390)
    august, september = runs["アイネス-8月"], runs["アイネス-9月"]
    visitor.go(f"/{view}?run={september}&a={august}&b={september}&rater=hanako")
    assert visitor.fits()
    visitor.shoot(f"phone-{view or 'board'}")
    assert visitor.external == []


def test_from_a_model_to_its_replies(site, chromium):
    address, runs, _ = site
    visitor = Visitor(chromium, address)
    tab = visitor.go(f"/model?run={runs['アイネス-9月']}")
    visitor.shoot("model")
    for part in ("長さ", "終わり方と漏れ", "書式", "会話の進み", "例示の数"):
        tab.get_by_role("radio", name=part, exact=True).or_(
            tab.get_by_role("button", name=part, exact=True)
        ).first.click()
        visitor.settle()
    tab.get_by_text("サンプルを見る").click()
    tab.wait_for_url("**/samples?*run=*")
    visitor.settle()
    tab.get_by_text("件の返答").first.wait_for()
    visitor.shoot("samples")
    assert visitor.external == []


def test_comparing_two_months(site, chromium):
    address, runs, _ = site
    visitor = Visitor(chromium, address)
    tab = visitor.go(f"/compare?a={runs['アイネス-8月']}&b={runs['アイネス-9月']}")
    tab.get_by_text("主要な指標：").wait_for()
    visitor.settle()
    visitor.shoot("compare")
    tab.goto(f"{address}/compare?a={runs['アイネス-8月']}&b={runs['アイネス-9月']}&view=flips")
    visitor.settle()
    tab.get_by_text("文字単位の違い").wait_for()
    assert tab.locator("del").count() + tab.locator("ins").count() > 0
    visitor.shoot("compare-flips")
    assert visitor.external == []


def test_reading_one_reply(site, chromium):
    import pyarrow.parquet as pq

    address, runs, store = site
    run = runs["アイネス-8月"]
    row = next(r for r in pq.read_table(store / run / "samples.parquet").to_pylist() if "ユーザー:" in r["response"])
    visitor = Visitor(chromium, address)
    tab = visitor.go(f"/samples?run={run}&sample={row['key']}")
    tab.get_by_text("返答の詳細").wait_for()
    assert row["response"] in tab.locator('[data-testid="stCode"] code').all_inner_texts()
    assert tab.locator("mark").count() > 0
    visitor.shoot("sample")
    assert visitor.external == []


def test_rating_with_the_keyboard(site, chromium):
    address, runs, store = site
    visitor = Visitor(chromium, address)
    tab = visitor.go(f"/rate?target={blind_code(runs['アイネス-9月'])}&rater=hanako")
    tab.get_by_text("に点を付けてください").wait_for()
    run = Index(store).find(runs["アイネス-9月"])
    visitor.shoot("rate")
    tab.locator("h1").click()
    for _ in range(6):
        if read_annotations(run):
            break
        tab.keyboard.press("5")
        visitor.settle()
    (rating,) = read_annotations(run)
    assert set(rating.human_scores.values()) == {5}
    for run_id in runs.values():
        assert run_id not in tab.content() + tab.url
    assert "アイネス" not in tab.content()


def test_a_link_shows_the_same_view_to_somebody_else(site, chromium):
    address, runs, _ = site
    august, september = runs["アイネス-8月"], runs["アイネス-9月"]
    visitor, other = Visitor(chromium, address), Visitor(chromium, address)
    for path in (
        f"/?sort=length&q=月&size=m&persona=bushi&w_style=2&view=formats&metric=length_fit&sel={august}&cell={september}:critical",
        f"/model?run={august}&part=slices&by=persona&then=format&lang=en",
        f"/samples?run={august}&persona=bushi&flag=length_fit&order=short&length_chars=10-40&score=5&p=2",
        f"/compare?a={august}&b={september}&view=flips&by=length_fit&way=better&in_format=alpaca&lang=en",
        f"/judge?run={august}&part=length",
    ):
        seen = [_shown(each, path) for each in (visitor, other)]
        assert seen[0] == seen[1]
        assert other.tab.url.startswith(address + path.split("?")[0])
        asked = dict(parse_qsl(path.partition("?")[2]))
        kept = dict(parse_qsl(other.tab.url.partition("?")[2]))
        assert asked.items() <= kept.items(), path
    other.tab.close()


def _shown(visitor, path):
    """What a visitor reads, and what is chosen in every field."""
    from playwright.sync_api import expect

    tab = visitor.go(path)
    for language in LANGUAGES:  # a slice is ranked while one waits
        expect(tab.get_by_text(Translator(language)("board.computing"))).to_have_count(0, timeout=120_000)
    visitor.settle()
    fields = tab.locator('[data-testid="stMain"] input').evaluate_all("all => all.map(one => one.value)")
    return tab.locator('[data-testid="stMain"]').inner_text(), fields


def test_points_and_cells_lead_to_their_replies(site, chromium):
    address, runs, _ = site
    september = runs["アイネス-9月"]
    visitor = Visitor(chromium, address)
    tab = visitor.go("/?view=formats")
    tab.locator('[data-testid="stVegaLiteChart"] .mark-text text').first.click()
    tab.wait_for_url("**/samples?*format=*")
    visitor.settle()
    tab.get_by_text("件の返答").first.wait_for()
    visitor.go(f"/model?run={september}&part=turns")
    tab.locator('[data-testid="stVegaLiteChart"] .mark-symbol path').first.click()
    tab.wait_for_url("**/samples?*turn=*")
    visitor.go(f"/model?run={september}&part=lengths")
    tab.locator('[data-testid="stVegaLiteChart"] .mark-rect').nth(1).locator("path").first.click()  # above the band
    tab.wait_for_url("**/samples?*length_chars=*")
    visitor.go("/")
    box = tab.locator('[data-testid="stDataFrame"]').first.bounding_box()
    tab.mouse.click(box["x"] + box["width"] - 60, box["y"] + 35 + 17)
    tab.wait_for_url("**cell=*")
    visitor.settle()
    tab.get_by_text("のもとになった返答を見る").click()
    tab.wait_for_url("**/samples?*run=*")
    assert visitor.external == []


def test_what_the_page_loads_first_comes_compressed(empty_store, serve):
    address = serve(empty_store)
    shell = urllib.request.urlopen(address, timeout=30).read().decode()
    sent = 0
    for name in re.findall(r'(?:src|href)="\./(static/[^"]+\.(?:js|css))"', shell):
        asked = urllib.request.Request(f"{address}/{name}", headers={"accept-encoding": "gzip"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            content = answer.read()
            assert answer.headers["content-encoding"] == "gzip" or len(content) < 500, name
            sent += len(content)
    assert 100_000 < sent < 2_000_000
