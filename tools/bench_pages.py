"""Measure the leaderboard's pages in a browser: first paint, first content, and what goes over the wire."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import machine
from tests.support.browsing import READY, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PAGES = ("", "model", "compare", "samples", "judge", "rate", "live")
CONTENT = "[data-testid=stDataFrame], [data-testid=stVegaLiteChart], [data-testid=stAlert]"
"""The first of these is a page's content."""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_SENT = "performance.getEntries().reduce((sum, one) => sum + (one.transferSize ?? 0), 0)"


def measure_pages(runs: Path, environment: dict[str, str]) -> list[tuple[str, str, float, float, float]]:
    """Visitor and page → seconds to the first paint and to the first content, and MB that were sent.

    A cold visitor has a new browser; the warm one has seen every page once.
    """
    from playwright.sync_api import sync_playwright

    with _served(runs, environment) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=["--no-sandbox"])
        found = [("first", *_cold(browser, f"{address}/"))]
        found += [("cold", *_cold(browser, f"{address}/{page}")) for page in PAGES]
        known = browser.new_context()
        for visitor in ("fills its cache", "warm"):
            found += [(visitor, *_visited(known, f"{address}/{page}")) for page in PAGES]
        browser.close()
    return [row for row in found if row[0] != "fills its cache"]


def _cold(browser: Browser, address: str) -> tuple[str, float, float, float]:
    context = browser.new_context()
    found = _visited(context, address)
    context.close()
    return found


def _visited(context: BrowserContext, address: str) -> tuple[str, float, float, float]:
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    started = time.perf_counter()
    tab.goto(address)
    tab.wait_for_selector(CONTENT)
    content = time.perf_counter() - started
    tab.wait_for_selector(READY)
    painted, sent = tab.evaluate(_PAINT) / 1000, tab.evaluate(_SENT) / 1e6
    tab.close()
    return f"/{address.rsplit('/', 1)[1]}", painted, content, sent


@contextmanager
def _served(runs: Path, environment: dict[str, str]) -> Iterator[str]:
    """The command over a store; gives its address when it answers."""
    port = free_port()
    command = [sys.executable, "-m", "kikime", "leaderboard", "--runs", str(runs), "--port", str(port)]
    started = time.perf_counter()
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        print(f"\nserver answers after {time.perf_counter() - started:.1f} s", flush=True)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(address)


def report_pages(rows: list[tuple[Any, ...]]) -> None:
    """Print the figures, one visit a line."""
    print(f"{'visitor':<8}{'page':<12}{'first paint s':>14}{'content s':>11}{'MB sent':>9}")
    for visitor, page, painted, content, sent in rows:
        print(f"{visitor:<8}{page:<12}{painted:>14.2f}{content:>11.2f}{sent:>9.2f}", flush=True)
