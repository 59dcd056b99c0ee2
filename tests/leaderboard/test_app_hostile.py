"""A real Chromium over runs full of payloads: nothing is fetched, nothing is run, every text stays as it is."""

from __future__ import annotations

import csv
import io
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.leaderboard.data.ratings import blind_code
from tests.support.browsing import Beacon, Visitor
from tests.support.builders import make_materials, make_run, talk_task

pytestmark = pytest.mark.browser


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
    materials = plain._replace(personas={"ojousama": persona})
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
        f"/rate?target={blind_code(evil.id)}&rater=<img>",
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
    assert visitor.tab.title() == "サンプル — kikime"
    visitor.tab.wait_for_timeout(1500)
    assert Beacon.hits == []
    assert visitor.external == []


def test_downloads_hold_the_text_as_it_is_and_run_nothing(tmp_path, serve, chromium, beacon):
    texts = [text for text in payloads(beacon) if len(text) < 1000] + ["+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)"]
    make_run(
        tmp_path / "runs",
        "=evil",
        lambda request: texts[int(request.item_id[1:])],
        materials=make_materials([talk_task(len(texts))], personas=("ojousama",)),
    )
    visitor = Visitor(chromium, serve(tmp_path / "runs"))
    tab = visitor.go("/samples?order=long")
    tab.get_by_text("この一覧をダウンロード").click()
    files = {}
    for kind in ("CSV", "JSON"):
        with tab.expect_download() as started:
            tab.get_by_role("button", name=kind, exact=True).click()
        files[kind] = Path(started.value.path()).read_bytes()
    rows = json.loads(files["JSON"])
    assert sorted(row["response"] for row in rows) == sorted(texts)
    assert [len(row["response"]) for row in rows] == sorted(map(len, texts), reverse=True)
    cells = list(csv.DictReader(io.StringIO(files["CSV"].decode("utf-8-sig"), newline="")))
    assert [cell["response"].removeprefix("'") for cell in cells] == [row["response"] for row in rows]
    assert not any(cell["response"].startswith(("=", "+", "-", "@")) for cell in cells)
    assert Beacon.hits == visitor.external == []


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
