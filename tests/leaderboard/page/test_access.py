import pytest

from kikime.harness.core.errors import UsageError
from kikime.leaderboard.page import access
from kikime.leaderboard.page.access import Roles, load_access

AUTH = """[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "x"
client_id = "x"
client_secret = "x"
server_metadata_url = "http://127.0.0.1/x"
"""


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ({"email": "hana@example.com"}, "rater"),
        ({"email": "TARO@example.com"}, "admin"),
        ({"email": "x@example.com"}, "viewer"),
        ({"email": "x@example.com.evil.org"}, None),
        ({"email": "taro@example.com", "email_verified": False}, None),
        ({}, None),
    ],
)
def test_the_highest_role_of_a_vouched_address_counts(user, role):
    roles = Roles(viewer=("*@example.com",), rater=("hana@example.com",), admin=("taro@example.com",))
    assert roles.of(user) == role


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("auth = 3\n", "auth"),
        ("[auth]\nclient_id = 'x'\n[roles]\nviewer = ['*']\n", "redirect_uri"),
        (AUTH, "lets nobody in"),
        (AUTH + "[roles]\nviewers = ['*']\n", "viewers"),
        (AUTH + "[links]\na = 'short'\n", "24"),
        ("[auth", "cannot be read"),
    ],
)
def test_a_wrong_file_is_told(tmp_path, text, problem):
    file = tmp_path / "sign-in.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=problem):
        load_access(file)


def test_on_ones_own_page_everything_may_be_done(monkeypatch):
    monkeypatch.delenv("KIKIME_SIGN_IN", raising=False)
    assert access.may("admin")
    assert access.person() is None
