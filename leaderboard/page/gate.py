"""The gate of a page with a sign-in: what its server gives to whom has not signed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from kikime.leaderboard.page.access import Roles

OPEN = (
    "/static/",
    "/auth/",
    "/oauth2callback",
    "/_stcore/health",
    "/_stcore/script-health-check",
    "/_stcore/host-config",
    "/favicon",
    "/manifest.json",
)
"""Beginnings of paths that hold nothing of the runs: Streamlit's own files, and the sign-in itself."""


class Gate:
    """ASGI middleware that answers 401 to whoever is not signed in, but for the empty page and the sign-in.

    The page's own script, which the web socket runs, draws nothing but the sign-in then; what it made for others (downloads,
    pictures) has addresses of its own, which this closes.
    """

    def __init__(self, app: Callable[..., Any], pages: Collection[str], roles: Roles) -> None:
        self._app, self._pages, self._roles = app, {f"/{path}" for path in pages}, roles

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let through what holds nothing, and everything to those who have a role."""
        if scope["type"] != "http" or self._is_open(scope["path"]) or self._roles.of(visitor(scope)):
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b"sign in first\n"})

    def _is_open(self, path: str) -> bool:
        return path in self._pages or path.startswith(OPEN)


def visitor(scope: Any) -> dict[str, object]:
    """Who a request's signed cookie says is signed in; empty where it says nobody."""
    from starlette.requests import Request
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    cookies = Request(scope).cookies

    def single(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    try:
        found = json.loads(get_cookie_with_chunks(single, USER_COOKIE_NAME) or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) and found.get("is_logged_in") else {}
