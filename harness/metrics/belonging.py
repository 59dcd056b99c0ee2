"""Which metrics are about the replies of a task: what a letter or a list is asked for has no length or voice of its own.

Single replies are measured by :func:`meant`, so that no value arises where none is meant; means are over the tasks of
:func:`tasks_of`, which also reads older runs, whose replies were measured without that rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kikime.harness.metrics.metric import Measured
from kikime.harness.metrics.registry import METRICS

VOICE = ("style_level", "style_band", "marker_rate")
"""One declaration for all: they are read from the same sentences."""
SPOKEN_MARKERS = (*VOICE, "marker_sentences", "eligible_sentences")
"""What is read from the marked sentences of a reply."""
_FAMILIES = dict.fromkeys(SPOKEN_MARKERS, VOICE) | {
    "length_fit": ("length_fit", "length_closeness"),
    "length_closeness": ("length_fit", "length_closeness"),
    "sentence_fit": ("sentence_fit",),
}
"""Metric → those of which a task has to declare one."""
_DESCRIPTIONS = ("length_chars", "sentences", "newlines")
"""Measured of every reply; their means describe what a character says, not an answer whose form the item dictates."""
CONFINED = (*(name for name, metric in METRICS.bundled.items() if metric.of_speech), *_DESCRIPTIONS)
"""Metrics that do not belong to every task."""


def meant(measured: Measured, own: Collection[str], *, dictated: bool) -> Measured:
    """The values of a reply with None for those that mean nothing of it.

    Args:
        measured: every metric of the reply.
        own: metrics that its task declares.
        dictated: whether the task dictates the form of the reply: then what reads sentences in voice has to be declared.
    """
    if not dictated:
        return measured
    return {name: None if METRICS[name].of_speech and name not in own else value for name, value in measured.items()}


def tasks_of(metric: str, declared: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Tasks of a run to which ``metric`` belongs: those that declare it, or, for descriptions, where the character speaks.

    Args:
        metric: its name.
        declared: task → the metrics that it calls its own. Where none declares ``metric``, it is taken for a description.
    """
    declaring = frozenset(name for name, metrics in declared.items() if declares(metrics, metric))
    if metric in _FAMILIES and declaring:
        return declaring
    if metric in CONFINED:
        return frozenset(name for name, metrics in declared.items() if _speaks(metrics)) | declaring
    return frozenset(declared)


def declares(metrics: Collection[str], metric: str) -> bool:
    """Whether a task whose own metrics are ``metrics`` measures ``metric``."""
    return any(name in metrics for name in _FAMILIES.get(metric, (metric,)))


def _speaks(metrics: Collection[str]) -> bool:
    """Whether replies are the character's own words: only constraints ask for a form instead."""
    groups = {METRICS[name].group for name in metrics if name in METRICS}
    return groups != {"constraints"}
