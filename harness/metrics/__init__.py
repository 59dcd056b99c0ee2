"""Rule metrics: pure functions from a reply to values, without files, engines or the network."""

from kikime.harness.metrics.answers.constraints import constraint_kinds
from kikime.harness.metrics.answers.expect import check_expect
from kikime.harness.metrics.answers.labels import measure_logprobs
from kikime.harness.metrics.failure import worst
from kikime.harness.metrics.leaks.control import DEFAULT_CONTROL_STRINGS, DEFAULT_ROLE_MARKERS
from kikime.harness.metrics.registry import CRITICAL, METRICS, Metric
from kikime.harness.metrics.scorer import VERSION, Measured, Scorer
from kikime.harness.metrics.voice.pooled import VoiceSums, style_band_of, style_bands_of

__all__ = [
    "CRITICAL",
    "DEFAULT_CONTROL_STRINGS",
    "DEFAULT_ROLE_MARKERS",
    "METRICS",
    "VERSION",
    "Measured",
    "Metric",
    "Scorer",
    "VoiceSums",
    "check_expect",
    "constraint_kinds",
    "measure_logprobs",
    "style_band_of",
    "style_bands_of",
    "worst",
]
