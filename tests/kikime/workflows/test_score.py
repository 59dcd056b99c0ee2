"""Scoring replies that exist already, from a notebook."""

from __future__ import annotations

import json

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.errors import UsageError
from kikime.workflows.score import Scorer, score


def one(reply, persona="ojousama"):
    [line] = score([reply], persona)
    return line


def test_nothing_to_score_gives_nothing():
    assert list(score([], "ojousama")) == []


def test_replies_are_scored_one_by_one_as_they_come():
    def replies():
        yield "そうですわ。"
        raise AssertionError("the second reply was asked for too early")

    assert next(score(replies(), "ojousama")).metrics["length_chars"] == 6


@pytest.mark.parametrize(
    "as_", [str, lambda text: {"response": text}, lambda t: json.dumps({"id": 1, "response": t}).encode()]
)
def test_a_text_a_mapping_and_a_line_are_measured_alike(as_):
    text = "ごきげんよう、お庭の薔薇が咲きましたわ。"
    assert one(as_(text)).metrics == one(text).metrics


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "\u200b",
        "\U0001f600",
        "が\u3099",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_any_text_has_metrics(text):
    assert one(text).metrics["length_chars"] is not None


def test_lines_are_numbered_unless_they_have_an_id():
    lines = list(score(["あ", {"id": "mine", "response": "い"}, "う"], "ojousama"))
    assert [line.id for line in lines] == [1, "mine", 3]


@pytest.mark.parametrize("wrong", [{}, {"response": 3}, b"{", b"[]", {"response": "あ", "persona": "nobody"}])
def test_a_wrong_reply_is_a_line_with_an_error_and_harms_no_other(wrong):
    first, second, third = score(["あ", wrong, "う"], "ojousama")
    assert second.error
    assert first.metrics
    assert third.metrics


def test_the_persona_of_a_reply_wins():
    mixed = one({"response": "拙者は剣の道に生きる者でござる。", "persona": "bushi"})
    assert mixed.metrics == one("拙者は剣の道に生きる者でござる。", "bushi").metrics
    assert mixed.metrics != one("拙者は剣の道に生きる者でござる。").metrics


def test_a_card_an_id_and_a_file_are_one_persona(tmp_path):
    from kikime.harness.core.files import data_path

    source = data_path("personas") / "ojousama.yaml"
    cards = ["ojousama", load_persona("ojousama"), str(source)]
    assert len({json.dumps(one("そうですわ。", card).metrics) for card in cards}) == 1


def test_an_unknown_persona_is_an_error_of_ours():
    with pytest.raises(UsageError):
        list(score(["あ"], "ojosama"))
    with pytest.raises(UsageError):
        Scorer("ojosama")


def test_a_reply_that_ran_out_of_tokens_has_no_end():
    assert one({"response": "そうです", "finish_reason": "length"}).metrics["no_eos"] == 1
    assert one({"response": "そうです", "finish_reason": "stop"}).metrics["no_eos"] == 0


def test_a_prompt_that_is_repeated_is_an_echo():
    line = {"response": "今日のご予定を教えてください。", "user": "今日のご予定を教えてください。"}
    assert one(line).metrics["prompt_echo"] == 1
    assert one(line | {"user": "紅茶はお好きですか。"}).metrics["prompt_echo"] == 0
