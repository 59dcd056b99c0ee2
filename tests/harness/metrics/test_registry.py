"""The registry of metrics."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kikime.harness.metrics import CRITICAL, METRICS, Scorer

PIECES = [
    "素敵ですわ",
    "。",
    "！",
    "\n",
    "USER:",
    "</s>",
    "「",
    "」",
    "俺",
    "[名前]",
    "AIです",
    "네",
    "\ud800",
    "😊",
    "〇〇",
    "ー",
    "w",
]
REPLIES = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


def test_every_measured_metric_is_registered(scorer: Scorer) -> None:
    facts = scorer.score("絢音ですわ", expect={"answers": ["絢音"], "constraints": [{"kind": "json"}]})
    unanswerable = scorer.score("絢音ですわ", expect={"abstain": True})
    assert (facts | unanswerable).keys() <= METRICS.keys()


def test_the_metrics_of_every_module_are_found() -> None:
    modules = [
        path for path in (Path(__file__).parents[3] / "harness/metrics").rglob("*.py") if path.name != "registry.py"
    ]
    names = [
        name
        for path in modules
        for name in re.findall(r'^        name="(\w+)",$', path.read_text("utf-8"), re.MULTILINE)
    ]
    assert sorted([*names, "critical_failure"]) == sorted(METRICS.bundled)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_tables_call_no_two_metrics_the_same_and_none_by_a_shortened_word(language: str) -> None:
    words = [getattr(metric, f"short_{language}") for metric in METRICS.bundled.values()]
    assert len({*words}) == len(words)
    assert not [word for word in words if re.search(r"\b(?:ok|eos|chars|kuten|fewshot)\b|_", word)]


def test_critical_metrics_are_those_of_the_contract() -> None:
    names = {"no_eos", "turn_leak", "template_leak", "empty", "language_leak", "placeholder_leak", "role_confusion"}
    assert set(CRITICAL) == names | {"boilerplate_reply"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(reply=REPLIES)
def test_values_stay_in_their_scale(scorer: Scorer, reply: str) -> None:
    for name, value in scorer.score(reply, user="はい", finish_reason="stop").items():
        metric = METRICS[name]
        assert value is None or metric.low <= value <= (metric.high if metric.high is not None else value)
        assert value is None or metric.kind != "binary" or value in {0, 1}
        assert value is None or metric.kind == "rate" or isinstance(value, int)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(reply=REPLIES)
def test_explained_spans_lie_in_the_reply(scorer: Scorer, reply: str) -> None:
    for spans in scorer.explain(reply).values():
        assert all(0 <= start < end <= len(reply) for start, end in spans)
