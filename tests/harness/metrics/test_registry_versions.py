"""Each metric's version stands for its values: whoever changes a value raises the version of that metric."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from pathlib import Path

import pytest

from kikime.harness.metrics import METRICS, Scorer

HERE = Path(__file__).parent
REPLIES: list[str] = json.loads((HERE / "replies.json").read_text(encoding="utf-8"))
VALUES: dict[str, list[str]] = json.loads((HERE / "values.json").read_text(encoding="utf-8"))
EXPECT = (
    {},
    {"answers": ["絢音", "アメリカ", "18"], "wrong": ["フランス"], "constraints": [{"kind": "chars", "max": 30}]},
    {"abstain": True, "constraints": [{"kind": "no_kanji"}]},
)


def values_of(scorer: Scorer) -> dict[str, str]:
    """Digest of each metric's values of all replies, to nine digits."""
    found = defaultdict(list)
    for number, reply in enumerate(REPLIES):
        before = [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": REPLIES[number - 1]}]
        measured = scorer.score(
            reply,
            user=("お名前は？犬は好きですか", "")[number % 2],
            history=before if number % 5 == 0 else (),
            system="18歳の高校生になりきって話してください。",
            examples=("うちでは大きな犬がおりますわ",),
            finish_reason=("stop", "length", None)[number % 3],
            expect=EXPECT[number % 3],
        )
        for name, value in measured.items():
            found[name].append(None if value is None else round(value, 9))
    return {name: hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16] for name, values in found.items()}


@pytest.fixture(scope="module")
def now(scorer: Scorer) -> dict[str, str]:
    return values_of(scorer)


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if name in VALUES])
def test_values_have_not_changed_without_a_new_version(name: str, now: dict[str, str]) -> None:
    version, digest = VALUES[name]
    assert [METRICS[name].version, now[name]] == [version, digest], (
        f"values of {name} have changed: give its record another version, and write the new pair into values.json"
    )


def test_every_metric_of_a_reply_is_pinned(now: dict[str, str]) -> None:
    assert now.keys() == VALUES.keys()
