"""Forbidden words."""

from __future__ import annotations

import pytest

from kikime.harness.metrics import Scorer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("マジで", 1),
        ("マジック", 0),
        ("ﾏｼﾞヤバい", 2),
        ("まじめ", 0),
    ],
)
def test_forbidden_terms(scorer: Scorer, reply: str, expected: float | None) -> None:
    assert scorer.score(reply)["forbidden_terms"] == expected
