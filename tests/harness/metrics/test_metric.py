"""One metric: its record, and the values that it may have."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.metric import Metric

REPLY = SimpleNamespace(response="ごきげんよう！")


def metric(function=None, **changes):
    return Metric(**({"name": "shouts", "ja": "感嘆符", "en": "exclamation marks", "function": function} | changes))


def test_tables_call_a_metric_by_its_description_or_its_name():
    assert (metric().short_ja, metric(name="loud_words").short_en) == ("感嘆符", "loud words")
    assert metric(short_ja="！", short_en="!").short_ja == "！"


@pytest.mark.parametrize("name", ["", "two words", "a-b", "1st"])
def test_a_name_is_a_word(name):
    with pytest.raises(ValueError, match="the name of a metric is a word"):
        metric(name=name)


def test_a_yes_or_no_is_between_0_and_1():
    assert (metric(kind="binary").low, metric(kind="binary").high) == (0, 1)


@pytest.mark.parametrize(
    ("direction", "bounds", "worst"),
    [("higher", (0, 1), 0), ("lower", (0, 1), 1), ("none", (0, 1), None), ("lower", (0, None), None)],
)
def test_the_worst_value_is_the_far_end_of_the_scale(direction, bounds, worst):
    assert metric(direction=direction, low=bounds[0], high=bounds[1]).worst == worst


@pytest.mark.parametrize(("kind", "value"), [("int", 3), ("rate", 0.5), ("rate", 1), ("binary", 1), ("binary", None)])
def test_values_of_the_scale_are_kept(kind, value):
    assert metric(lambda _: value, kind=kind).measure(REPLY) == value


def test_true_is_1():
    assert repr(metric(lambda _: True, kind="binary").measure(REPLY)) == "1"


@pytest.mark.parametrize(
    ("changes", "value", "said"),
    [
        ({"kind": "int"}, 0.5, "a whole number"),
        ({"kind": "rate"}, float("nan"), "a finite number"),
        ({"kind": "rate"}, float("inf"), "a finite number"),
        ({"kind": "rate", "low": 0, "high": 1}, 1.5, "a finite number ≥ 0 ≤ 1"),
        ({"kind": "binary"}, 2, "0 or 1"),
        ({"kind": "rate"}, "much", "a finite number"),
    ],
)
def test_a_value_beyond_the_scale_is_refused_in_words(changes, value, said):
    with pytest.raises(UsageError, match=f"metric 'shouts' is {said}"):
        metric(lambda _: value, **changes).measure(REPLY)


def test_a_function_that_fails_is_named_with_the_reply():
    with pytest.raises(UsageError, match="metric 'shouts' failed on the reply 'ごきげんよう！': ZeroDivisionError"):
        metric(lambda _: 1 / 0).measure(REPLY)


def test_what_only_the_run_knows_is_not_measured_here():
    assert metric().measure(REPLY) is None
