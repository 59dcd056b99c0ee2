"""What a curve over the steps of a training run consists of."""

from __future__ import annotations

from typing import Literal

import msgspec

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Printed
from kikime.harness.reports.claims.estimates import AdjustedEffect
from kikime.harness.reports.comparison.records import Direction


class StepRun(msgspec.Struct, frozen=True):
    """A checkpoint of the training run that was benchmarked."""

    step: int
    run: str
    """Its run's id."""
    name: str
    created_at: str
    """UTC, ISO 8601: when it was benchmarked."""


class StepValue(msgspec.Struct, frozen=True):
    """One metric after so many steps."""

    step: int
    mean: float
    """Mean over personas of the mean over items, as comparisons define it."""
    half_width: float | None
    """Half of its 95 % interval; None where no persona has two items."""
    n: int
    """Replies to which the metric applies."""
    since_first: AdjustedEffect | None
    """The same items at the first step and here, paired; None of the first step itself."""


class StepCurve(msgspec.Struct, frozen=True):
    """One metric over the steps."""

    metric: str
    """Its name; a judge's criterion as comparisons call it."""
    judge: str | None
    """None of a rule metric."""
    direction: Direction
    best: int | None
    """The step with the best mean, of several the first; None of a metric without a better end."""
    values: list[StepValue]


class LeftOutStep(msgspec.Struct, frozen=True):
    """A checkpoint that has no place on the curves."""

    step: int
    run: str
    reason_codes: list[Reason]


class StepsReport(Printed, msgspec.Struct, kw_only=True):
    """How the checkpoints of one training run do: levels, and the way from the first."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["steps"] = "steps"
    training: str
    """What the training run is called."""
    suite: str
    steps: list[StepRun]
    curves: list[StepCurve]
    """Primary metrics first, judges' criteria last."""
    left_out: list[LeftOutStep]

    def frame_rows(self) -> list[dict[str, object]]:
        """What ``to_frame`` shows, one row per metric and step."""
        return [
            {"metric": curve.metric, **msgspec.structs.asdict(value)} for curve in self.curves for value in curve.values
        ]
