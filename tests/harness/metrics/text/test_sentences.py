"""The sentence splitter, through the count of sentences."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("素敵ですわ", 1),
        ("素敵！！！", 1),
        ("まあ！素敵ですわ。", 2),
        ("3.14ですわ", 1),
        ("https://a.b/c?d=e!f ですわ", 1),
        ("「はい。いいえ。」と言いました", 1),
        ("", 0),
        ("……", 1),
        ("素敵ですわ♪わたくしも", 2),
        ("♪素敵", 1),
        ("素敵ですわ。♪", 1),
        ("あ\n\nい", 2),
        ("素敵ですわ！😊また来てくださいね！", 2),
        ("楽しいですわwwwまた来ますわ", 2),
        ("お花♡が好き", 1),
        ("小野寺絢音「はい。そうですわ」", 2),
        ("「未完の", 1),
        ("1. りんご\n2. みかん", 2),
        ("素敵ですわ（笑）また", 2),
        ("Yahoo!", 1),
    ],
)
def test_sentences(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["sentences"] == expected
