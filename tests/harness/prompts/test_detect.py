from __future__ import annotations

from typing import Any

import pytest

from kikime.harness.prompts import format_ids, load_format
from kikime.harness.prompts.detect import Detection, detect_format
from tests.support.small_tokenizers import _BUILD, _bytes

TEMPLATES = [name for name in format_ids() if name not in {"native", "aines_v3", "plain"}]
CHATML = load_format("chatml").template
OWN_SYSTEM = "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nI am Miya.<|im_end|>\n{% endif %}" + CHATML
DATED = (
    "{{ bos_token }}<|start_header_id|>system<|end_header_id|>\n\nToday is a Friday.\n\n"
    "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% set messages = messages[1:] %}{% endif %}"
    "<|eot_id|>{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n{{ m['content'] }}<|eot_id|>"
    "{% endfor %}<|start_header_id|>assistant<|end_header_id|>{{ '\n\n' }}"
)
SWITCHED = CHATML + "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
SPACED = CHATML.replace("'<|im_start|>assistant\\n'", "'<|im_start|> assistant\\n'")
REFUSES = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('none') }}{% endif %}" + load_format("gemma").template
)
ODD = "{% for m in messages %}~{{ m['role'] }}~{{ m['content'] }}{% endfor %}~assistant~"


def detect(template: str | None, name: str = "qwen") -> Detection:
    tokenizer: Any = _BUILD[name]()
    tokenizer.chat_template = template
    return detect_format(tokenizer, name)


def codes(found: Detection) -> list[str]:
    return [reason.code for reason in found.evidence]


@pytest.mark.parametrize("format_id", TEMPLATES)
def test_the_template_of_a_format_is_that_format(format_id: str):
    form = load_format(format_id)
    specials = [
        text for text in {*form.markers, form.bos_token, form.eos_token or form.eot} if text.startswith(("<", "["))
    ]
    tokenizer = _bytes(sorted(specials), form.bos_token or None, form.eos_token or form.eot or None)
    tokenizer.chat_template = form.template
    found = detect_format(tokenizer, format_id)
    assert (found.format, found.certainty) == (format_id, "certain")
    assert found.matches[0].same == found.matches[0].of == 6


def test_a_system_text_of_its_own_is_told_and_no_doubt():
    found = detect(OWN_SYSTEM)
    assert (found.format, found.certainty, found.matches[0].same) == ("chatml", "certain", 3)
    told = next(reason for reason in found.evidence if reason.code == "detect_own_system")
    assert "I am Miya." in str(told.values["text"])


def test_a_date_in_every_system_turn_makes_it_likely():
    found = detect(DATED, "llama3")
    assert (found.format, found.certainty) == ("llama3", "likely")
    assert "detect_before" in codes(found)


def test_a_switch_of_thinking_tells_both_formats():
    found = detect(SWITCHED)
    assert (found.format, found.certainty) == ("chatml", "certain")
    both = next(reason for reason in found.evidence if reason.code == "detect_as_well")
    assert both.values == {"format": "qwen3", "arguments": "enable_thinking=false"}


def test_what_opens_the_reply_is_told_and_no_doubt():
    found = detect(CHATML + "{% if add_generation_prompt %}<think>{% endif %}")
    assert (found.format, found.certainty) == ("chatml", "certain")
    assert "detect_opens" in codes(found)


def test_another_space_makes_it_likely():
    assert (detect(SPACED).certainty, codes(detect(SPACED))[1]) == ("likely", "detect_spacing")


def test_other_newlines_are_another_format():
    assert detect(load_format("phi4_mini").template, "phi3").format == "phi4_mini"
    assert detect(CHATML.replace("<|im_end|>\\n", "<|im_end|>")).format is None


def test_a_template_that_refuses_the_system_text_is_compared_without():
    found = detect(REFUSES, "gemma")
    assert (found.format, found.certainty, found.matches[0].of) == ("gemma", "certain", 3)
    assert "detect_refuses_system" in codes(found)


def test_tokens_that_the_vocabulary_lacks_make_it_likely():
    found = detect(CHATML, "mistral")
    assert (found.format, found.certainty, found.matches[0].tokens) == ("chatml", "likely", 0)
    assert "detect_eos_differs" in codes(found)


def test_an_unknown_template_is_said_to_be_unknown():
    found = detect(ODD)
    assert (found.format, found.certainty, codes(found)) == (None, "unknown", ["detect_no_match"])


def test_a_vocabulary_alone_is_only_possible():
    assert (detect(None, "llama3").format, detect(None, "llama3").certainty) == ("llama3", "possible")
    assert (detect(None, "sentencepiece").format, detect(None, "sentencepiece").certainty) == (None, "unknown")


def test_tokens_of_several_families_are_no_answer():
    tokenizer = _bytes(
        ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "[gMASK]", "<sop>", "<|endoftext|>"],
        None,
        "<|endoftext|>",
    )
    found = detect_format(tokenizer, "several")
    assert (found.format, found.certainty) == (None, "unknown")
    assert {match.format for match in found.matches} == {"glm4", "phi3", "phi4_mini"}
