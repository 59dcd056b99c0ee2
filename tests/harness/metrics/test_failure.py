"""A generation that failed scores the worst of every scale."""

from __future__ import annotations

from kikime.harness.metrics.failure import worst
from kikime.harness.metrics.registry import METRICS


def test_failing_never_pays():
    found = worst(dict.fromkeys(METRICS.bundled))
    for name, value in found.items():
        metric = METRICS[name]
        assert value == {"higher": metric.low, "lower": metric.high, "none": None}[metric.direction]


def test_a_failure_is_critical_and_has_no_length():
    assert worst({"critical_failure": 0, "length_chars": 12, "style_level": None}) == {
        "critical_failure": 1,
        "length_chars": None,
        "style_level": 0,
    }
