"""What a run's summary consists of: the records of ``summary.json``."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Printed

SCHEMA = 1
"""Of the files in a run directory; a newer one is refused."""


class Measured(msgspec.Struct, frozen=True):
    """The checkpoint of a run."""

    name: str
    reference: str = ""
    """As it was named on the command line."""
    fingerprint: str = ""
    n_params: int | None = None
    """Number of parameters; None where the checkpoint does not tell."""
    revision: str | None = None


class Series(msgspec.Struct, frozen=True):
    """Where a checkpoint stands among those of one training run."""

    name: str
    """What the training run is called."""
    step: int | None = None
    """Steps trained so far; None where nothing tells."""


class PooledMean(msgspec.Struct, frozen=True):
    """One metric of a run."""

    n: int
    """Replies to which it applies."""
    mean: float | None
    """Mean over personas of the mean over their questions of the mean over replies (pronouns, politeness, cut-offs: of
    the ratio of sums)."""
    personas: dict[str, float | None] = {}
    """Persona → its mean."""


class Group(msgspec.Struct, frozen=True):
    """Some replies of a run together."""

    n: int
    """Replies."""
    metrics: dict[str, PooledMean]


class Target(msgspec.Struct, frozen=True):
    """How often a persona marks its sentences."""

    target_rate: float | None
    """0–1; None where the card names none."""
    tolerance: float


class Health(msgspec.Struct, frozen=True):
    """Shares of replies that went wrong, 0–1."""

    error_rate: float = 0.0
    truncation_rate: float = 0.0
    """Ended at the limit of tokens."""
    duplicate_rate: float = 0.0
    """Same text as the reply to another question of the same cells."""


class Quartiles(msgspec.Struct, frozen=True):
    """Lengths of one persona's replies."""

    n: int
    mean: float | None
    median: float | None
    q1: float | None
    q3: float | None


class JudgedMean(msgspec.Struct, frozen=True):
    """One judge's verdicts by one criterion of a rubric's newest content."""

    judge_id: str
    protocol: str
    rubric: str
    criterion: str
    n: int
    """Verdicts with a score."""
    mean: float | None
    """Mean over personas, 1 to ``scale``."""
    unscored: int
    """Verdicts without one."""
    due: int | None = None
    """Replies that the criterion is due for; None in summaries of an old version, as is ``coverage``."""
    coverage: float | None = None
    """Share of these that have a score, 0–1."""
    scale: int = 7
    """The highest point of the rubric; the lowest is 1."""


class Session(msgspec.Struct):
    """One loaded engine of a run, in ``status.json``; sessions of 0.1.0 lack the prompts' tokens and the limits."""

    engine: dict[str, Any]
    """What it said of itself."""
    load_seconds: float
    generate_seconds: float = 0.0
    n_replies: int = 0
    n_output_tokens: int = 0
    """Generated, those of replies that have not finished included."""
    n_prompt_tokens: int = 0
    """Read of prompts, without what the prefix cache had."""
    n_scored_tokens: int = 0
    """Read of candidates whose log-probability was asked for."""
    max_output_tokens: int = 0
    """What the finished replies were allowed."""
    notes: list[Reason] = []
    """What the engine changed of the requests, as its server would not take them."""


class Performance(msgspec.Struct, frozen=True):
    """How fast a run was, over all its sessions."""

    sessions: int = 0
    load_seconds: float = 0.0
    generate_seconds: float = 0.0
    output_tokens_per_second: float | None = None
    device: str | None = None


class SliceSums(msgspec.Struct, frozen=True):
    """One cell of the grid."""

    task: str
    persona: str
    format: str
    shots: int
    technique: str
    context: str
    n: int
    """Replies."""
    metrics: dict[str, tuple[int, float]]
    """Metric → how many replies it applies to, and the sum of its values."""
    questions: dict[str, tuple[int, float]] = {}
    """The same over questions, where it differs: how many, and the sum of their means; none where the metric does not belong."""


class SummaryHead(Printed, msgspec.Struct, kw_only=True):
    """A summary without its slices, which are most of it."""

    version: int = 1
    """Of this record's shape."""
    schema: int = SCHEMA
    run: str = ""
    """Its id."""
    name: str
    created_at: str = ""
    """UTC, ISO 8601."""
    state: Literal["complete", "partial"]
    suite: str
    model: Measured
    hashes: dict[str, Any] = {}
    """Digests of tasks, personas, formats, sampling and the scorer."""
    counts: dict[str, int]
    """``planned``, ``done``, ``errors``, ``truncated`` replies, ``items``, ``prompt_tokens``, ``output_tokens``."""
    coverage: float = 0.0
    """Share of the planned replies that are done, 0–1."""
    metrics: dict[str, PooledMean]
    endings: dict[str, Group] = {}
    """``ended`` by itself, ``cut_off`` at the limit of tokens, ``other``: lengths and voice of these replies alone."""
    targets: dict[str, Target]
    """Persona → its voice."""
    health: Health = Health()
    lengths: dict[str, dict[str, Quartiles]] = {}
    """Persona → unit (``length_chars``, ``sentences``) → its quartiles."""
    judge: list[JudgedMean]
    judge_drift: str | None = None
    """The warning of a judge that no longer scores as it did; None where there is none."""
    perf: Performance
    series: Series | None = None
    """The training run that the checkpoint is of; None where it was benchmarked by itself."""


class Summary(SummaryHead, kw_only=True):
    """What the leaderboard's first page and ``kikime show`` read of a run."""

    slices: list[SliceSums]
