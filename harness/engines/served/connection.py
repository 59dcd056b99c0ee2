"""Connections to a server: addresses with a query, proxies and headers of the environment, the key in the header that is wanted."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit
from urllib.request import getproxies

import aiohttp
import httpx2
import openai

from kikime.harness.core.errors import UsageError

JSON = {"Content-Type": "application/json"}
HEADERS = "KIKIME_HEADERS"
"""Further headers of every request to a server, ``NAME: VALUE`` a line: gateways want some, and they may be secret."""
_HEADER = re.compile(
    r"\s*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(?P<value>[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\s*"
)


class _Address(NamedTuple):
    """A base address taken apart."""

    plain: str
    """Without its query."""
    query: dict[str, str]
    host: str

    @property
    def local(self) -> bool:
        """Whether it is on this machine, where no proxy leads."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def headers(self, api_key: str) -> Mapping[str, str]:
        """Those of the environment; Azure, whose addresses have a version, reads the key from a header of its own."""
        return ({"api-key": api_key} if "api-version" in self.query else {}) | _own_headers()


def _address(base_url: str) -> _Address:
    parts = urlsplit(base_url)
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return _Address(plain, dict(parse_qsl(parts.query)), parts.hostname or "")


class _HttpClient(openai.DefaultAioHttpClient):
    """The aiohttp transport takes a third of the CPU time of the default one, but lets some of its own errors out."""

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return await super().send(request, **options)
        except aiohttp.ClientError as error:
            raise httpx2.RemoteProtocolError(str(error), request=request) from error


def _own_headers() -> dict[str, str]:
    headers = {}
    for number, line in enumerate(os.environ.get(HEADERS, "").splitlines(), 1):
        if not line.strip():
            continue
        if (header := _HEADER.fullmatch(line)) is None:
            raise UsageError(
                "line {number} of {variable} is no header",
                hint="write NAME: VALUE, one a line, in ASCII",
                number=number,
                variable=HEADERS,
            )
        headers[header["name"]] = header["value"]
    return headers


def open_api(api_key: str, base_url: str, *, timeout: float, connections: int) -> openai.AsyncOpenAI:
    """The provider's client, without retries of its own; ``timeout`` in seconds.

    Raises:
        UsageError: a proxy or a header of the environment cannot be used.
    """
    address = _address(base_url)
    limits, own = httpx2.Limits(max_connections=connections), not address.local
    kind = openai.DefaultAsyncHttpxClient if own and _socks_proxy() else _HttpClient
    try:
        http = kind(base_url=address.plain, timeout=timeout, limits=limits, trust_env=own)
    except (ImportError, ValueError) as error:
        raise _unusable_proxy(error) from None
    return openai.AsyncOpenAI(
        api_key=api_key,
        base_url=address.plain,
        default_query=address.query,
        default_headers=address.headers(api_key),
        max_retries=0,
        timeout=timeout,
        http_client=http,
    )


def open_waiting_api(api_key: str, base_url: str, *, timeout: float, retries: int) -> openai.OpenAI:
    """The same for single questions: blocking, with retries of its own.

    Raises:
        UsageError: a proxy or a header of the environment cannot be used.
    """
    address = _address(base_url)
    try:
        http = openai.DefaultHttpxClient(base_url=address.plain, timeout=timeout, trust_env=not address.local)
    except (ImportError, ValueError) as error:
        raise _unusable_proxy(error) from None
    return openai.OpenAI(
        api_key=api_key,
        base_url=address.plain,
        default_query=address.query,
        default_headers=address.headers(api_key),
        max_retries=retries,
        timeout=timeout,
        http_client=http,
    )


def proxy_towards(base_url: str) -> str | None:
    """The proxy of the environment that may stand between here and the server; None for this machine."""
    scheme, proxies = urlsplit(base_url).scheme, getproxies()
    return None if _address(base_url).local else proxies.get(scheme) or proxies.get("all")


def _socks_proxy() -> bool:
    return any(url.startswith("socks") for url in getproxies().values())


def _unusable_proxy(error: ImportError | ValueError) -> UsageError:
    named = {f"{name.upper()}_PROXY": url for name, url in sorted(getproxies().items()) if name != "no"}
    if isinstance(error, ValueError):
        return UsageError(
            "the proxy {proxy} cannot be used: {reason}",
            hint="correct or unset {variables}, or name the server's host in NO_PROXY",
            proxy=", ".join(dict.fromkeys(named.values())),
            reason=str(error).splitlines()[0],
            variables=", ".join(named),
        )
    socks = {variable: url for variable, url in named.items() if url.startswith("socks")}
    return UsageError(
        "the proxy {proxy} cannot be used: a SOCKS proxy needs the package socksio",
        hint="pip install socksio; or unset {variables}, or name the server's host in NO_PROXY",
        proxy=", ".join(dict.fromkeys(socks.values())),
        variables=", ".join(socks),
    )
