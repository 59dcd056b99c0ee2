"""What a comparison consists of: the records that ``kikime compare --json`` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Printed
from kikime.harness.stats.lengths import LengthSummary
from kikime.harness.stats.paired import PairedEstimate, Population
from kikime.harness.stats.panel import PanelAgreement

Direction = Literal["higher", "lower", "none"]
"""Which end of a metric is the better one."""
Change = Literal["up", "down", "unclear"]


class Side(msgspec.Struct, frozen=True):
    """Which run one side of a report is."""

    run: str
    """Its id, the directory's name."""
    name: str
    model: str
    params: int | None
    """Number of parameters; None where the checkpoint does not tell."""
    fingerprint: str
    """Of the checkpoint's files."""
    suite: str
    created_at: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, kw_only=True)
class Difference(PairedEstimate):
    """One metric of run b against run a, over their shared items; the verdict is by ``p_adjusted``."""

    metric: str
    direction: Direction
    primary: bool
    """Whether the metric belongs to the family that was fixed beforehand."""
    margin: float
    """Smallest difference that matters, in the metric's own unit."""
    scope: Population
    n_cells: int
    """Pairs of replies."""
    change: Change
    """Whether the value itself went up or down, good or bad, by ``p_adjusted``."""
    verdict_code: Reason | None = None
    """``at_bound``: inconclusive although the interval is within the margin, since both values sit at one end of the scale."""
    p_adjusted: float | None = None
    """``p_value`` corrected inside the row's ``family``."""
    family: str | None = None
    """Which comparisons were adjusted together, and how."""


@dataclass(frozen=True, kw_only=True)
class Slice(Difference):
    """A difference under one condition."""

    by: str
    """Which axis of the grid: persona, task, format, shots or technique."""
    value: str | int
    """Its value."""


@dataclass(frozen=True, kw_only=True)
class MetricRow(Difference):
    """A difference over all shared cells, with those under single conditions."""

    judge: str | None = None
    """Who gave the scores, as ``id/protocol`` or ``panel:JUDGE,JUDGE``; None for rule metrics."""
    agreement_a: PanelAgreement | None = None
    """Of a panel: how far its members agree on the replies of run ``a``."""
    agreement_b: PanelAgreement | None = None
    slices: list[Slice] = field(default_factory=list)


class LengthRatio(msgspec.Struct, frozen=True):
    """Mean length of b over that of a."""

    value: float | None
    ci_low: float | None
    ci_high: float | None


class LengthEntry(msgspec.Struct, frozen=True):
    """Lengths of both runs, of all personas or of one."""

    unit: str
    """``length_chars`` or ``sentences``."""
    persona: str | None
    """None for all of them."""
    range: tuple[float, float] | None
    """What the persona's card asks for, both ends included; None for all personas."""
    a: LengthSummary
    """Means (``mean``, ``share_in_range``) are over personas and questions, quartiles over replies."""
    b: LengthSummary
    ratio: LengthRatio


class EndingMean(msgspec.Struct, frozen=True):
    """A mean of those replies of one run that ended in one way."""

    mean: float
    n: int
    """Replies."""


class EndingMeans(msgspec.Struct, frozen=True):
    """One metric of both runs by how replies ended; None where no reply did."""

    metric: str
    ended_a: EndingMean | None
    """Ended by themselves."""
    cut_off_a: EndingMean | None
    """Cut off at the limit of tokens."""
    ended_b: EndingMean | None
    cut_off_b: EndingMean | None

    def means(self) -> tuple[EndingMean | None, ...]:
        """As tables have them."""
        return self.ended_a, self.cut_off_a, self.ended_b, self.cut_off_b


class Handled(msgspec.Struct, frozen=True):
    """How one run handles one kind of request."""

    task: str
    title: str
    rate: float
    """Share of items whose mean quality is good enough."""
    low: float
    """95 % Wilson interval over items."""
    high: float
    n: int
    """Items."""
    mark: str
    """✓, 不安定 or ✗."""


class Capability(msgspec.Struct, frozen=True):
    """One kind of request in both runs."""

    task: str
    title: str
    a: Handled
    b: Handled


class ExampleReply(msgspec.Struct, frozen=True):
    """One run's reply of an example."""

    key: str
    response: str
    error: str | None
    score: float
    """Its quality 0–1, averaged with the judge's scores where both sides have them."""


class Example(msgspec.Struct, frozen=True):
    """Two replies to the same request, of which one is much better."""

    pair_key: str
    task: str
    item_id: str
    persona: str
    format: str
    shots: int
    technique: str
    context: str
    turn: int
    user: str
    """What was asked."""
    a: ExampleReply
    b: ExampleReply
    change: float
    """b's score less a's."""
    changed: dict[str, tuple[float, float]]
    """Metrics with a better end whose value changed: name → a's and b's."""


class Setting(msgspec.Struct, frozen=True):
    """A setting that the two manifests do not share."""

    path: str
    """Where it stands in the manifest, with dots."""
    a: Any
    b: Any


class Scope(msgspec.Struct, frozen=True):
    """Whom the results speak of."""

    personas: list[str]
    speaks_of: str
    """``new personas`` (from ten on) or ``these personas``."""
    ja: str
    """The same as a Japanese phrase."""


class LeftOut(msgspec.Struct, frozen=True):
    """Replies of each run that have no partner."""

    a: int
    b: int


class Comparison(Printed, msgspec.Struct, kw_only=True):
    """Run ``b`` against run ``a`` over the same cells; every difference is b − a."""

    version: int = 1
    """Of this record's shape."""
    a: Side
    b: Side
    comparable: bool
    """Where False, ``why_not`` has the reasons, and what follows from a comparison is empty."""
    why_not: list[str]
    """Reasons against a comparison, worded."""
    why_not_codes: list[Reason]
    """The same reasons as codes with values."""
    hint: str | None
    """What would make the runs comparable, worded; None where they are."""
    hint_code: Reason | None
    """The same hint as a code with values."""
    notes: list[str]
    """What a reader has to know, worded."""
    note_codes: list[Reason]
    """The same notes as codes with values."""
    common: bool
    """Whether cells that only one run has were to be left out."""
    left_out: LeftOut
    n_cells: int
    """Pairs of replies."""
    metrics: list[MetricRow] = []
    """Primary metrics first, then judges' criteria, then the others."""
    examples: dict[str, list[Example]] = {}
    """``worse`` and ``better``: replies that changed most, the largest change first."""
    manifest: list[Setting] = []
    """Settings that differ."""
    margins: str = ""
    """Version of the margins by which verdicts are given."""
    rule: str = ""
    """How verdicts are decided, worded."""
    lengths: list[LengthEntry] = []
    endings: list[EndingMeans] = []
    """Lengths and voice by how replies ended; empty where all of them ended in the same way."""
    capability: list[Capability] = []
    scope: Scope | None = None
    """None where the runs cannot be compared."""
    panel: list[str] = []
    """The members, where a panel of judges was asked for."""

    def frame_rows(self) -> list[MetricRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.metrics


@dataclass(frozen=True, kw_only=True)
class GateDifference(PairedEstimate):
    """The difference that a gate decides on: of one metric, so that no correction is due."""

    scope: Population


class GateAnswer(Printed, msgspec.Struct, kw_only=True, frozen=True):
    """Whether a new checkpoint may pass: what ``kikime gate --json`` prints."""

    version: int = 1
    """Of this record's shape."""
    a: Side
    """The baseline."""
    b: Side
    """The new checkpoint."""
    metric: str
    direction: Direction
    margin: float
    """Loss that is tolerated, in the metric's own unit."""
    judge: str | None = None
    """Who gave the scores; None for rule metrics."""
    agreement_a: PanelAgreement | None = None
    """Of a panel: how far its members agree on the replies of run ``a``."""
    agreement_b: PanelAgreement | None = None
    decision: Literal["pass", "fail", "insufficient evidence"]
    n: int
    """Units that were compared."""
    n_needed: int | None
    """Units that would settle it with 80 % power if the observed difference is the true one; None where it is settled
    or cannot be said."""
    unit: Literal["items", "personas"]
    change: float
    """Difference in the good direction: below 0 is worse."""
    worst: float | None
    """Lower end of its 95 % interval."""
    best: float | None
    """Upper end."""
    exit_code: int
    """0 pass, 1 fail, 4 insufficient evidence."""
    difference: GateDifference
    left_out: LeftOut
    notes: list[str]
    """What a reader has to know, worded."""
    note_codes: list[Reason]
    """The same notes as codes with values."""
