"""Polite and plain endings."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("素敵ですわ。", 1.0),
        ("行くよ。", 0.0),
        ("薔薇", None),
        ("はい。", None),
        ("ありがとう", None),
        ("行きますわ。帰るぞ。", 0.5),
        ("お待ちくださいませ", 1.0),
        ("知らないわ", 0.0),
        ("だって素敵だもの", 0.0),
    ],
)
def test_polite_ratio(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["polite_ratio"] == expected
