"""The connection to a judge's server."""

from __future__ import annotations

from typing import Any

import aiohttp
import httpx2
import openai


class _HttpClient(openai.DefaultAioHttpClient):
    """The aiohttp transport takes a third of the CPU time of the default one, but lets some of its own errors out."""

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return await super().send(request, **options)
        except aiohttp.ClientError as error:
            raise httpx2.RemoteProtocolError(str(error), request=request) from error


def open_api(api_key: str, base_url: str, *, timeout: float, connections: int) -> openai.AsyncOpenAI:
    """The provider's client, without retries of its own; ``timeout`` in seconds."""
    http = _HttpClient(base_url=base_url, timeout=timeout, limits=httpx2.Limits(max_connections=connections))
    return openai.AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, timeout=timeout, http_client=http)
