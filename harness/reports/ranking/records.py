"""What a ranking consists of: the records that ``kikime rank --json`` prints."""

from __future__ import annotations

import msgspec

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Printed
from kikime.harness.stats.panel import PanelAgreement


class Described(msgspec.Struct, kw_only=True):
    """A run as a row of the ranking describes it."""

    run: str
    """Its id."""
    name: str
    model: str
    params: int | None
    """Number of parameters; None where the checkpoint does not tell."""
    coverage: float
    """Share of the reference's replies that the run has, 0–1."""
    critical_failure_rate: float | None
    """Mean over personas, 0–1; None where the metric applies nowhere."""
    critical_gate_exceeded: bool
    n_items: int
    n_replies: int
    mean_length: float | None
    """Characters."""
    truncation_rate: float
    error_rate: float
    judge_failures: dict[str, float]
    """Judge (``id/protocol``) → share of its verdicts without a score."""
    tokens_per_second: float | None
    created_at: str
    """UTC, ISO 8601."""
    revision: str | None
    suite: str
    link: str | None = None
    """The model's page, as people say it in about.yaml beside the run; ``license`` and ``type`` likewise."""
    license: str | None = None
    type: str | None = None
    """base, tuned, merged or adapter."""


class RankedRow(Described, kw_only=True):
    """A run with a rank."""

    overall: float | None
    """Mean of the areas that count, 0–100."""
    ci_low: float | None
    """95 % interval of ``overall``; None where one item cannot show a spread."""
    ci_high: float | None
    rank: int
    """1 + number of runs that are strictly better."""
    rank_low: int
    """Best rank that the draws allow (2.5 %)."""
    rank_high: int
    """Worst rank (97.5 %)."""
    p_best: float | None
    """Share of the draws in which the run is best; ties split it."""
    p_above: dict[str, float] = {}
    """Other run → share of the draws in which this one's overall is the higher; ties count half. Empty for many runs."""
    areas: dict[str, float]
    """Area → points 0–100."""
    areas_ci: dict[str, tuple[float | None, float | None]]
    """Area → 95 % interval."""
    judge_agreement: dict[str, PanelAgreement] = {}
    """Of a panel: criterion → how far its members agree on this run's replies."""
    judge_alpha: float | None = None
    """Of a panel: Krippendorff's alpha, the mean over these criteria."""


class UnrankedRow(Described, kw_only=True):
    """A run of the reference's grid that lacks something."""

    reason: str
    """Why it has no rank, worded."""
    reason_codes: list[Reason]
    """The same as codes with values."""


class ExcludedRow(msgspec.Struct, kw_only=True):
    """A run that cannot be compared with the reference, or not be read."""

    run: str
    name: str | None = None
    """None where the run cannot be read."""
    suite: str | None = None
    reason: str
    """Why, worded; several reasons are joined by ``; ``."""
    reason_codes: list[Reason]
    """The same as codes with values."""


class AreaUse(msgspec.Struct, kw_only=True):
    """One area of this ranking."""

    id: str
    ja: str
    """Its Japanese name."""
    en: str
    about: str
    """What it measures, worded."""
    counts: bool
    """Whether the suite can measure it; the same for every run."""
    terms: list[str]
    """The terms that the suite measures, as formulas; their conditions are worded."""
    why_not: str | None
    """Why it does not count, worded."""
    why_not_code: Reason | None
    """The same as a code."""


class Ranking(Printed, msgspec.Struct, kw_only=True):
    """Runs of the same suite on one scale."""

    version: str
    """Of the areas' formulas."""
    suite: str | None
    """None where no run could be read."""
    judge: str | None
    """Whose verdicts count too."""
    panel: list[str] = []
    """The members, where ``judge`` is a panel."""
    seed: int
    """Of resampling."""
    n_resamples: int
    """Bootstrap draws."""
    n_cells: int | None = None
    """With ``common``: the replies of each run that the ranking rests on, those which all runs share; else None."""
    areas: list[AreaUse] = []
    rows: list[RankedRow] = []
    """Best first."""
    unranked: list[UnrankedRow] = []
    """Runs that lack cells or verdicts, by id."""
    excluded: list[ExcludedRow] = []
    """Runs that cannot be compared, by id."""

    def frame_rows(self) -> list[RankedRow]:
        """What ``to_frame`` shows, one record per row."""
        return self.rows
