"""The HTML file that every page starts from: its language, a history in which Back goes back, and keys that leave tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from kikime.harness.words.catalogue import LANGUAGES

STICKY = ("run", "a", "b", "target", "other", "lang")
"""Parameters that a page writes into its own address when it is opened without them."""
COPY = "copy_link"
"""Key of the button that copies the address of what is shown; without a secure context, the old way of browsers does."""
_SCRIPT = (
    """<script>(() => {
  const sticky = STICKY, languages = LANGUAGES;
  const speak = () => {
    const asked = new URLSearchParams(location.search).get("lang");
    const spoken = languages.includes(asked) ? asked : languages[0];
    if (document.documentElement.lang !== spoken) document.documentElement.lang = spoken;
  };
  const settles = (url) => {
    const to = new URL(url, location.href), before = new URLSearchParams(location.search), after = to.searchParams;
    if (to.pathname !== location.pathname) return false;
    const names = [...new Set([...before.keys(), ...after.keys()])];
    const changed = names.filter((name) => before.getAll(name).join("\\n") !== after.getAll(name).join("\\n"));
    return changed.every((name) => sticky.includes(name) && !(before.has(name) && after.has(name)));
  };
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  history.pushState = (state, title, url) => { (url && settles(url) ? replace : push)(state, title, url); speak(); };
  history.replaceState = (state, title, url) => { replace(state, title, url); speak(); };
  addEventListener("popstate", speak);
  addEventListener("keydown", (event) => {
    if (event.key === "Tab" && event.target.closest?.("[data-testid=stDataFrame]")) event.stopImmediatePropagation();
  }, true);
  addEventListener("click", (event) => {
    const button = event.target.closest?.(".st-key-COPY button");
    if (!button) return;
    const told = () => {
      const label = button.querySelector("[data-testid=stIconMaterial]") ?? button, before = label.textContent;
      label.textContent = "check";
      setTimeout(() => { label.textContent = before; }, 1500);
    };
    const byHand = () => {
      const field = document.body.appendChild(document.createElement("textarea"));
      field.value = location.href;
      field.select();
      document.execCommand("copy");
      field.remove();
      told();
    };
    navigator.clipboard?.writeText(location.href).then(told, byHand) ?? byHand();
  }, true);
  new MutationObserver(speak).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
})();</script>""".replace("STICKY", json.dumps(STICKY))
    .replace("LANGUAGES", json.dumps(LANGUAGES))
    .replace("COPY", COPY)
)


def shell_html(html: bytes, query: bytes) -> bytes:
    """Streamlit's HTML in the language of the address.

    A parameter that a page adds to its address by itself takes the place of the entry in the history: pressed once, Back
    leaves the page. Tab leaves a table, whose cells the arrow keys reach, as for every grid of the ARIA practices.

    >>> shell_html(b'<html lang="en"><head></head>', b"lang=ja")[:16]
    b'<html lang="ja">'
    """
    asked = parse_qs(query.decode("latin-1")).get("lang", [""])[-1]
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    named = html.replace(b'<html lang="en">', f'<html lang="{language}">'.encode(), 1)
    return named.replace(b"<head>", b"<head>" + _SCRIPT.encode(), 1)


class PageShell:
    """ASGI middleware that serves HTML as :func:`shell_html` makes it; all else passes."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; HTML is held until it is whole."""
        started: list[Any] = []
        parts: list[bytes] = []

        async def send_html(message: Any) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                started.append(message)
            elif message["type"] == "http.response.body" and started:
                parts.append(message.get("body", b""))
                if not message.get("more_body"):
                    body = shell_html(b"".join(parts), scope.get("query_string", b""))
                    await send(_sized(started.pop(), len(body)))
                    await send({"type": "http.response.body", "body": body})
            else:
                await send(message)

        if scope["type"] == "http":
            await self._app(_uncompressed(scope), receive, send_html)
        else:
            await self._app(scope, receive, send)


def _uncompressed(scope: Any) -> Any:
    """A request that a browser makes for a page, answered as plain text; any other one as it is."""
    headers = list(scope.get("headers", ()))
    if not any(name == b"accept" and b"text/html" in value for name, value in headers):
        return scope
    return {**scope, "headers": [(name, value) for name, value in headers if name != b"accept-encoding"]}


def _is_html(start: Any) -> bool:
    headers: dict[bytes, bytes] = {name.lower(): value for name, value in start["headers"]}
    return bool(start["status"] == 200) and headers.get(b"content-type", b"").startswith(b"text/html")


def _sized(start: Any, length: int) -> Any:
    """The start of a response with the length of its new body; what vouched for the old one is gone."""
    gone = {b"content-length", b"etag", b"last-modified"}
    headers = [(name, value) for name, value in start["headers"] if name.lower() not in gone]
    return {**start, "headers": [*headers, (b"content-length", str(length).encode())]}
