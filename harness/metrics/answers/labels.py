"""Scores from log-probabilities: labels of in-context learning, old and new facts of a probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from kikime.harness.metrics.metric import RULES, Metric

Logprobs = Mapping[str, float]
"""Candidate name → summed log-probability (natural logarithm)."""


def label_scores(logprobs: Logprobs, label: int) -> dict[str, int | float | None]:
    """Whether the right label wins once each label's prior is taken off, and by how much (nats).

    The prior is the label's log-probability after a content-free input (Zhao et al. 2021, contextual calibration,
    arXiv:2102.09690).

    >>> label_scores({"label.0": -1.0, "label.1": -2.0, "free.0": -0.5, "free.1": -3.0}, label=1)
    {'label_correct': 1, 'label_margin': 1.5}
    """
    calibrated = {
        int(name.removeprefix("label.")): value - logprobs[name.replace("label.", "free.")]
        for name, value in logprobs.items()
        if name.startswith("label.")
    }
    margin = calibrated[label] - max(value for number, value in calibrated.items() if number != label)
    return {"label_correct": int(margin > 0), "label_margin": margin}


def probe_scores(logprobs: Logprobs) -> dict[str, int | float | None]:
    """How far the model has moved from the old fact to the new one: log p(new) − log p(old), in nats.

    >>> probe_scores({"old": -2.0, "new": -5.0})
    {'probe_shift': -3.0, 'probe_new_first': 0}
    """
    shift = logprobs["new"] - logprobs["old"]
    return {"probe_shift": shift, "probe_new_first": int(shift > 0)}


def measure_logprobs(logprobs: Logprobs, expect: Mapping[str, object]) -> dict[str, int | float | None]:
    """The scores that an item's expectation asks for."""
    return label_scores(logprobs, cast("int", expect["label"])) if "labels" in expect else probe_scores(logprobs)


METRICS = (
    Metric(
        name="label_correct",
        kind="binary",
        direction="higher",
        group="labels",
        ja="ラベルが正しい（偏り補正後）",
        en="the right label wins, its prior taken off",
        short_en="right label",
        version=RULES,
        function=None,
    ),
    Metric(
        name="label_margin",
        kind="rate",
        group="labels",
        ja="正しいラベルの優位（対数確率の差）",
        en="lead in log-probability",
        short_en="lead of right label",
        version=RULES,
        function=None,
    ),
    Metric(
        name="probe_shift",
        kind="rate",
        group="labels",
        ja="新しい事実への移り（対数確率の差）",
        en="log p(new) − log p(old)",
        short_en="shift to new fact",
        version=RULES,
        function=None,
    ),
    Metric(
        name="probe_new_first",
        kind="binary",
        group="labels",
        ja="新しい事実のほうが確からしい",
        en="the new fact is the likelier one",
        short_en="new fact likelier",
        version=RULES,
        function=None,
    ),
)
