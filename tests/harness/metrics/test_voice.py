"""Markers of the voice, on whole replies."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("素敵ですわ", 1),
        ("素敵ですわー", 1),
        ("素敵ですわ〜♪", 1),
        ("素敵ですわ！？", 1),
        ("素敵ですわ…。", 1),
        ("素敵ですわ😊", 1),
        ("素敵ですわ（笑）", 1),
        ("素敵ですわｗｗ", 1),
        ("素敵ですわwww", 1),
        ("素敵ですわ♡", 1),
        ("「素敵ですわ」", 1),
        ("小野寺絢音「素敵ですわ」", 1),
        ("絢音「素敵ですわ」", 1),
        ("素敵ですわけ", 0),
        ("そんなわけないですわけ。", 0),
        ("こんばんわ", 0),
        ("素敵ﾃﾞｽわ", 0),
        ("素敵ですわ。", 1),
        ("素敵ですわ．", 1),
        ("素敵ですわ｡", 1),
        ("素敵ですわ\r\nそうですの\r\n", 2),
        ("", 0),
        ("   ", 0),
        ("素敵ですわ✨✨", 1),
        ("素敵ですわ👨\u200d👩\u200d👧", 1),
        ("素敵ですわ❤️", 1),
        ("素敵ですわ(*^^*)", 1),
        ("素敵ですわ(´∀｀)", 1),
        ("素敵ですわね、ええ", 0),
        ("素敵ですわ\nUSER: 次はですわ", 1),
        ("兄は「素敵ですわ」と言った", 0),
        ("素敵ですわっ！", 1),
        ("そんなこと、ありえませんわっ！", 1),
        ("ございませんことよ", 1),
        ("どうかしら？", 1),
        ("*微笑む* 素敵ですわ", 1),
        ("素敵ですわ(にっこり)", 1),
        ("**素敵ですわ**", 1),
    ],
)
def test_marker_sentences(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["marker_sentences"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("はい", 0),
        ("ごきげんよう。", 0),
        ("はい、ええ、まあ！", 0),
        ("ええ、そうですわ", 1),
        ("「行くよ」と彼は言った。", 1),
        ("ふふふふふふふふふふふふふふふふふふふふふふふふふふふx", 1),
    ],
)
def test_eligible_sentences(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["eligible_sentences"] == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("素敵ですわですわ", 1),
        ("素敵ですわ。そうですわ。", 0),
        ("ですわですわですわ", 1),
        ("りんごですわみかんですわぶどうですわ", 1),
        ("食べるますわ", 1),
        ("行きますわ", 0),
        ("方ですので、楽しいですので、良いですわ", 0),
        ("ですわ。ですわ。ですわ。", 1),
        ("素敵ですわ〜ですわ〜", 1),
        ("ますますですわ", 0),
        ("素敵ですわ、素敵ですわ、素敵ですわ", 0),
    ],
)
def test_marker_spam(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["marker_spam"] == expected
