"""From one judge to the next: the same replies scored by both, and how the scales map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from kikime.harness.core.errors import UsageError
from kikime.harness.stats.agreement import agreement
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.job import Judged
from kikime.judges.jobs.session import JudgeSettings
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import HIGH, LOW, Rubric

MIN_REPLIES = 200
_N_RESAMPLES = 2000
Scores = npt.NDArray[np.float64]


class LinkedCriterion(msgspec.Struct, kw_only=True):
    """One criterion that too few replies (one or none) have both judges' scores of."""

    criterion: str
    n: int
    """Replies that both judges scored."""
    enough: bool
    """Whether they are 200 or more."""


class Link(LinkedCriterion, kw_only=True):
    """How the new judge's scale maps to the old one's (Kolen & Brennan 2014, chapter 2)."""

    mean_old: float
    mean_new: float
    sd_old: float
    sd_new: float
    slope: float
    """Mean–sigma: old = intercept + slope · new, each with the ends of its 95 % bootstrap interval."""
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    equipercentile: dict[int, float]
    """For each score of the new judge the old judge's score of the same percentile rank."""
    qwk: float | None
    spearman: float | None
    bias: float | None


class LinkReport(msgspec.Struct, kw_only=True):
    """Two judges on the same replies."""

    old: str
    new: str
    rubric: str
    n_replies: int
    spent_usd: float | None
    """None: a price is unknown."""
    statuses: dict[str, dict[str, int]]
    """Lines by status, of ``old`` and of ``new``."""
    stopped: str | None
    """Why a session ended early."""
    criteria: list[LinkedCriterion]


def link_judges(
    subjects: Sequence[Subject],
    rubric: Rubric,
    old: JudgeSettings,
    new: JudgeSettings,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> LinkReport:
    """Score ``subjects`` with both judges; per criterion, link the new judge's scale to the old one's.

    Raises:
        UsageError: fewer than 200 replies, or two judges that are one.
    """
    if len(subjects) < MIN_REPLIES:
        raise UsageError(
            "a bridge needs at least {least} replies, there {n:is|are} {n}", least=MIN_REPLIES, n=len(subjects)
        )
    if old.judge.id == new.judge.id:
        raise UsageError("both judges are {judge}", judge=old.judge.id)
    first = judge_subjects(subjects, [rubric], old, say=say)
    second = judge_subjects(subjects, [rubric], new.after(first.outcome.spent_usd), say=say)
    stops = [side.outcome.stop.message for side in (first, second) if side.outcome.stop]
    known = first.outcome.priced and second.outcome.priced
    return LinkReport(
        old=old.judge.id,
        new=new.judge.id,
        rubric=rubric.id,
        n_replies=len(subjects),
        spent_usd=first.outcome.spent_usd + second.outcome.spent_usd if known else None,
        statuses={"old": dict(first.outcome.statuses), "new": dict(second.outcome.statuses)},
        stopped=stops[0] if stops else None,
        criteria=[_criterion(criterion.id, first, second, rubric.high) for criterion in rubric.criteria],
    )


def _criterion(criterion: str, old: Judged, new: Judged, high: int) -> LinkedCriterion:
    columns = [_scores(side, criterion) for side in (old, new)]
    pairs = np.asarray([p for p in zip(*columns, strict=True) if None not in p], dtype=float).reshape(-1, 2)
    if len(pairs) < 2:
        return LinkedCriterion(criterion=criterion, n=len(pairs), enough=len(pairs) >= MIN_REPLIES)
    return link(criterion, pairs[:, 0], pairs[:, 1], high=high)


def _scores(judged: Judged, criterion: str) -> list[float | None]:
    lines = [next(line for line in group if line.criterion == criterion) for group in judged.groups]
    return [line.value if line.status == "ok" else None for line in lines]


def link(criterion: str, old: Scores, new: Scores, *, high: int = HIGH, seed: int = 0) -> Link:
    """Link two columns of scores (1–``high``) of the same replies, two or more; ``seed`` draws the bootstrap."""
    slope, intercept = _line(old, new)
    picks = np.random.default_rng(seed).integers(len(old), size=(_N_RESAMPLES, len(old)))
    lines = np.asarray([_line(old[pick], new[pick]) for pick in picks])
    lows, highs = np.percentile(lines, [2.5, 97.5], axis=0)
    agreed = agreement(old, new, low=LOW, high=high)
    return Link(
        criterion=criterion,
        n=len(old),
        enough=len(old) >= MIN_REPLIES,
        mean_old=float(old.mean()),
        mean_new=float(new.mean()),
        sd_old=float(old.std(ddof=1)),
        sd_new=float(new.std(ddof=1)),
        slope=slope,
        slope_low=float(lows[0]),
        slope_high=float(highs[0]),
        intercept=intercept,
        intercept_low=float(lows[1]),
        intercept_high=float(highs[1]),
        equipercentile={point: _same_rank(point, old, new) for point in range(LOW, high + 1) if (new == point).any()},
        qwk=agreed.qwk,
        spearman=agreed.spearman,
        bias=agreed.bias,
    )


def _line(old: Scores, new: Scores) -> tuple[float, float]:
    spread_old, spread_new = old.std(ddof=1), new.std(ddof=1)
    slope = float(spread_old / spread_new) if spread_old > 0 and spread_new > 0 else 1.0
    return slope, float(old.mean() - slope * new.mean())


def _same_rank(point: int, old: Scores, new: Scores) -> float:
    rank = float((new < point).mean() + (new == point).mean() / 2)
    return float(np.quantile(old, rank, method="hazen"))
