"""Rule metrics: pure functions from a reply to values, without files, engines or the network."""

from harness.metrics.base import VERSION, Measured, Scorer
from harness.metrics.constraints import constraint_kinds
from harness.metrics.expect import check_expect
from harness.metrics.failure import worst
from harness.metrics.labels import measure_logprobs
from harness.metrics.leaks import DEFAULT_CONTROL_STRINGS, DEFAULT_ROLE_MARKERS
from harness.metrics.registry import CRITICAL, METRICS, Metric
from harness.metrics.voice import style_band

__all__ = [
    "CRITICAL",
    "DEFAULT_CONTROL_STRINGS",
    "DEFAULT_ROLE_MARKERS",
    "METRICS",
    "VERSION",
    "Measured",
    "Metric",
    "Scorer",
    "check_expect",
    "constraint_kinds",
    "measure_logprobs",
    "style_band",
    "worst",
]
