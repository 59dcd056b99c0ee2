"""Connections to servers: addresses, keys, proxies."""

from __future__ import annotations

import asyncio
import sys

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.engines.served.connection import open_api, open_waiting_api, proxy_towards

PROXY = "http://proxy.test:3128"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_query_of_an_address_goes_with_every_request():
    api = open_waiting_api("key", "https://a.test/openai?api-version=2025-01-01", timeout=1, retries=0)
    assert str(api.base_url) == "https://a.test/openai/"
    assert api.default_query == {"api-version": "2025-01-01"}
    assert api.default_headers["api-key"] == "key", "Azure reads it there"


def test_a_plain_address_has_the_key_where_openai_has_it():
    api = open_waiting_api("key", "https://a.test/v1", timeout=1, retries=0)
    assert "api-key" not in api.default_headers
    assert api.api_key == "key"


def test_headers_of_the_environment_go_with_every_request(monkeypatch):
    monkeypatch.setenv("KIKIME_HEADERS", "X-Team: voices\n\nCF-Access-Client-Id:abc.access \n")
    headers = open_waiting_api("key", "https://a.test/v1", timeout=1, retries=0).default_headers
    assert (headers["X-Team"], headers["CF-Access-Client-Id"]) == ("voices", "abc.access")


@pytest.mark.parametrize("line", ["secret", "X Team: a", "X-Team:", "X-Team: 値", ": a"])
def test_a_line_that_is_no_header_is_told_without_its_text(monkeypatch, line):
    monkeypatch.setenv("KIKIME_HEADERS", f"X-Good: 1\n{line}")
    with pytest.raises(UsageError) as told:
        open_waiting_api("key", "https://a.test/v1", timeout=1, retries=0)
    assert "line 2 of KIKIME_HEADERS is no header" in str(told.value)


def test_the_client_itself_never_asks_twice():
    api = open_api("key", "http://127.0.0.1:9/v1", timeout=1, connections=2)
    assert api.max_retries == 0
    asyncio.run(api.close())


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("http://judge.test/v1", PROXY),
        ("http://127.0.0.1:8000/v1", None),
        ("http://[::1]:8000/v1", None),
        ("http://localhost:8000/v1", None),
        ("https://judge.test/v1", None),
    ],
)
def test_no_proxy_stands_between_here_and_this_machine(monkeypatch, address, proxy):
    monkeypatch.setenv("http_proxy", PROXY)
    assert proxy_towards(address) == proxy


def test_a_proxy_for_all_counts_where_none_is_for_the_scheme(monkeypatch):
    monkeypatch.setenv("all_proxy", PROXY)
    assert proxy_towards("https://judge.test/v1") == PROXY


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("all_proxy", "ftp://proxy.test")
    with pytest.raises(UsageError) as caught:
        open_waiting_api("key", "https://judge.test/v1", timeout=1, retries=0)
    assert "ftp://proxy.test" in str(caught.value)
    assert "NO_PROXY" in str(caught.value.hint)
    assert "ALL_PROXY" in str(caught.value.hint)
    assert "SOCKS" not in str(caught.value)


@pytest.mark.parametrize("names", [("all",), ("https",), ("all", "https")])
def test_a_socks_proxy_without_its_package_is_told_once(monkeypatch, names):
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("http_proxy", PROXY)
    for name in names:
        monkeypatch.setenv(f"{name}_proxy", "socks5://gate.test:1080")
    with pytest.raises(UsageError) as caught:
        open_waiting_api("key", "https://judge.test/v1", timeout=1, retries=0)
    assert "proxy socks5://gate.test:1080 cannot" in str(caught.value)
    assert str(caught.value).count("install") == 1
    variables = ", ".join(f"{name.upper()}_PROXY" for name in names)
    assert f"unset {variables}, or" in str(caught.value.hint)
