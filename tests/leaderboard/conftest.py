"""Stores of runs for the page: filled, empty, broken, hostile."""

from __future__ import annotations

import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from functools import cache, partial
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.summary import summarise
from kikime.harness.suites.task import Item
from kikime.leaderboard.data.index import Index, _finished, signature_of
from kikime.leaderboard.data.ranking import ranking
from tests.support import machine
from tests.support.app import named
from tests.support.browsing import Beacon, free_port
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, facts_task, make_materials, make_run, talk_task
from tests.support.drawing import noting

FORMATS = ("alpaca", "chatml")
HOSTILE = "<img src=x onerror=alert(1)>\u202eabc\u200b ![](http://evil.example/x) $$x$$"
LEAK = "はい。\nユーザー: それでは次の質問です。\nAI: わかりました。"


def answering(quality, seed):
    """In the character's voice with probability ``quality``, else plain, leaking or failed."""

    def answer(request):
        chance = random.Random(f"{request.pair_key}{seed}").random()
        if chance < quality:
            return IN_VOICE
        return LEAK if chance < quality + 0.05 else None if chance < quality + 0.08 else PLAIN

    return answer


def dialogue_task():
    items = tuple(
        Item(id=f"d{i}", user="こんにちは。", script=("趣味は何ですか。", "またお話ししましょう。")) for i in range(2)
    )
    return talk_task(id="dialogue", title="会話", items=items)


def judge(run):
    """Verdicts of two judges, drawn at random but always the same; one of them refuses at times."""
    draw = random.Random(run.id[-1])
    add_verdicts(run, lambda _: draw.choice([None, 3, 4, 5, 6, 7, 7]))
    add_verdicts(run, lambda _: draw.choice([2, 3, 4, 5, 6]), judge="judge-b")


@pytest.fixture(scope="session", autouse=True)
def _streamlit_looks_once_for_components():
    """Each start of the page reads the metadata of every installed package; these do not change while tests run."""
    with pytest.MonkeyPatch.context() as patch:
        found = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """August and September of one model, judged by two judges, beside a larger model that lacks half of the cells."""
    runs = tmp_path_factory.mktemp("store") / "runs"
    tasks = [talk_task(5), facts_task(), dialogue_task()]
    materials = make_materials(tasks, formats=FORMATS, shots=(0, 2))
    august = make_run(runs, "アイネス-8月", answering(0.35, 8), materials=materials, n_params=3_000_000_000)
    september = make_run(runs, "アイネス-9月", answering(0.8, 9), materials=materials, n_params=3_000_000_000)
    make_run(
        runs,
        "大きなモデル",
        answering(0.6, 1),
        materials=materials,
        n_params=13_000_000_000,
        keep=lambda r: r.format == "alpaca",
    )
    for run in (august, september):
        judge(run)
        summarise(run)
    return runs


@pytest.fixture(scope="session")
def shelf(built):
    """The runs of the filled store by their names, for tests that change nothing."""
    return {run.manifest()["name"]: run for run in map(RunDirectory, built.iterdir())}


@pytest.fixture(scope="session")
def entries(built):
    """What the first page knows of each run of the filled store, by name."""
    return {run.name: _finished(run, signature_of(run / "summary.json")) for run in built.iterdir()}


@pytest.fixture(scope="session")
def judged_pair(tmp_path_factory):
    """Two small runs that a judge has scored: the second one keeps the voice and fails twice, the first loses it."""
    folder = tmp_path_factory.mktemp("judged")
    materials = make_materials([talk_task(4)], formats=FORMATS)

    def answer(request):
        return None if (request.item_id, request.format) == ("t00", "chatml") else IN_VOICE

    august = make_run(folder, "八月", lambda q: LEAK if q.item_id == "t01" else PLAIN, materials=materials)
    september = make_run(folder, "九月", answer, materials=materials)
    for run, score in ((august, 3), (september, 5)):
        add_verdicts(run, lambda sample, score=score: score + int(sample["item_id"][-1]) % 2)
    return august, september


@pytest.fixture
def visit(built, monkeypatch):
    """Open an address over the filled store, which nothing may change: parts of pages draw into what is returned."""
    monkeypatch.setenv("KIKIME_RUNS", str(built))
    return partial(noting, monkeypatch)


@pytest.fixture
def store(built, tmp_path, monkeypatch):
    """A copy of the filled store."""
    runs = tmp_path / "runs"
    shutil.copytree(built, runs)
    return _own(runs, tmp_path, monkeypatch)


@pytest.fixture
def runs(store):
    index = Index(store)
    return {entry.name: index.find(entry.id) for entry in index.entries()}


@pytest.fixture
def august(runs):
    return runs["アイネス-8月"]


@pytest.fixture
def september(runs):
    return runs["アイネス-9月"]


@pytest.fixture
def ranked(built, monkeypatch):
    """The filled store, which nothing may change, with its ranking."""
    monkeypatch.setenv("KIKIME_RUNS", str(built))
    ranking(Index(built))
    return built


@pytest.fixture
def ranked_copy(store):
    """A copy of the filled store with its ranking."""
    ranking(Index(store))
    return store


@pytest.fixture
def empty_store(tmp_path, monkeypatch):
    """A folder without runs."""
    (tmp_path / "runs").mkdir()
    return _own(tmp_path / "runs", tmp_path, monkeypatch)


@pytest.fixture
def broken_store(broken, monkeypatch):
    """One good run among every kind of damage, which nothing may change, with the ranking of the good one."""
    monkeypatch.setenv("KIKIME_RUNS", str(broken))
    ranking(Index(broken))
    return broken


@pytest.fixture(scope="session")
def broken(built, tmp_path_factory):
    runs = tmp_path_factory.mktemp("broken") / "runs"
    shutil.copytree(built, runs)
    good, *_ = sorted(runs.iterdir())

    def copy(name):
        shutil.copytree(good, runs / name)
        return runs / name

    (copy("20990101T000000Z-torn-000001") / "summary.json").write_bytes(b'{"schema": 1, "run"')
    newer = copy("20990101T000000Z-newer-000002") / "summary.json"
    newer.write_text(json.dumps(json.loads(newer.read_text()) | {"schema": 99}))
    (copy("20990101T000000Z-tables-000003") / "samples.parquet").write_bytes(b"PAR1 not a table")
    (copy("20990101T000000Z-manifest-000004") / "manifest.json").unlink()
    odd = copy("20990101T000000Z-types-000005") / "summary.json"
    odd.write_text(json.dumps(json.loads(odd.read_text()) | {"metrics": 3}))
    half = copy("20990101T000000Z-half-000006")
    for name in ("summary.json", "samples.parquet", "scores.parquet", "judge.parquet"):
        (half / name).unlink()
    (half / "status.json").write_text(json.dumps({"state": "running", "planned": 100, "done": 7, "heartbeat": "?"}))
    (runs / "20990101T000000Z-empty-000007").mkdir()
    (copy("20990101T000000Z-bytes-000008") / "manifest.json").write_bytes(b"\xff\xfe\x00")
    return runs


def _own(runs: Path, tmp_path, monkeypatch):
    monkeypatch.setenv("KIKIME_RUNS", str(runs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return runs


@pytest.fixture
def serve(tmp_path):
    """Start the command over a store; gives the page's address."""
    started = []

    def start(runs, *options, port=None):
        port = port or free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "kikime", "leaderboard", "--runs", str(runs), "--port", str(port), *options],
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
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(store, serve):
    ranking(Index(store))
    return serve(store), {entry.name: entry.id for entry in Index(store).entries()}, store


@pytest.fixture
def every_kind(store, serve):
    """The filled store with a run of another suite, a hostile, a killed and two corrupt ones."""
    good = next(iter(named(store).values()))
    small = make_materials([talk_task(3)], formats=("alpaca",), id="small")
    make_run(store, "小さな評価", "はい。", materials=small)
    make_run(store, f"とても長い名前の{'-step-12000' * 4}", "はい。", materials=small)
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


@pytest.fixture
def beacon():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Beacon.hits.clear()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
