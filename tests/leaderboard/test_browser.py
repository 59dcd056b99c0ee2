"""A real Chromium over a real server: five journeys of a user, and a run full of payloads."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from builders import make_materials, make_run, talk_task

from harness.persona import load_persona
from harness.plan import Materials
from leaderboard.index import Index
from leaderboard.ranking import ranking
from leaderboard.ratings import read_annotations

pytestmark = pytest.mark.browser
ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "leaderboard"
CHROMIUM = os.environ.get("KIKIME_CHROMIUM", "/usr/bin/chromium")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def serve(tmp_path):
    """Start the command over a store; gives the page's address."""
    started = []

    def start(runs):
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "harness", "leaderboard", "--runs", str(runs), "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        )
        started.append(process)
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5)
            except OSError:
                time.sleep(0.2)
            else:
                return address
        raise AssertionError("the server did not start")

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """One tab; notes every request that leaves the server."""

    def __init__(self, browser, address, width=1280):
        self.address, self.external = address, []
        self.tab = browser.new_page(viewport={"width": width, "height": 900})
        self.tab.set_default_timeout(60_000)
        self.tab.on("request", self._note)

    def _note(self, request):
        host = self.address.removeprefix("http://")
        if not request.url.startswith((self.address, f"ws://{host}", "data:", "blob:")):
            self.external.append(request.url)

    def go(self, path):
        self.tab.goto(self.address + path)
        self.settle()
        return self.tab

    def settle(self):
        self.tab.wait_for_selector(READY)
        self.tab.wait_for_timeout(700)
        self.tab.wait_for_selector(READY)
        _wait_until(self.tab, "!document.querySelector('[data-testid=stSkeleton]')")

    def shoot(self, name):
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        height = self.tab.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 900")
        size = self.tab.viewport_size
        self.tab.set_viewport_size({"width": size["width"], "height": min(max(height + 20, 900), 4000)})
        self.settle()
        self.tab.screenshot(path=str(ARTIFACTS / f"{name}.png"))
        self.tab.set_viewport_size(size)

    def fits(self):
        return self.tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def site(store, serve):
    ranking(Index(store))
    return serve(store), {entry.name: entry.id for entry in Index(store).entries()}, store


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
    tab.get_by_text("主要な指標").wait_for()
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
    tab = visitor.go(f"/rate?run={runs['アイネス-9月']}&rater=hanako")
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
    assert set(rating["human_scores"].values()) == {5}
    assert "アイネス" not in tab.locator('[data-testid="stMain"]').inner_text().replace("キャラクター", "")


class Beacon(http.server.BaseHTTPRequestHandler):
    hits: list[str] = []

    def do_GET(self):
        self.hits.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def beacon():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Beacon.hits.clear()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def payloads(url):
    return [
        f"<script>new Image().src='{url}/script'</script>",
        f"<img src={url}/img onerror=\"fetch('{url}/onerror')\">",
        f"![画像]({url}/markdown.png) [押して](javascript:fetch('{url}/js'))",
        f"<svg onload=fetch('{url}/svg')></svg><iframe src={url}/frame></iframe><style>@import '{url}/css';</style>",
        f":red[赤] :material/delete: $\\sum_i$ `code` # 見出し\n\n```mermaid\ngraph LR; A-->B\n```\n|a|b|\n|-|-|\n{url}/plain",
        f'=HYPERLINK("{url}/cell")',
        "右から\u202e左へ\u2066 ゼロ幅\u200b\u200d\ufeff 合字👨\u200d👩\u200d👧",
        "</code></pre></div><h1>外へ</h1>&lt;b&gt;&amp;",
        "長" * 1_000_000,
    ]


def test_hostile_text_is_shown_as_it_is_and_fetches_nothing(tmp_path, serve, chromium, beacon):
    texts = payloads(beacon)
    persona = load_persona("ojousama").model_copy(update={"name": f"![名]({beacon}/persona.png)"})
    plain = make_materials([talk_task(len(texts))], personas=("ojousama",))
    materials = Materials(plain.suite, plain.tasks, {"ojousama": persona})
    name = f"<img src={beacon}/name>![n]({beacon}/name.png)"
    evil = make_run(tmp_path / "runs", name, lambda request: texts[int(request.item_id[1:])], materials=materials)
    make_run(
        tmp_path / "runs", f"{name} 2", lambda request: texts[-1 - int(request.item_id[1:])][:500], materials=materials
    )
    other = next(path.name for path in (tmp_path / "runs").iterdir() if path.name != evil.id)
    address = serve(tmp_path / "runs")
    visitor = Visitor(chromium, address)
    for path in (
        "/",
        f"/model?run={evil.id}",
        f"/compare?a={evil.id}&b={other}&view=flips",
        f"/rate?run={evil.id}&rater=<img>",
        "/judge",
        "/live",
    ):
        visitor.go(path)
    import pyarrow.parquet as pq

    keys = {row["response"]: row["key"] for row in pq.read_table(evil.samples_file).to_pylist()}
    for number, text in enumerate(texts):
        more = "&full=1" if len(text) > 20_000 else ""
        tab = visitor.go(f"/samples?run={evil.id}&sample={keys[text]}{more}")
        tab.get_by_text("返答の詳細").wait_for()
        shown = tab.locator('[data-testid="stCode"] code').evaluate_all("all => all.map(one => one.textContent)")
        assert text in shown, f"payload {number} is not intact"
        if number in {0, 4, 6}:
            visitor.shoot(f"hostile-{number}")
    assert tab.locator("h1").count() == 1
    assert visitor.tab.title().startswith("kikime")
    visitor.tab.wait_for_timeout(1500)
    assert Beacon.hits == []
    assert visitor.external == []


def test_every_response_carries_the_policy(empty_store, serve):
    address = serve(empty_store)
    for path in ("/", "/_stcore/health", "/compare"):
        with urllib.request.urlopen(address + path, timeout=30) as response:
            assert "default-src 'self'" in response.headers["content-security-policy"]
            assert response.headers["referrer-policy"] == "no-referrer"


def test_a_foreign_host_name_is_refused(empty_store, serve):
    request = urllib.request.Request(serve(empty_store) + "/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code in {400, 403, 421}


def _wait_until(page, expression: str, *_: object, timeout: float = 60_000, **__: object) -> None:
    """Poll from outside: the page's content security policy forbids evaluating strings inside it."""
    for _attempt in range(int(timeout // 200)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(200)
    raise AssertionError(expression)
