from __future__ import annotations

import time

import pytest

from kikime.harness.core import messages as chat
from kikime.harness.prompts import Renderer, load_format
from tests.support.small_tokenizers import small

PROMPTS = [[chat.system("あ" * 200), chat.user(f"{number}: " + "い" * 190)] for number in range(500)]


def microseconds(renderer: Renderer) -> float:
    """Best of several passes, per prompt: other processes only ever add time."""
    renderer.render(PROMPTS[0])
    best = float("inf")
    for _ in range(7):
        start = time.process_time()
        for messages in PROMPTS:
            renderer.render(messages)
        best = min(best, time.process_time() - start)
    return best / len(PROMPTS) * 1e6


@pytest.mark.parametrize("format_id", ["llama3", "alpaca_input", "aines_v3"])
def test_a_prompt_takes_less_than_60_microseconds_beyond_tokenisation(format_id: str):
    assert microseconds(Renderer(load_format(format_id), None)) < 60


def test_repeated_chunks_are_not_encoded_again():
    renderer = Renderer(load_format("llama3"), small("llama3"))
    before = renderer.encoder._chunk.cache_info().misses
    for messages in PROMPTS[:50]:
        renderer.render(messages)
    assert renderer.encoder._chunk.cache_info().misses - before < 50 + 20
