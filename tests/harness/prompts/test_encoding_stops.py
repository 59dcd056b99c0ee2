from __future__ import annotations

import pytest

from kikime.harness.prompts import Renderer, load_format
from tests.harness.prompts.test_renderer_golden import OWN, conversation
from tests.support.small_tokenizers import small


def stops(format_id: str, name: str) -> tuple[list[str], set[str]]:
    tokenizer = small(name)
    rendered = Renderer(load_format(format_id), tokenizer).render(conversation(1))
    return rendered.stop, set(tokenizer.convert_ids_to_tokens(rendered.stop_token_ids))


def test_special_tokens_stop_by_id():
    assert stops("llama3", "llama3") == ([], {"<|eot_id|>", "<|end_of_text|>"})
    assert stops("gemma", "gemma") == ([], {"<end_of_turn>", "<eos>"})
    assert stops("chatml", "qwen") == ([], {"<|im_end|>", "<|endoftext|>"})


def test_the_same_stops_are_strings_on_a_foreign_tokenizer():
    assert stops("llama3", "qwen") == (["<|eot_id|>", "<|end_of_text|>"], {"<|im_end|>"})
    assert stops("mistral_v3", "llama3") == (["[INST]"], {"<|eot_id|>"})
    assert stops("mistral_v3", "mistral") == ([], {"</s>", "[INST]"})


def test_ordinary_added_tokens_stop_as_strings_because_they_show_in_the_text():
    assert stops("chatml", "chatml") == (["<|im_end|>", "<|endoftext|>"], {"</s>"})


def test_blank_line_is_always_a_string():
    for name in ("llama3", "sentencepiece", "bare"):
        assert "\n\n" in stops("rwkv_raven", name)[0]


@pytest.mark.parametrize("format_id", OWN)
def test_eos_stops_every_format(format_id: str):
    assert "</s>" in stops(format_id, "mistral")[1]


def test_without_a_tokenizer_all_stops_are_strings():
    rendered = Renderer(load_format("aines_v3"), None).render(conversation(1))
    assert rendered.stop == ["</voiceline>", "</final_turn_indicator>", "[CHAT_END]"]
    assert rendered.stop_token_ids == []
    assert rendered.token_ids is None
