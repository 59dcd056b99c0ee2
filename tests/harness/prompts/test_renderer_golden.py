from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.prompts import Renderer, format_ids, load_format

GOLDEN: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
OWN = [format_id for format_id in format_ids() if format_id != "native"]


def conversation(turns: int, *, system: bool = True) -> list[Message]:
    messages = [chat.system("S")] if system else []
    for turn in range(1, turns + 1):
        messages += [chat.user(f"U{turn}"), chat.assistant(f"A{turn}")]
    return messages[:-1]


def test_every_format_has_golden_strings():
    assert set(GOLDEN) == set(OWN)


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("system", ["system", "none"])
@pytest.mark.parametrize("format_id", OWN)
def test_prompt_is_the_vendors_string(format_id: str, system: str, turns: int):
    rendered = Renderer(load_format(format_id), None).render(conversation(turns, system=system == "system"))
    assert rendered.text == GOLDEN[format_id][system][turns - 1]


@pytest.mark.parametrize("format_id", OWN)
def test_bos_is_counted_and_never_doubled(format_id: str):
    form = load_format(format_id)
    rendered = Renderer(form, None).render(conversation(1))
    assert rendered.bos == int(form.bos)
    assert rendered.text.startswith(form.bos_token) == form.bos or not form.bos_token
    assert not form.bos or not rendered.text.startswith(form.bos_token * 2)


@pytest.mark.parametrize("format_id", OWN)
def test_prefill_stands_where_training_text_has_the_reply(format_id: str):
    renderer = Renderer(load_format(format_id), None)
    longer = GOLDEN[format_id]["none"][1]
    prompt = renderer.render(conversation(1, system=False), prefill="A1").text
    assert prompt.endswith("A1")
    if load_format(format_id).prefix_stable:
        assert longer.startswith(prompt)
    else:
        assert prompt.startswith(GOLDEN[format_id]["none"][0])


@pytest.mark.parametrize(
    ("format_id", "end"),
    [
        ("vicuna", "ASSISTANT: わたくしは"),
        ("llama2", "[/INST] わたくしは"),
        ("mistral_v3", "[/INST] わたくしは"),
        ("mistral_tekken", "[/INST]わたくしは"),
        ("rwkv_raven", "Alice: わたくしは"),
        ("rinna_bilingual", "システム: わたくしは"),
        ("alpaca", "### Response:\nわたくしは"),
        ("aines_v3", "<final_turn_indicator>\n<voiceline: キャラクター>わたくしは"),
    ],
)
def test_prefill_spacing(format_id: str, end: str):
    rendered = Renderer(load_format(format_id), None).render(conversation(1), prefill="わたくしは")
    assert rendered.text.endswith(end)


def test_empty_prefill_is_none():
    renderer = Renderer(load_format("vicuna"), None)
    assert renderer.render(conversation(1), prefill="") == renderer.render(conversation(1))


@pytest.mark.parametrize("format_id", OWN)
def test_shorter_dialogue_begins_the_longer_one_unless_declared(format_id: str):
    shorter, longer = GOLDEN[format_id]["system"][0], GOLDEN[format_id]["system"][1]
    stable = load_format(format_id).prefix_stable
    assert longer.startswith(shorter) == stable


def test_only_these_formats_are_not_prefix_stable():
    unstable = {format_id for format_id in OWN if not load_format(format_id).prefix_stable}
    assert unstable == {"mistral_v3", "mistral_v3_talk", "mistral_tekken", "aines_v3", "qwen3", "gemma4"}


def test_rinna_separators():
    messages = [chat.system("一行\n二行"), chat.user("三行\r\n四行")]
    assert "<NL>" not in Renderer(load_format("rinna_bilingual"), None).render(messages).text
    assert "\n" not in Renderer(load_format("rinna_nl"), None).render(messages, prefill="五\n六").text


def test_rwkv_removes_blank_lines():
    text = Renderer(load_format("rwkv_raven"), None).render([chat.user("一\r\n\r\n二\n\n三")]).text
    assert text == "Bob: 一\n二\n三\n\nAlice:"


@pytest.mark.parametrize("format_id", OWN)
def test_jinja_in_content_stays_literal(format_id: str):
    text = "{{7*7}} {% if x %} {#"
    assert text in Renderer(load_format(format_id), None).render([chat.user(text)]).text


@pytest.mark.parametrize("format_id", OWN)
def test_private_use_characters_survive(format_id: str):
    text = "".join(map(chr, [0xE000, 0x31, 0xE001, 0xF0000, 0x30, 0xF0001, 0xF0002]))
    assert text in Renderer(load_format(format_id), None).render([chat.user(text)]).text


@pytest.mark.parametrize("format_id", OWN)
def test_blank_system_text_is_no_system_text(format_id: str):
    renderer = Renderer(load_format(format_id), None)
    assert renderer.render([chat.system(" \n"), chat.user("U")]) == renderer.render([chat.user("U")])


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "no messages"),
        ([chat.system("S")], "does not end with a user message"),
        ([chat.user("a"), chat.user("b")], "message 2 has role 'user'"),
        ([chat.assistant("a"), chat.user("b")], "message 1 has role 'assistant'"),
        ([chat.user("a"), chat.assistant("b")], "does not end with a user message"),
        ([chat.user("a"), chat.assistant("b"), chat.system("S")], "message 3 has role 'system'"),
    ],
)
def test_roles_that_do_not_alternate_are_refused(messages: list[Message], says: str):
    with pytest.raises(UsageError, match=says):
        Renderer(load_format("chatml"), None).render(messages)
