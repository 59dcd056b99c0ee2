import asyncio
import json

import pytest

from kikime.leaderboard.page import gate
from kikime.leaderboard.page.access import Roles
from kikime.leaderboard.page.gate import Gate, visitor

ROLES = Roles(viewer=("a@example.com",))


def status(path, kind="http"):
    got = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        got.append(message)

    scope = {"type": kind, "path": path, "headers": []}
    asyncio.run(Gate(app, ["", "model"], ROLES)(scope, None, send))
    return got[0]["status"]


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


def test_a_forged_cookie_is_nobodys():
    forged = json.dumps({"email": "a@example.com", "is_logged_in": True}).replace('"', "%22")
    scope = {"type": "http", "path": "/media/x", "headers": [(b"cookie", f"_streamlit_user={forged}".encode())]}
    assert visitor(scope) == {}
