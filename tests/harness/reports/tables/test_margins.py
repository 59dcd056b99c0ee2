import pytest
from pydantic import ValidationError

from kikime.harness.metrics.registry import METRICS, QUALITY
from kikime.harness.reports.tables.margins import Margins, bounds, direction, load_margins


@pytest.mark.parametrize(
    ("metric", "margin"),
    [
        ("critical_failure", 0.02),
        ("length_chars", 3.0),
        ("sentences", 0.2),
        ("fact_correct", 0.05),
        ("style_band", 0.05),
        ("newlines", 0.1),
        (QUALITY, 0.05),
        ("character_v1.tone", 0.3),
    ],
)
def test_a_metric_has_its_own_margin_or_that_of_its_kind(metric, margin):
    assert load_margins().margin(metric) == margin


def test_a_criterion_of_a_narrower_scale_has_a_narrower_margin_and_other_ends():
    assert load_margins().margin("rp_bench_v1.creativity", 5) == pytest.approx(0.2)
    assert load_margins().margin("fact_correct", 5) == load_margins().margin("fact_correct")
    assert (bounds("rp_bench_v1.creativity", 5), bounds("character_v1.tone")) == ((1.0, 5.0), (1.0, 7.0))


def test_every_metric_has_a_margin():
    assert all(load_margins().margin(metric) > 0 for metric in METRICS)


def test_metrics_that_are_named_exist():
    margins = load_margins()
    assert {*margins.primary, *margins.parts} <= {*METRICS, QUALITY}


@pytest.mark.parametrize(
    ("metric", "better"),
    [("critical_failure", "lower"), ("fact_correct", "higher"), ("length_chars", "none"), (QUALITY, "higher")],
)
def test_every_metric_has_a_better_end_or_none(metric, better):
    assert direction(metric) == better


def test_a_judge_s_criterion_is_better_when_higher():
    assert direction("character_v1.tone@judge-a/cot") == "higher"


def test_a_negative_margin_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Margins(version="x", primary=(), parts=(), margins={"binary": -0.1})


def test_more_than_six_primary_metrics_are_refused():
    with pytest.raises(ValidationError, match="at most 6"):
        Margins(version="x", primary=tuple("abcdefg"), parts=(), margins={})
