"""Starting the page: 127.0.0.1 unless asked otherwise, no statistics, no code or image from elsewhere."""

from __future__ import annotations

import errno
import gc
import ipaddress
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from kikime.harness.core.errors import EnvironmentFault, UsageError
from kikime.harness.core.reasons import system_reason
from kikime.harness.core.stores.mirror import address_of, mirrored
from kikime.harness.words.catalogue import LANGUAGES, texts

FONTS = "'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic UI',Meiryo,sans-serif"
CODE_FONTS = "'Noto Sans Mono CJK JP','Noto Sans Mono','Source Code Pro',monospace"
"""By name, so that Japanese glyph forms are there in the English page too."""

_REFRESH_SECONDS = 60.0
"""Between two looks at published runs."""
_FONTS = {"font": FONTS, "headingFont": FONTS, "codeFont": CODE_FONTS}
THEMES = {
    "light": {**_FONTS, "primaryColor": "#1d4ed8", "textColor": "#0b0d12"},
    "dark": {**_FONTS, "primaryColor": "#7aa2f7", "textColor": "#fafafa"},
}
"""Both are given, so that the page follows the system; small type in 60 % of the text's colour keeps 4.5 : 1."""

SIGN_IN = "KIKIME_SIGN_IN"
"""Environment variable that names the file of the sign-in to the page."""
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
        "connect-src 'self'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def headers(frames: Sequence[str] = ()) -> dict[str, str]:
    """The headers of every response; pages of ``frames`` (origins) may show the page in a frame, all others may not."""
    policy = HEADERS["content-security-policy"]
    if frames:
        policy = policy.replace("frame-ancestors 'none'", f"frame-ancestors 'self' {' '.join(frames)}")
    return HEADERS | {"content-security-policy": policy}


class SecurityHeaders:
    """ASGI middleware that adds :func:`headers` to every response."""

    def __init__(self, app: Callable[..., Any], frames: Sequence[str] = ()) -> None:
        self._app, self._headers = app, headers(frames)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on; responses get the headers."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in self._headers.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_remote(host: str, *, allow_remote: bool) -> None:
    """Refuse an address that other machines can reach, unless it was asked for.

    Raises:
        UsageError: ``host`` is reachable from elsewhere and ``allow_remote`` was not given.
    """
    if not is_loopback(host) and not allow_remote:
        raise UsageError(
            "{host} can be reached from other machines",
            hint="use an SSH tunnel (ssh -L 8501:127.0.0.1:8501 …), or say --allow-remote, best with --sign-in",
            host=host,
        )


def allowed_hosts(host: str) -> list[str]:
    """Names by which a browser may call the page: those of this machine; any, where other machines may reach it.

    Pages of other sites could read this one by a name of theirs that points to 127.0.0.1 (DNS rebinding).
    """
    return ["127.0.0.1", "localhost", host] if is_loopback(host) and ":" not in host else []


def server_config(host: str, port: int, sign_in: Path | None = None) -> dict[str, Any]:
    """Streamlit's configuration for the packaged page."""
    return {
        **({"secrets.files": [str(sign_in)]} if sign_in else {}),
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.allowedHosts": allowed_hosts(host),
        "server.fileWatcherType": "none",
        "server.enableAgentApi": False,
        "server.enableXsrfProtection": True,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.disableDataExport": True,  # the page's own CSV guards formulas; the grid's would not
        "global.disableWidgetStateDuplicationWarning": True,
        "runner.magicEnabled": False,
        "theme.metricValueFontSize": "1.35rem",
        "theme.paddingTop": "1.5rem",
        "theme.headingFontSizes": ["2rem", "1.35rem"],
        **{f"theme.{kind}.{name}": value for kind, own in THEMES.items() for name, value in own.items()},
    }


def require_free(host: str, port: int) -> None:
    """Make sure that the page can listen there.

    Raises:
        EnvironmentFault: another program listens there, or the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        used = error.errno in {errno.EADDRINUSE, errno.EACCES}
        raise EnvironmentFault(
            "{host}:{port}: the page cannot listen there: {reason}",
            hint="choose another one, e.g. --port {other}" if used else "choose another --host",
            host=host,
            port=port,
            reason=system_reason(error),
            other=port % 65535 + 1,
        ) from None


def serve(
    runs: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8501,
    allow_remote: bool = False,
    sign_in: Path | None = None,
    frames: Sequence[str] = (),
    announce: Callable[[], None] = lambda: None,
) -> None:
    """Serve the page over the runs below ``runs`` until interrupted; ``announce`` is called when it is about to begin.

    ``sign_in`` is the file of :mod:`kikime.leaderboard.page.access`; ``frames`` are origins whose pages may show it in a frame.

    Raises:
        EnvironmentFault: streamlit, or what a sign-in needs, is not installed, or the address is taken.
        UsageError: ``host`` is reachable from elsewhere and ``allow_remote`` was not given, a package's page is broken, or
            the file of the sign-in is wrong.
    """
    refuse_remote(host, allow_remote=allow_remote)
    try:
        from starlette.middleware import Middleware
        from starlette.middleware.gzip import GZipMiddleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from streamlit import App
    except ImportError as error:
        raise EnvironmentFault("the leaderboard needs streamlit", hint="pip install 'kikime[ui]'") from error
    require_free(host, port)
    _expect_no_runtime()
    from kikime.leaderboard.page.registry import pages
    from kikime.leaderboard.page.shell import PageShell

    found = pages()
    os.environ["KIKIME_RUNS"] = str(runs.resolve())
    if (address := address_of(runs)) is not None:
        threading.Thread(target=_keep_fresh, args=(address,), daemon=True).start()
    gates = _gates(sign_in, [page.path for page in found.values()])
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(host) or ["*"], www_redirect=False)
    script = Path(__file__).with_name("app.py")
    # Streamlit sends its own files as they are, 5.5 MB of them.
    compressed = Middleware(GZipMiddleware, compresslevel=6)
    layers = [Middleware(SecurityHeaders, frames=frames), compressed, guard, *gates, Middleware(PageShell)]
    app = App(script, middleware=layers, lifespan=_warm_up)
    announce()
    app.run(config=server_config(host, port, sign_in))


def _expect_no_runtime() -> None:
    """Keep streamlit from warning of each cached function that is imported before its server runs: all of them are."""
    name = "streamlit.runtime.caching.cache_data_api"
    logging.getLogger(name).addFilter(lambda record: "No runtime found" not in record.getMessage())


def _gates(sign_in: Path | None, paths: Sequence[str]) -> list[Any]:
    """The gate of a page with a sign-in; none where there is none."""
    if sign_in is None:
        os.environ.pop(SIGN_IN, None)
        return []
    try:
        import authlib  # noqa: F401
        import httpx  # noqa: F401
    except ImportError as error:
        raise EnvironmentFault("a sign-in needs authlib and httpx", hint="pip install 'kikime[ui,sign-in]'") from error
    from starlette.middleware import Middleware

    from kikime.leaderboard.page.access import load_access
    from kikime.leaderboard.page.gate import Gate

    access = load_access(sign_in)
    os.environ[SIGN_IN] = str(sign_in.resolve())
    return [Middleware(Gate, pages=paths, access=access)]


def _keep_fresh(address: str) -> None:
    """Look again and again at the address of published runs; where it cannot be reached, what is known stays."""
    while True:
        time.sleep(_REFRESH_SECONDS)
        with suppress(EnvironmentFault):
            mirrored(address)


def leave_import_path() -> None:
    """Take this folder off ``sys.path``, where streamlit puts the folder of the script that it runs.

    Its rooms are called ``data``, ``page``, ``report`` …: nobody's import of such a name may find them.
    """
    folder = Path(__file__).parent.resolve()
    sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() != folder]


@asynccontextmanager
async def _warm_up(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Load the libraries and the index before the first visitor comes."""
    leave_import_path()
    from anyio import to_thread

    await to_thread.run_sync(preload)
    yield {}


def preload() -> None:
    """Before the first visitor: import what the pages need, then read the index, the slices and the ranking."""
    warm_imports()
    from kikime.leaderboard.data.cached import index, slice_table
    from kikime.leaderboard.data.queries.slices import means
    from kikime.leaderboard.data.ranking import ranking

    entries = index().entries()
    means(slice_table(entries), {}, {"shots": ["0"]})  # so that the first filter finds a warm database
    ranking(index(), entries=entries)


def warm_imports() -> None:
    """Import and load what the first visitor would wait for: pages, reports, texts, formulas, the schema of charts."""
    import streamlit.emojis  # noqa: F401

    from kikime.harness.reports.claims import flexibility  # noqa: F401
    from kikime.harness.reports.comparison import compare  # noqa: F401
    from kikime.harness.reports.ranking import rank  # noqa: F401
    from kikime.harness.reports.tables.areas import load_areas
    from kikime.leaderboard.charts.altair import bars
    from kikime.leaderboard.page.registry import pages

    pages()
    load_areas()
    for language in LANGUAGES:
        texts(language)
    bars([], "").to_dict()
    # The modules stay for ever: a collection that walks over them again and again costs 100 ms each time.
    gc.collect()
    gc.freeze()
