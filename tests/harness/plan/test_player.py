"""Who plays the user, and what a second checkpoint is asked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.player import UserPrompts, spoken_by

ASKED = [
    chat.system("あなたは客です。"),
    chat.user("（場面が始まります）"),
    chat.assistant("ごめんください。"),
    chat.user("はい。"),
]
_NO_SYSTEM = """{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}
{%- for m in messages %}<{{ m.role }}>{{ m.content }}
{% endfor %}<assistant>"""


def prompts(folder: Path) -> UserPrompts:
    options = EngineOptions(user_model=str(folder))
    return UserPrompts(resolve_checkpoint(str(folder)), options)


@pytest.fixture
def copy(tmp_path, august) -> Path:
    return Path(shutil.copytree(august, tmp_path / "copy"))


def test_a_template_without_system_messages_begins_with_the_users_card(copy):
    (copy / "chat_template.jinja").write_text(_NO_SYSTEM, encoding="utf-8")
    assert prompts(copy).render(ASKED).text.startswith("<user>あなたは客です。\n\n（場面が始まります）")


def test_the_users_card_is_a_system_message_where_there_are_some(copy):
    text = prompts(copy).render(ASKED).text
    assert text.index("あなたは客です。") < text.index("（場面が始まります）") < text.index("ごめんください。")


def test_a_user_that_thinks_is_told_not_to(copy):
    template = _NO_SYSTEM + "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"
    (copy / "chat_template.jinja").write_text(template, encoding="utf-8")
    assert prompts(copy).render(ASKED).text.endswith("<think></think>")


def test_a_checkpoint_without_a_chat_template_is_no_user(copy):
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="no chat template"):
        prompts(copy)


@pytest.mark.parametrize(
    ("given", "name"), [(None, ""), ("self", "self:0123456789ab"), ("openai:m@http://127.0.0.1:1/v1", "openai:m")]
)
def test_who_spoke_has_one_name(given, name):
    user = resolve_checkpoint(given) if given and given != "self" else None
    assert spoken_by(EngineOptions(user_model=given), user, "0123456789abcdef") == name
