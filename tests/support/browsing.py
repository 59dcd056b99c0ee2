"""A visitor of the leaderboard in a real browser."""

from __future__ import annotations

import http.server
import socket
from pathlib import Path

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "leaderboard"
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


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

    def turn(self, path):
        """Go on to another address of the app, as a link within it does: the page itself is not loaded anew."""
        step = "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }"
        self.tab.evaluate(step, path)
        self.settle(pause=300)
        return self.tab

    def settle(self, pause=700):
        self.tab.wait_for_selector(READY)
        self.tab.wait_for_timeout(pause)
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


class Beacon(http.server.BaseHTTPRequestHandler):
    hits: list[str] = []

    def do_GET(self):
        self.hits.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def _wait_until(page, expression: str, *_: object, timeout: float = 60_000, **__: object) -> None:
    """Poll from outside: the page's content security policy forbids evaluating strings inside it."""
    for _attempt in range(int(timeout // 200)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(200)
    raise AssertionError(expression)
