"""The gate of a page with a sign-in: what its server gives to whom has not signed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kikime.leaderboard.page.access import LINK, Access

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_REMEMBERED = 30 * 24 * 3600
"""Seconds that a browser keeps a link."""
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
    """ASGI middleware that answers 401 to whoever is not signed in and has no link, but for the empty page and the sign-in.

    The page's own script, which the web socket runs, draws nothing but the sign-in then; what it made for others (downloads,
    pictures) has addresses of its own, which this closes.
    """

    def __init__(self, app: Callable[..., Any], pages: Collection[str], access: Access) -> None:
        self._app, self._pages, self._access = app, {f"/{path}" for path in pages}, access

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let through what holds nothing, and everything to those who have a role."""
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        link = request.query_params.get("link")
        if scope["path"] in self._pages and self._access.reader(link):
            await _remembered(request, str(link))(scope, receive, send)
        elif self._is_open(scope["path"]) or self._knows(request):
            await self._app(scope, receive, send)
        else:
            refused = PlainTextResponse("sign in first\n", 401, {"cache-control": "no-store"})
            await refused(scope, receive, send)

    def _knows(self, request: Request) -> bool:
        by_link = self._access.reader(request.cookies.get(LINK))
        return bool(by_link or self._access.roles.of(visitor(request.scope)))

    def _is_open(self, path: str) -> bool:
        return path in self._pages or path.startswith(OPEN)


def _remembered(request: Request, link: str) -> Response:
    """The same page without the link in its address, which a cookie keeps."""
    from starlette.responses import RedirectResponse

    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "link"])
    response = RedirectResponse(f"{request.url.path}?{query}" if query else request.url.path, 303)
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    response.set_cookie(LINK, link, max_age=_REMEMBERED, httponly=True, samesite="lax", secure=secure)
    response.headers["cache-control"] = "no-store"
    return response


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
