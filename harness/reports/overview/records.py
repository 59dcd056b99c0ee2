"""What an overview of one run consists of: the records that ``kikime export RUN --to json`` prints."""

from __future__ import annotations

from typing import Any

import msgspec

from kikime.harness.core.records import Printed
from kikime.harness.reports.comparison.records import Direction, EndingMean, Handled
from kikime.harness.stats.lengths import LengthSummary
from kikime.harness.stats.panel import PanelAgreement


class MetricMean(msgspec.Struct, frozen=True):
    """One metric of one run."""

    metric: str
    """Its name; a judge's criterion is ``rubric.criterion@judge``."""
    direction: Direction
    mean: float
    """Mean over personas of the mean over items, as comparisons define it."""
    half_width: float | None
    """Half of its 95 % interval; None where no persona has two items."""
    n: int
    """Replies to which the metric applies."""
    agreement: PanelAgreement | None = None
    """Of a panel's criterion: how far its members agree."""


class FormatQuality(msgspec.Struct, frozen=True):
    """Quality of the replies to one prompt format with one number of examples."""

    format: str
    shots: int
    quality: float
    """0–1."""
    n: int
    """Replies."""


class EndingSplit(msgspec.Struct, frozen=True):
    """The mean of one metric by how the replies ended."""

    metric: str
    ended: EndingMean | None
    cut_off: EndingMean | None

    def means(self) -> tuple[EndingMean | None, EndingMean | None]:
        """As tables have them."""
        return self.ended, self.cut_off


class Overview(msgspec.Struct, kw_only=True, frozen=True):
    """One run by itself."""

    version: int = 1
    """Of this record's shape."""
    run: str
    name: str
    model: str
    params: int | None
    """Number of parameters; None where the checkpoint does not tell."""
    fingerprint: str
    suite: str
    created_at: str
    """UTC, ISO 8601."""
    counts: dict[str, int]
    """``planned``, ``done``, ``errors`` … replies, and tokens."""
    coverage: float
    """Share of the planned replies that are done, 0–1."""
    health: dict[str, float]
    """``error_rate``, ``truncation_rate`` and ``duplicate_rate``, 0–1."""
    hardware: dict[str, Any]
    """As the manifest has it."""
    metrics: list[MetricMean]
    """Primary metrics first, judges' criteria last."""
    lengths: dict[str, LengthSummary]
    """Unit (``length_chars``, ``sentences``) → lengths of all replies."""
    capability: list[Handled]
    formats: list[FormatQuality]
    endings: list[EndingSplit] = []
    """Lengths and voice by how replies ended; empty where all of them ended in the same way."""


class JudgedCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """What one judge, or a panel, says of a run by one criterion."""

    criterion: str
    """``rubric.criterion``."""
    mean: float | None
    """Mean over personas of the mean over items, 1 to ``scale``; a failed generation has 1. None where nothing is scored."""
    half_width: float | None
    """Half of its 95 % interval; None where no persona has two items."""
    n: int
    """Replies that the criterion is due for and that have a score: of a panel, one by every member."""
    due: int
    coverage: float
    """``n`` of ``due``, 0–1."""
    agreement: PanelAgreement | None
    """None of a single judge, and where the members share no reply."""
    scale: int = 7
    """The highest point of the rubric; the lowest is 1."""


class JudgedRun(Printed, msgspec.Struct, frozen=True, kw_only=True):
    """One judge's, or a panel's, means of a run: what ``kikime show RUN --judge JUDGE --json`` prints."""

    version: int = 1
    """Of this record's shape."""
    run: str
    name: str
    judge: str
    members: list[str]
    """Of a panel, else empty."""
    criteria: list[JudgedCriterion]

    def frame_rows(self) -> list[JudgedCriterion]:
        """What ``to_frame`` shows, one record per row."""
        return self.criteria
