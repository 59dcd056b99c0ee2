"""Take the READMEs' pictures of the leaderboard: ``python tools/screenshots.py [RUNS]``; needs Chromium.

The runs are those of ``docs/results/runs``, unless a folder that holds two others is named.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
WAITING = '[data-testid="stSkeleton"]'
"""What stands where a part of the page has not been drawn."""
PORT = 8591
SIZE = {"width": 1280, "height": 760}
ALLOWED = ["--no-sandbox", "--disable-gpu"]


def main() -> None:
    """Write board and comparison, in both languages and both themes."""
    runs = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "results" / "runs"
    first, second = sorted(path.parent.name for path in runs.glob("*/manifest.json"))[:2]
    views = {"board": "/?", "comparison": f"/compare?a={first}&b={second}&"}
    with _served(runs) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_chromium(), args=ALLOWED)
        for language in ("en", "ja"):
            for theme in ("light", "dark"):
                for name, path in views.items():
                    target = IMAGES / f"{name}-{theme}.{language}.png"
                    _shoot(browser, f"{address}{path}lang={language}", theme, target)
                    print(target)
        browser.close()


def _shoot(browser: Browser, address: str, theme: str, target: Path) -> None:
    tab = browser.new_page(viewport=SIZE, color_scheme="dark" if theme == "dark" else "light")
    tab.set_default_timeout(180_000)
    tab.goto(address)
    for _ in range(2):
        tab.wait_for_selector(READY)
        tab.wait_for_function("selector => document.querySelector(selector) === null", arg=WAITING)
        tab.wait_for_timeout(2_500)
    target.parent.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=str(target))
    tab.close()


@contextmanager
def _served(runs: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "kikime", "leaderboard", "--runs", str(runs), "--port", str(PORT)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait()


def _chromium() -> str | None:
    from tests.support.machine import chromium

    return chromium()


if __name__ == "__main__":
    main()
