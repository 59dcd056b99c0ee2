"""The HTML that every page starts from."""

import asyncio

import pytest

from kikime.leaderboard.page.shell import PageShell, shell_html

HTML = b'<!doctype html><html lang="en"><head><title>x</title></head></html>'


def answered(headers, *bodies, query=b"", status=200):
    got = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for at, body in enumerate(bodies):
            await send({"type": "http.response.body", "body": body, "more_body": at + 1 < len(bodies)})

    async def send(message):
        got.append(message)

    asyncio.run(PageShell(app)({"type": "http", "query_string": query}, None, send))
    return got


@pytest.mark.parametrize(
    ("query", "language"), [(b"", "ja"), (b"lang=en", "en"), (b"lang=xx", "ja"), (b"a=1&lang=ja", "ja")]
)
def test_the_page_says_which_language_it_speaks(query, language):
    assert f'<html lang="{language}">'.encode() in shell_html(HTML, query)


def test_html_has_the_length_of_what_is_sent_and_vouches_for_nothing_older():
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"1"), (b"etag", b"x")]
    start, body = answered(headers, HTML[:20], HTML[20:], query=b"lang=en")
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert b"etag" not in dict(start["headers"])
    assert body["body"].startswith(b'<!doctype html><html lang="en"><head><script>')
    assert body["body"].endswith(b"<title>x</title></head></html>")


@pytest.mark.parametrize(("accept", "left"), [(b"text/html,*/*", False), (b"*/*", True)])
def test_a_page_is_asked_for_uncompressed_and_nothing_else_is(accept, left):
    seen = []

    async def app(scope, receive, send):
        seen.append(dict(scope["headers"]))

    headers = [(b"accept", accept), (b"accept-encoding", b"gzip")]
    asyncio.run(PageShell(app)({"type": "http", "headers": headers}, None, None))
    assert (b"accept-encoding" in seen[0]) == left


@pytest.mark.parametrize(("kind", "status"), [(b"text/javascript", 200), (b"text/html", 304)])
def test_everything_else_is_left_as_it_is(kind, status):
    start, body = answered([(b"content-type", kind), (b"etag", b"x")], b'<html lang="en">', status=status)
    assert dict(start["headers"])[b"etag"] == b"x"
    assert body["body"] == b'<html lang="en">'
