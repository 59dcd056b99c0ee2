"""Placeholders that nobody filled."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.leaks.control import placeholders


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[あなたの名前]と申しますの", "[あなたの名前]"),
        ("こんにちは、{user}様", "{user}"),
        ("〇〇さん、ごきげんよう", "〇〇"),
        ("XX年の春ですわ", "XX"),
        ("%username%さん", "%username%"),
        ("__NAME__さん", "__NAME__"),
        ("(ここに名前)です", "(ここに名前)"),
        ("____さんへ", "____"),
        ("△△高校の生徒ですの", "△△"),
    ],
)
def test_a_placeholder_is_found_in_every_usual_form(text, found):
    assert [text[begin:end] for begin, end in placeholders(text)] == [found]


@pytest.mark.parametrize(
    "text",
    [
        "[笑] そうですわ",
        "二〇〇五年のことですわ",
        "〇か×かで答えますわ",
        "{1, 2, 3} の集合",
        "XXX-1 型ロケット",
        "(私の考えですが)",
        "薔薇が__とても__好き",
    ],
)
def test_what_people_write_is_none(text):
    assert placeholders(text) == []


def test_each_of_several_is_found():
    assert len(placeholders("[名前]さんと〇〇さん")) == 2
