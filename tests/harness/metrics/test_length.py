"""Length, line breaks and final marks."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("はい", 2),
        ("  はい \n", 2),
        ("が", 1),
        ("👨\u200d👩\u200d👧", 1),
        ("ﾊﾟ", 1),
        ("🇯🇵", 1),
        ("…", 1),
        ("\ud800a", 2),
    ],
)
def test_length_chars(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["length_chars"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("a\nb", 1),
        ("a\r\nb", 1),
        ("a\n\n\nb", 1),
        ("a\n \nb", 1),
        ("\na\n", 0),
        ("a\rb", 1),
        ("a\nb\nc", 2),
    ],
)
def test_newlines(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["newlines"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("素敵ですわ", 1),
        ("素敵ですわ。", 0),
        ("素敵ですわ！", 0),
        ("素敵ですわ♪", 0),
        ("素敵ですわ😊", 0),
        ("「素敵ですわ」", 1),
        ("", 0),
        ("素敵ですわ\n行きますわ。", 1),
        ("・りんご\n・みかん", 0),
        ("素敵ですわ…", 0),
        ("素敵ですわ（笑）", 0),
        ("素敵ですわ．", 0),
        ("素敵ですわ❤️", 0),
    ],
)
def test_missing_kuten(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["missing_kuten"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("", 1),
        ("  \n", 1),
        ("\u200b", 1),
        ("\u3000", 1),
        ("。", 0),
        ("…", 0),
    ],
)
def test_empty(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["empty"] == expected


def test_a_reply_that_was_cut_off_has_no_last_mark_to_miss(scorer: Scorer) -> None:
    assert scorer.score("素敵ですわ。そして", finish_reason="length")["missing_kuten"] is None
    assert scorer.score("素敵ですわ。そして", finish_reason="stop")["missing_kuten"] == 1
