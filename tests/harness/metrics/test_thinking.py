"""Thinking is never measured as speech."""

from __future__ import annotations

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.metrics import Scorer
from kikime.harness.prompts.scoring import scorer_of

SAID = "ごきげんよう。今日もいいお天気ですわ。"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return scorer_of(load_persona("ojousama"))


@pytest.mark.parametrize(
    "text",
    [
        f"<think>俺は挨拶を返すぜ。\n\n</think>\n\n{SAID}",
        f"俺は。</think>{SAID}",
        f"[THINK]The user[/THINK]{SAID}",
        f"<reasoning>x</reasoning>{SAID}",
    ],
)
def test_every_metric_is_that_of_the_speech(scorer: Scorer, text: str) -> None:
    measured = scorer.score(text, finish_reason="stop")
    plain = scorer.score(SAID, finish_reason="stop")
    assert measured.pop("reasoning_chars")
    assert measured.pop("reasoning_unfinished") == 0
    assert {name: plain[name] for name in measured} == measured


def test_the_thinking_is_measured_by_its_length(scorer: Scorer) -> None:
    assert scorer.score(f"<think> 挨拶を返す。\n</think>{SAID}")["reasoning_chars"] == 6
    assert scorer.score(SAID, thinking="挨拶を返す。")["reasoning_chars"] == 6
    assert scorer.score(SAID)["reasoning_chars"] is None


def test_a_reply_that_never_came_out_of_its_thinking_says_nothing(scorer: Scorer) -> None:
    measured = scorer.score("<think>まず、俺は", finish_reason="length")
    assert (measured["reasoning_unfinished"], measured["empty"], measured["length_chars"]) == (1, 1, 0)
    assert scorer.score(SAID)["reasoning_unfinished"] is None


def test_of_thinking_that_a_server_keeps_to_itself_only_the_end_is_known(scorer: Scorer) -> None:
    assert (
        scorer.score("", thinking="")["reasoning_unfinished"],
        scorer.score("", thinking="")["reasoning_chars"],
    ) == (1, None)
