"""What the tables of flexibility consist of: the records that ``rank --flexibility`` prints."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Printed
from kikime.harness.stats.prompts.effects import ExamplesEffect, InstructionEffect
from kikime.harness.stats.prompts.flexibility import Flexibility, Sensitivity


@dataclass(frozen=True)
class ItemSensitivity(Sensitivity):
    """How far one item's quality depends on the format."""

    greedy: bool
    """Whether decoding has no sampling noise, so that asking again would give the same reply."""


class TechniqueEffect(msgspec.Struct, kw_only=True, frozen=True):
    """What one way of asking does to the quality, paired against asking plainly in the same cell."""

    technique: str
    title: str
    effect: float
    ci_low: float | None
    ci_high: float | None
    p_value: float
    n_items: int


class FlexibilityReport(msgspec.Struct, kw_only=True):
    """How one run's quality depends on the prompt; what its suite cannot measure is None."""

    run: str
    name: str
    model: str
    params: int | None
    fingerprint: str
    created_at: str
    """UTC, ISO 8601."""
    grid: str
    """Digest of everything that decides which questions a run asks."""
    native: str
    """The checkpoint's own format, fixed before looking at scores."""
    why_not: dict[str, str] = {}
    """Measure → why it is None, worded."""
    why_not_codes: dict[str, Reason] = {}
    """The same as codes with values."""
    notes: dict[str, str] = {}
    """Measure → what it lacks for a full answer, worded."""
    note_codes: dict[str, Reason] = {}
    """The same as codes with values."""
    formats: Flexibility | None = None
    sensitivity: ItemSensitivity | None = None
    steerability: list[InstructionEffect] | None = None
    few_shot: list[ExamplesEffect] | None = None
    techniques: list[TechniqueEffect] | None = None


class Claim(msgspec.Struct, kw_only=True, frozen=True):
    """Whether one claim of the talks holds for one model."""

    title: str
    claim: str
    """``instruction``, ``examples`` or ``size``."""
    run: str | None
    """None where the claim is about all models together."""
    model: str
    """The run's name."""
    params: int | None
    effect: float | None
    """None where it was not measured."""
    ci_low: float | None
    ci_high: float | None
    why_not: str | None
    """Why it could not be tested, worded."""
    why_not_code: Reason | None
    """The same as a code."""
    holds: bool | None
    """Whether its lower bound is above 0; None where that cannot be said."""
    refuted: bool | None
    """Whether its upper bound is below 0."""


class SizePoint(msgspec.Struct, frozen=True):
    """One model on the axis of sizes."""

    model: str
    run: str
    params: int
    value: float
    """Retained fraction."""


class LeftOutRun(msgspec.Struct, kw_only=True, frozen=True):
    """A run that has no place in a table."""

    run: str
    reason: str
    """Why, worded."""
    reason_code: Reason
    """The same as a code."""


class SizeEffect(msgspec.Struct, kw_only=True, frozen=True):
    """Retained fraction over log₁₀ of the parameters."""

    points: list[SizePoint]
    n_sizes: int
    left_out: list[LeftOutRun]
    holds: bool | None = None
    """None below three sizes."""
    why_not: str | None = None
    """Why it cannot be said, worded."""
    why_not_code: Reason | None = None
    """The same as a code."""
    slope: float | None = None
    """Per tenfold parameters; None below two sizes."""
    ci_low: float | None = None
    ci_high: float | None = None


class FlexibilityTable(Printed, msgspec.Struct, kw_only=True):
    """Flexibility of several runs, the claims of the talks, and the effect of size."""

    version: int = 1
    """Of this record's shape."""
    runs: list[FlexibilityReport]
    claims: list[Claim]
    size: SizeEffect
    left_out: list[LeftOutRun]
    """Runs that cannot be read."""

    def frame_rows(self) -> list[FlexibilityReport]:
        """What ``to_frame`` shows, one record per row."""
        return self.runs
