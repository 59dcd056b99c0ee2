"""Rule metrics: pure functions from a reply to values, without files, engines or the network."""

from kikime.harness.metrics.answers.constraints import constraint_kinds
from kikime.harness.metrics.answers.expect import check_expect
from kikime.harness.metrics.answers.labels import measure_logprobs
from kikime.harness.metrics.failure import worst
from kikime.harness.metrics.metric import Measured, Metric, Value
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.registry import CRITICAL, METRICS, VERSION, metric_versions, versions_of
from kikime.harness.metrics.scorer import Scorer
from kikime.harness.metrics.voice.level import style_level_of, style_levels_of
from kikime.harness.metrics.voice.pooled import VoiceSums, style_band_of, style_bands_of

__all__ = [
    "CRITICAL",
    "METRICS",
    "VERSION",
    "Measured",
    "Metric",
    "Reading",
    "Scorer",
    "Value",
    "VoiceSums",
    "check_expect",
    "constraint_kinds",
    "measure_logprobs",
    "metric_versions",
    "style_band_of",
    "style_bands_of",
    "style_level_of",
    "style_levels_of",
    "versions_of",
    "worst",
]
