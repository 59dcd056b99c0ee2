"""A shared page: nothing of the runs without a sign-in, and with one what the role allows."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ranking import ranking
from tests.support.app import named
from tests.support.browsing import Visitor, free_port
from tests.support.oidc import CLIENT, SECRET, Provider

pytestmark = pytest.mark.browser


@pytest.fixture
def shared(store, serve, tmp_path):
    """A page with a sign-in: its address, its runs, and the provider."""
    provider, port = Provider(), free_port()
    file = tmp_path / "sign-in.toml"
    file.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{"s" * 40}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
[roles]
viewer = ["*@example.com"]
rater = ["hana@example.com"]
admin = ["taro@example.com"]
""",
        encoding="utf-8",
    )
    ranking(Index(store))
    yield serve(store, "--sign-in", str(file), port=port), named(store), provider
    provider.shutdown()


def signed_in(chromium, address, provider, email, **claims):
    provider.person = {"email": email, **claims}
    visitor = Visitor(chromium, address)
    visitor.go("/")
    visitor.tab.get_by_role("button", name="サインイン", exact=True).click()
    visitor.tab.get_by_role("button", name="サインアウト").wait_for()
    visitor.settle()
    return visitor


def test_nothing_is_shown_to_whom_nobody_let_in(shared, chromium):
    address, runs, provider = shared
    stranger = Visitor(chromium, address)
    for path in ("/", f"/model?run={runs['アイネス-9月']}", "/samples", "/rate"):
        read = stranger.go(path).content()
        assert "アイネス" not in read
        assert "サインイン" in read
    for path in ("/media/x", "/_stcore/upload_file/x", "/component/x/y", "/nothing"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + path, timeout=30)
        assert refused.value.code == 401
    for email, claims in (("x@elsewhere.org", {}), ("taro@example.com", {"email_verified": False})):
        visitor = signed_in(chromium, address, provider, email, **claims)
        read = visitor.go(f"/model?run={runs['アイネス-9月']}").content()
        assert "アイネス" not in read
        assert "権限がありません" in read


def test_each_role_may_do_what_it_may(shared, chromium):
    address, runs, provider = shared
    run = runs["アイネス-9月"]
    can = {}
    for email in ("viewer@example.com", "hana@example.com", "taro@example.com"):
        visitor = signed_in(chromium, address, provider, email)
        model = visitor.go(f"/model?run={run}").content()
        rate = visitor.go("/rate").content()
        can[email] = ("モデルについて書く" in model, "評価の権限が必要です" not in rate)
        assert "アイネス" in model
        visitor.tab.close()
    assert list(can.values()) == [(False, False), (False, True), (True, True)]
