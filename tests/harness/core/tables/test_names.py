"""What people call columns and speakers."""

from __future__ import annotations

import pytest

from kikime.harness.core.tables.names import REPLY_NAMES, named, role_of


def test_the_likeliest_name_wins_whatever_its_case() -> None:
    assert named(["text", "Output ", "id"], REPLY_NAMES) == "Output "
    assert named(["id"], REPLY_NAMES) is None


@pytest.mark.parametrize(
    ("speaker", "role"),
    [
        *((name, "user") for name in ("user", "Human", "<human>", "prompter", "USER:", "ユーザー")),
        *((name, "assistant") for name in ("assistant", "gpt", "ChatGPT", "bot", "bard", "model", "キャラ", "紗良")),
        *((name, "assistant") for name in ("AI Assistant", "AIアシスタント", "gpt-4o-mini", "Claude 3.5 Sonnet")),
        *((name, "system") for name in ("system", "developer", "tool", "function_call", "observation")),
        *((name, None) for name in ("太郎", "narrator", "gptuser", "")),
    ],
)
def test_common_role_names_are_known(speaker: str, role: str | None) -> None:
    assert role_of(speaker, ["紗良"]) == role
