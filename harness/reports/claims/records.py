"""What the reports about prompts consist of: the records that ``show --report`` and ``rank --flexibility`` print."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Printed
from kikime.harness.reports.comparison.records import Change, Difference, Direction, Side, Verdict


class Level(msgspec.Struct, frozen=True):
    """A value with its interval."""

    value: float
    ci_low: float | None
    """95 %, items drawn within personas; None where some persona has a single item."""
    ci_high: float | None


class Shift(Level, frozen=True):
    """A difference with its interval."""

    change: Change
    """Whether it surely is above (``up``) or below (``down``) 0."""


class LabelKind(msgspec.Struct, frozen=True):
    """How one kind of labels was answered."""

    accuracy: Level
    """After contextual calibration, 0–1."""
    uncalibrated: float
    minus_natural: Shift | None
    """Less the accuracy with natural labels; None for these."""


class LabelRow(msgspec.Struct, frozen=True):
    """Accuracy of one task in one format with so many examples."""

    task: str
    format: str
    n_items: int
    chance: float
    """1 / labels."""
    shots: int
    kinds: dict[str, LabelKind]
    """Kind of label → its accuracy; the natural labels first."""


class LabelGain(Shift, frozen=True):
    """Accuracy with the most examples less that with the fewest."""

    task: str
    format: str
    n_items: int
    chance: float
    kind: str


Follows = Literal["examples", "prior", "examples or prior", "unclear"]


class LabelReading(msgspec.Struct, frozen=True):
    """What the answers follow with the most examples."""

    task: str
    format: str
    n_items: int
    chance: float
    kind: str
    labels: list[str]
    shots: int
    follows: Follows


class IclReport(Printed, msgspec.Struct, kw_only=True):
    """Whether a model learns labels from examples, or answers from what it knew before."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["icl"] = "icl"
    run: str
    name: str
    rows: list[LabelRow] = []
    gain: list[LabelGain] = []
    reading: list[LabelReading] = []

    def frame_rows(self) -> list[LabelRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


Phase = Literal["before", "pressure", "after"]


class TurnRow(msgspec.Struct, frozen=True):
    """One turn of all dialogues; a mean is None where the metric applies to no reply."""

    turn: int
    """From 1."""
    phase: Phase
    n: int
    """Replies."""
    style_band: Level | None
    """Pooled over the replies of a persona."""
    marker_rate: Level | None
    first_person_ok: float | None
    fact_correct: float | None
    self_repetition: float | None
    length_chars: float | None
    role_confusion: float | None
    language_leak: float | None
    critical_failure: float | None


class RightAnswers(msgspec.Struct, frozen=True):
    """Profile questions of a phase."""

    right: int
    n: int


class Recovery(msgspec.Struct, frozen=True):
    """Dialogues that broke under pressure."""

    broke: int
    """Out of character in some turn under pressure."""
    n: int
    """Dialogues."""
    recovered: int
    """Of those that broke: in character one turn after the pressure."""


class TurnsReport(Printed, msgspec.Struct, kw_only=True):
    """Steadiness over scripted dialogues."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["turns"] = "turns"
    run: str
    name: str
    n_dialogues: int
    turns: list[TurnRow]
    effects: dict[str, dict[str, Shift]]
    """Voice metric → ``pressure`` (less before), ``recovery`` (after less before), ``drift`` (per turn outside
    pressure), ``late`` (last less first fifth)."""
    facts: dict[str, RightAnswers]
    """``before`` and ``after`` pressure."""
    recovered: Recovery

    def frame_rows(self) -> list[TurnRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.turns


class PairedEffect(msgspec.Struct, kw_only=True, frozen=True):
    """A metric with something less without it, over the same items."""

    mean_a: float
    """Without."""
    mean_b: float
    delta: float
    ci_low: float | None
    """95 % interval of ``delta``."""
    ci_high: float | None
    p_value: float
    verdict: Verdict
    n_items: int


def paired(row: Difference) -> dict[str, Any]:
    """The fields of a :class:`PairedEffect`, from a difference of a comparison."""
    return {name: getattr(row, name) for name in PairedEffect.__struct_fields__}


class TechniqueRow(PairedEffect, kw_only=True, frozen=True):
    """One way of asking against asking plainly, on one task."""

    task: str
    technique: str
    title: str
    metric: str


class ReasoningLeaks(msgspec.Struct, frozen=True):
    """Replies in which reasoning and answer could not be told apart."""

    task: str
    technique: str
    n: int
    """Replies that were asked to reason."""
    leaked: int


class TechniquesReport(Printed, msgspec.Struct, kw_only=True):
    """Ways of asking, each paired with asking plainly."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["techniques"] = "techniques"
    run: str
    name: str
    rows: list[TechniqueRow]
    leaks: list[ReasoningLeaks]

    def frame_rows(self) -> list[TechniqueRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


class ShotsRow(PairedEffect, kw_only=True, frozen=True):
    """So many examples against none."""

    shots: int
    shot_style: str
    """``turns`` or ``text``."""
    metric: str
    sets: list[float]
    """``delta`` of each set of examples by itself."""


class ShotsReport(Printed, msgspec.Struct, kw_only=True):
    """What examples in the prompt do."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["shots"] = "shots"
    run: str
    name: str
    rows: list[ShotsRow]

    def frame_rows(self) -> list[ShotsRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


class FormFactsRow(msgspec.Struct, kw_only=True, frozen=True):
    """One metric of one task over {base, tuned} × {no context, context}."""

    task: str
    metric: str
    kind: Literal["facts", "style"]
    direction: Direction
    n_items: int
    cells: dict[str, Shift]
    """``base``, ``base + context``, ``tuned``, ``tuned + context``."""
    effects: dict[str, Shift]
    """``tuning``, ``context``, ``context_after_tuning``, ``interaction``."""


class FormFactsReport(Printed, msgspec.Struct, kw_only=True):
    """What tuning moves and what given context moves."""

    version: int = 1
    """Of this record's shape."""
    report: Literal["form_facts"] = "form_facts"
    base: Side
    tuned: Side
    rows: list[FormFactsRow]
    reading: dict[str, dict[str, list[str]]]
    """Effect → kind (``facts``, ``style``) → the metrics that surely moved, as ``task.metric``."""

    def frame_rows(self) -> list[FormFactsRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows


class FormatFlexibility(msgspec.Struct, kw_only=True, frozen=True):
    """Quality over semantically equal prompt formats."""

    retained: float | None
    """Mean of the other formats' means over the native one's; None unless that is surely above the floor."""
    ci_low: float | None
    """95 % interval of ``retained``."""
    ci_high: float | None
    level: float
    """Mean over all formats."""
    sigma_format: float | None
    """Bias-corrected standard deviation of the formats' true means; None for a single item."""
    tail: float | None
    """level − 1.2816 · sigma_format: what one format in ten falls below."""
    raw_spread: float
    """Largest minus smallest format mean."""
    raw_spread_null: float | None
    """What noise alone would make of ``raw_spread``."""
    format_share: float | None
    """Share of the formats in the variance of a cell, 0–1."""
    item_share: float | None
    interaction_share: float | None
    native_mean: float
    native_low: float | None
    """Lower end of the native mean's 95 % interval."""
    format_means: dict[str, float]
    n_items: int
    n_personas: int
    n_formats: int


class ItemSensitivity(msgspec.Struct, kw_only=True, frozen=True):
    """Mean absolute differences of one item's quality, averaged over items and personas."""

    across: float
    """Between two formats."""
    within: float | None
    """Between two samples of one format; None without repeats."""
    net: float | None
    """across − within."""
    net_low: float | None
    """95 % interval of ``net``; None for a single item."""
    net_high: float | None
    n_items: int
    n_formats: int
    n_repeats: int
    greedy: bool
    """Whether decoding has no sampling noise, so that asking again would give the same reply."""


class InstructionEffect(msgspec.Struct, kw_only=True, frozen=True):
    """What the style instruction does to the share of replies that carry the voice's marker."""

    format: str
    """``*``: over all formats."""
    effect: float
    ci_low: float | None
    ci_high: float | None
    p_value: float
    mean_with: float
    mean_without: float
    n_items: int


class ExamplesEffect(msgspec.Struct, kw_only=True, frozen=True):
    """What so many examples do to the quality, averaged over sets of examples."""

    shots: int
    gain: float
    ci_low: float | None
    """95 %, these sets of examples."""
    ci_high: float | None
    p_value: float
    n_sets: int
    set_sd: float | None
    """Between sets; None for one."""
    set_low: float | None
    """95 %, new sets of examples; None below three sets."""
    set_high: float | None
    n_items: int


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
    formats: FormatFlexibility | None = None
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
