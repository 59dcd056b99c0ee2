import asyncio
import json

import pytest

from kikime.leaderboard.page import gate
from kikime.leaderboard.page.access import Access, Roles
from kikime.leaderboard.page.gate import Gate, visitor

SECRET = "a-secret-of-twenty-four-characters"
ACCESS = Access(auth={}, roles=Roles(viewer=("a@example.com",)), links={"reviewers": SECRET})


def status(path, kind="http", **scope):
    return answer(path, kind, **scope)["status"]


def answer(path, kind="http", query="", cookie=""):
    got = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        got.append(message)

    headers = [(b"host", b"kikime.example.com"), (b"cookie", cookie.encode())]
    scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": headers, "server": None}
    asyncio.run(Gate(app, ["", "model"], ACCESS)({**scope, "method": "GET", "scheme": "https"}, None, send))
    return got[0]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 200),
        ("/model", 200),
        ("/static/js/x.js", 200),
        ("/media/x.csv", 401),
        ("/modelx", 401),
        ("/component/x", 401),
    ],
)
def test_only_what_holds_nothing_is_served_to_strangers(path, expected):
    assert status(path) == expected


def test_who_has_a_role_gets_everything(monkeypatch):
    monkeypatch.setattr(gate, "visitor", lambda scope: {"email": "a@example.com"})
    assert status("/media/x.csv") == 200
    monkeypatch.setattr(gate, "visitor", lambda scope: {"email": "b@example.com"})
    assert status("/media/x.csv") == 401


def test_a_link_is_kept_in_a_cookie_and_leaves_the_address():
    found = answer("/model", query=f"lang=ja&link={SECRET}")
    headers = {name.decode(): value.decode() for name, value in found["headers"]}
    assert (found["status"], headers["location"]) == (303, "/model?lang=ja")
    assert all(word in headers["set-cookie"] for word in (SECRET, "HttpOnly", "Secure", "SameSite=lax"))


@pytest.mark.parametrize(("link", "expected"), [(SECRET, 200), (SECRET[:-1], 401), ("", 401)])
def test_who_has_a_link_may_read_all(link, expected):
    assert status("/media/x.csv", cookie=f"kikime_link={link}") == expected


def test_a_wrong_link_is_no_more_than_a_stranger():
    assert status("/media/x.csv", query="link=wrong") == 401
    assert status("/", query="link=wrong") == 200


def test_a_forged_cookie_is_nobodys():
    forged = json.dumps({"email": "a@example.com", "is_logged_in": True}).replace('"', "%22")
    scope = {"type": "http", "path": "/media/x", "headers": [(b"cookie", f"_streamlit_user={forged}".encode())]}
    assert visitor(scope) == {}
