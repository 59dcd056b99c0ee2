"""What the server adds to every answer, and what it does to the process that it runs in."""

import asyncio
import sys
from pathlib import Path

import pytest

from kikime import leaderboard
from kikime.harness.core.errors import UsageError
from kikime.leaderboard import launch
from kikime.leaderboard.launch import HEADERS, SecurityHeaders, leave_import_path, refuse_remote, server_config
from tests.support.builders import invoke


def answered(kind, *messages):
    """What a client gets of an app that sends these messages."""
    got = []

    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    async def send(message):
        got.append(message)

    asyncio.run(SecurityHeaders(app)({"type": kind}, None, send))
    return got


def test_every_response_carries_the_headers_beside_its_own():
    start, body = answered(
        "http",
        {"type": "http.response.start", "status": 404, "headers": [(b"x-own", b"1")]},
        {"type": "http.response.body", "body": b"x"},
    )
    assert start["status"] == 404
    assert dict(start["headers"]) == {b"x-own": b"1", **{k.encode(): v.encode() for k, v in HEADERS.items()}}
    assert body == {"type": "http.response.body", "body": b"x"}


def test_other_connections_are_left_as_they_are():
    message = {"type": "websocket.accept", "headers": []}
    assert answered("websocket", message) == [message]


def test_nothing_is_loaded_from_elsewhere():
    rules = dict(rule.strip().split(" ", 1) for rule in HEADERS["content-security-policy"].split(";"))
    for name in ("default-src", "script-src", "img-src", "connect-src", "font-src", "style-src"):
        assert "'self'" in rules[name]
        assert "http" not in rules[name]
        assert "*" not in rules[name]
    assert {rules[name] for name in ("frame-src", "object-src", "form-action", "frame-ancestors")} == {"'none'"}


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org", "10.0.0.1"])
def test_a_reachable_address_has_to_be_asked_for(host):
    with pytest.raises(UsageError) as caught:
        refuse_remote(host, allow_remote=False)
    assert "--allow-remote" in caught.value.hint
    assert refuse_remote(host, allow_remote=True) is None
    assert refuse_remote("127.0.0.1", allow_remote=False) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1"])
def test_the_page_listens_where_it_was_told(host):
    config = server_config(host, 9999)
    assert (config["server.address"], config["server.port"]) == (host, 9999)
    assert config["server.allowedHosts"] == launch.allowed_hosts(host)


def test_rooms_of_the_leaderboard_are_no_modules_of_their_own(monkeypatch):
    folder = Path(leaderboard.__file__).parent
    kept = ["", str(folder.parent), "/somewhere/else"]
    monkeypatch.setattr(sys, "path", [str(folder), *kept, str(folder.resolve())])
    leave_import_path()
    assert sys.path == kept


def test_the_first_visitor_finds_the_index_and_the_ranking_ready(store, monkeypatch):
    from kikime.leaderboard.data import cached, ranking

    asked = []
    monkeypatch.setattr(ranking, "_rank", lambda runs, ids, suite, judge: asked.append(sorted(ids)) or ranking.EMPTY)
    monkeypatch.setattr(launch, "warm_imports", lambda: None)
    launch.preload()
    assert asked == [sorted(path.name for path in store.iterdir())]
    ranking.ranking(cached.index())
    assert len(asked) == 1


def test_a_store_without_runs_is_ready_too(empty_store, monkeypatch):
    warmed = []
    monkeypatch.setattr(launch, "warm_imports", lambda: warmed.append(True))
    launch.preload()
    assert warmed == [True]


def test_only_named_sites_may_show_the_page_in_a_frame():
    policy = launch.headers(["https://huggingface.co"])["content-security-policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in policy
    assert launch.headers() == HEADERS


def test_what_is_no_origin_frames_nothing(tmp_path):
    done = invoke(tmp_path, "leaderboard", "--embed", "https://x.example; script-src *")
    assert done.exit_code == 2


def test_a_sign_in_reaches_streamlit_as_its_secrets(tmp_path):
    assert server_config("127.0.0.1", 8501, tmp_path / "a.toml")["secrets.files"] == [str(tmp_path / "a.toml")]
    assert "secrets.files" not in server_config("127.0.0.1", 8501)
