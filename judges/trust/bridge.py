"""From one judge to the next: the same replies scored by both, and how the scales map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kikime.harness.core.errors import UsageError
from kikime.harness.stats.agreement import agreement
from kikime.harness.store.verdicts import score_of
from kikime.judges.jobs.collection import judge_subjects
from kikime.judges.jobs.gathering import Judged
from kikime.judges.jobs.session import JudgeSettings
from kikime.judges.verdicts.rubric import HIGH, LOW, POINTS, Rubric
from kikime.judges.verdicts.subject import Subject

MIN_REPLIES = 200
_N_RESAMPLES = 2000
Scores = npt.NDArray[np.float64]


def bridge(
    subjects: Sequence[Subject],
    rubric: Rubric,
    old: JudgeSettings,
    new: JudgeSettings,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Score ``subjects`` with both judges; per criterion, link the new judge's scale to the old one's.

    Raises:
        UsageError: fewer than 200 replies, or two judges that are one.
    """
    if len(subjects) < MIN_REPLIES:
        raise UsageError(f"a bridge needs at least {MIN_REPLIES} replies, there are {len(subjects)}")
    if old.judge.id == new.judge.id:
        raise UsageError(f"both judges are {old.judge.id}")
    first = judge_subjects(subjects, [rubric], old, say=say)
    judged = [first, judge_subjects(subjects, [rubric], new.after(first.outcome.spent_usd), say=say)]
    stops = [side.outcome.stop.message for side in judged if side.outcome.stop]
    return {
        "old": old.judge.id,
        "new": new.judge.id,
        "rubric": rubric.id,
        "n_replies": len(subjects),
        "spent_usd": sum(side.outcome.spent_usd for side in judged),
        "statuses": {side: dict(found.outcome.statuses) for side, found in zip(("old", "new"), judged, strict=True)},
        "stopped": stops[0] if stops else None,
        "criteria": [_criterion(criterion.id, *judged) for criterion in rubric.criteria],
    }


def _criterion(criterion: str, old: Judged, new: Judged) -> dict[str, Any]:
    columns = [_scores(side, criterion) for side in (old, new)]
    pairs = np.asarray([p for p in zip(*columns, strict=True) if None not in p], dtype=float).reshape(-1, 2)
    row: dict[str, Any] = {"criterion": criterion, "n": len(pairs), "enough": len(pairs) >= MIN_REPLIES}
    if len(pairs) < 2:
        return row
    agreed = agreement(pairs[:, 0], pairs[:, 1], low=LOW, high=HIGH)
    return row | link(pairs[:, 0], pairs[:, 1]) | {"qwk": agreed.qwk, "spearman": agreed.spearman, "bias": agreed.bias}


def _scores(judged: Judged, criterion: str) -> list[float | None]:
    values: list[float | None] = []
    for group in judged.groups:
        line = next(line for line in group if line["criterion"] == criterion)
        values.append(score_of(line) if line["status"] == "ok" else None)
    return values


def link(old: Scores, new: Scores, *, seed: int = 0) -> dict[str, Any]:
    """Linking functions from the new judge's scale to the old one's (Kolen & Brennan 2014, chapter 2).

    ``slope`` and ``intercept`` (mean–sigma: old = intercept + slope · new) with 95 % bootstrap intervals, and
    ``equipercentile``: for each score of the new judge the old judge's score of the same percentile rank.
    """
    slope, intercept = _line(old, new)
    picks = np.random.default_rng(seed).integers(len(old), size=(_N_RESAMPLES, len(old)))
    lines = np.asarray([_line(old[pick], new[pick]) for pick in picks])
    low, high = np.percentile(lines, [2.5, 97.5], axis=0)
    return {
        "mean_old": float(old.mean()),
        "mean_new": float(new.mean()),
        "sd_old": float(old.std(ddof=1)),
        "sd_new": float(new.std(ddof=1)),
        "slope": slope,
        "slope_low": float(low[0]),
        "slope_high": float(high[0]),
        "intercept": intercept,
        "intercept_low": float(low[1]),
        "intercept_high": float(high[1]),
        "equipercentile": {point: _same_rank(point, old, new) for point in POINTS if (new == point).any()},
    }


def _line(old: Scores, new: Scores) -> tuple[float, float]:
    spread_old, spread_new = old.std(ddof=1), new.std(ddof=1)
    slope = float(spread_old / spread_new) if spread_old > 0 and spread_new > 0 else 1.0
    return slope, float(old.mean() - slope * new.mean())


def _same_rank(point: int, old: Scores, new: Scores) -> float:
    rank = float((new < point).mean() + (new == point).mean() / 2)
    return float(np.quantile(old, rank, method="hazen"))
