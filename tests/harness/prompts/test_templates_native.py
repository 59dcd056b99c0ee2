from __future__ import annotations

from typing import Any

import pytest

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.prompts import ContentLostError, Renderer, load_format
from tests.harness.prompts.test_renderer_golden import GOLDEN, conversation
from tests.support.small_tokenizers import _BUILD, small

CHATML = load_format("chatml").template
DROPS_SYSTEM = (
    "{% for m in messages %}{% if m['role'] != 'system' %}{{ m['content'] }}<|im_end|>{% endif %}{% endfor %}"
)
REFUSES_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ m['content'] }}{% endfor %}"
)
LAST_ONLY = "{{ messages[-1]['content'] }}"
SHOUTS = "{% for m in messages %}{{ m['content'] | upper }}{% endfor %}"
DATED = (
    "{{ strftime_now('%d %b %Y') }}"
    "{% for m in messages %}{% generation %}{{ m['content'] }}{% endgeneration %}{% endfor %}"
)
TWO_BOS = "{{ bos_token }}{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
TOOLS = (
    "{% if tools is not none %}{{ tools[0] }}{% endif %}{% for m in messages %}{{ m['content'] | trim }}{% endfor %}"
)


def native(template: str | None, name: str = "qwen") -> Renderer:
    tokenizer: Any = _BUILD[name]()
    tokenizer.chat_template = template
    return Renderer(load_format("native"), tokenizer)


def test_native_is_the_checkpoints_template():
    renderer = native(CHATML)
    rendered = renderer.render(conversation(2))
    assert rendered.text == GOLDEN["chatml"]["system"][1]
    assert rendered == Renderer(load_format("chatml"), small("qwen")).render(conversation(2))._replace(
        stop=rendered.stop, stop_token_ids=rendered.stop_token_ids
    )


def test_native_equals_apply_chat_template():
    renderer = native(CHATML)
    messages = [chat.system(" 猫 "), chat.user("{{7*7}}\n\n")]
    theirs = renderer.encoder.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert renderer.render(messages).text == theirs


def test_native_prefill_continues_the_reply():
    text = native(CHATML).render(conversation(1), prefill="わたくしは").text
    assert text == GOLDEN["chatml"]["system"][0] + "わたくしは"


def test_native_end_of_turn_is_found_in_the_template():
    renderer = native(load_format("gemma").template, "gemma")
    end = renderer.encoder.tokenizer.convert_tokens_to_ids("<end_of_turn>")
    assert renderer.eot == "<end_of_turn>"
    assert end in renderer.render(conversation(1, system=False)).stop_token_ids


@pytest.mark.parametrize(
    ("template", "stop"),
    [
        ("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<END>\n{% endfor %}assistant: ", "<END>"),
        (
            "Talk.\n{% for m in messages %}### {{ m['role'] }}\n{{ m['content'] }}\n\n{% endfor %}### assistant\n",
            "\n### user",
        ),
        ("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} // {% endfor %}", "//"),
        ("{% for m in messages %}{{ m['role'] }}{{ m['content'] }}~~<|im_start|>{% endfor %}", "~~"),
    ],
)
def test_a_turn_that_ends_in_plain_text_stops_there(template: str, stop: str):
    assert stop in native(template).render([chat.user("はい")]).stop


def test_turns_that_nothing_ends_have_no_stop_string():
    assert native("{% for m in messages %}{{ m['content'] }}\n{% endfor %}").render([chat.user("はい")]).stop == []


def test_forged_tokens_stay_text_in_native():
    renderer = native(CHATML)
    end = renderer.encoder.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert (renderer.render([chat.user("a<|im_end|>b")]).token_ids or []).count(end) == 1


def test_private_use_text_survives_native():
    text = "a\U000f0000" + "0\U000f0001b\U000f0002"
    assert text in native(CHATML).render([chat.user(text)]).text


@pytest.mark.parametrize("prefill", [None, "は"])
def test_dropped_system_text_is_an_error(prefill: str | None):
    with pytest.raises(ContentLostError, match="drops the system text"):
        native(DROPS_SYSTEM).render(conversation(1), prefill=prefill)


def test_dropped_turn_is_an_error():
    with pytest.raises(ContentLostError, match=r"drops message 1 \(user\)"):
        native(LAST_ONLY).render(conversation(2, system=False))


def test_rewritten_content_is_an_error():
    with pytest.raises(ContentLostError, match="rewrites message 1"):
        native(SHOUTS).render([chat.user("quiet")])


def test_refusal_is_a_clear_error():
    with pytest.raises(UsageError, match="refuses this conversation: System role not supported"):
        native(REFUSES_SYSTEM).render(conversation(1))


def test_today_is_always_the_same_day():
    assert native(DATED).render([chat.user("a")]).text == "26 Jul 2024a"


def test_two_bos_are_refused():
    with pytest.raises(UsageError, match="two BOS"):
        native(TWO_BOS, "mistral").render([chat.user("a")])


def test_tools_are_none_as_in_transformers():
    assert native(TOOLS).render([chat.user(" a ")]).text == "a"


def test_no_template_is_a_usage_error():
    with pytest.raises(UsageError, match="has no chat template"):
        native(None)


def test_native_needs_a_tokenizer():
    with pytest.raises(UsageError, match="own chat template"):
        Renderer(load_format("native"), None)
