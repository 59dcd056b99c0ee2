"""The template files serve other engines too: jinja2, minijinja and transformers must agree with our renderer."""

from __future__ import annotations

import minijinja
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kikime.harness.core import messages as chat
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.prompts import Renderer, load_format
from kikime.harness.prompts.templates import compile_template, run_template
from tests.harness.prompts.test_renderer_golden import GOLDEN, OWN, conversation
from tests.support.small_tokenizers import small

TEXTS = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\n\r \t<>[]#:")), max_size=40
)
DIALOGUES = st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=5).filter(lambda turns: len(turns) % 2))


def as_messages(system: str, turns: list[str]) -> list[Message]:
    alternating = [chat.assistant(text) if index % 2 else chat.user(text) for index, text in enumerate(turns)]
    return [chat.system(system), *alternating] if system.strip() else alternating


@pytest.mark.parametrize("format_id", OWN)
@settings(max_examples=40, deadline=None)
@given(dialogue=DIALOGUES)
def test_renderer_says_what_the_template_says(format_id: str, dialogue: tuple[str, list[str]]):
    form, messages = load_format(format_id), as_messages(*dialogue)
    variables = {"bos_token": form.bos_token, "eos_token": form.eos_token, "add_generation_prompt": True}
    direct = run_template(compile_template(form.template), {**variables, "messages": messages, "persona": None})
    assert Renderer(form, None).render(messages).text == direct


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("system", ["system", "none"])
@pytest.mark.parametrize("format_id", OWN)
def test_minijinja_renders_the_same(format_id: str, system: str, turns: int):
    form = load_format(format_id)
    text = minijinja.Environment().render_str(
        form.template,
        messages=conversation(turns, system=system == "system"),
        bos_token=form.bos_token,
        eos_token=form.eos_token,
        add_generation_prompt=True,
        persona=None,
    )
    assert text == GOLDEN[format_id][system][turns - 1]


@pytest.mark.parametrize("format_id", OWN)
def test_transformers_renders_the_same(format_id: str):
    form, tokenizer = load_format(format_id), small("mistral")
    theirs = tokenizer.apply_chat_template(
        conversation(2), chat_template=form.template, tokenize=False, add_generation_prompt=True
    )
    assert Renderer(form, tokenizer).render(conversation(2)).text == theirs


@pytest.mark.parametrize("format_id", OWN)
def test_transformers_continues_a_reply_the_same(format_id: str):
    form, tokenizer = load_format(format_id), small("mistral")
    messages = [*conversation(2), chat.assistant("わたくしは")]
    theirs = tokenizer.apply_chat_template(
        messages, chat_template=form.template, tokenize=False, continue_final_message=True
    )
    assert Renderer(form, tokenizer).render(conversation(2), prefill="わたくしは").text == theirs


@pytest.mark.parametrize("format_id", OWN)
def test_template_needs_no_bos_and_no_eos(format_id: str):
    form = load_format(format_id)
    text = run_template(compile_template(form.template), {"messages": conversation(2), "add_generation_prompt": True})
    assert "None" not in text
    assert "U2" in text


def test_broken_template_is_a_usage_error():
    with pytest.raises(UsageError, match="does not parse: line 1"):
        compile_template("{% if %}")
