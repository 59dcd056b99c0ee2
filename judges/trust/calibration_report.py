"""The calibration of every judge in a file: per criterion, per model, and whether it may rank models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kikime.harness.core.errors import UsageError
from kikime.harness.stats.agreement import MAX_BIAS, MIN_SPEARMAN, agreement, confusion, interval_alpha
from kikime.judges.trust.ratings import MEAN_JUDGE, Rating

OVERALL = "overall"
MIN_ITEMS = 10
"""Items of one model that agreement statistics need to mean anything."""


def calibrate(ratings: Sequence[Rating], *, low: int = 1, high: int = 7, seed: int = 0) -> dict[str, Any]:
    """Compare every judge with people: ``judges`` (agreement per criterion) and ``raters`` (judges among themselves).

    ``overall`` is the mean of an item's criteria.

    Raises:
        UsageError: a score outside the scale.
    """
    names = list(dict.fromkeys(rating.judge for rating in ratings))
    try:
        judges = [_judge([r for r in ratings if r.judge == name], low, high, seed) for name in names]
    except ValueError as error:
        raise UsageError(str(error), hint=f"the scale is {low} to {high}; change it with --scale") from None
    return {"scale": [low, high], "judges": judges, "raters": _raters(ratings)}


def _judge(ratings: Sequence[Rating], low: int, high: int, seed: int) -> dict[str, Any]:
    criteria = list(dict.fromkeys(rating.criterion for rating in ratings))
    groups = {name: [r for r in ratings if r.criterion == name] for name in criteria}
    if len(groups) > 1:
        groups[OVERALL] = _overall(ratings, len(criteria))
    rows = [_criterion(name, group, low, high, seed) for name, group in groups.items() if group]
    return {"judge": ratings[0].judge, "criteria": rows, "sentence": sentence(ratings[0].judge, rows)}


def _criterion(name: str, ratings: Sequence[Rating], low: int, high: int, seed: int) -> dict[str, Any]:
    human, judge = [r.human for r in ratings], [r.score for r in ratings]
    found = agreement(human, judge, low=low, high=high, seed=seed)
    return {
        "criterion": name,
        **found.as_dict(),
        "confusion": confusion(human, judge, low=low, high=high),
        "models": (models := _models(ratings, low, high, seed)),
        "model_means": _over_means(models, low, high, seed),
    }


def _models(ratings: Sequence[Rating], low: int, high: int, seed: int) -> list[dict[str, Any]]:
    rows = []
    for model in sorted({r.model for r in ratings} - {""}):
        pairs = [
            (r.human, r.score) for r in ratings if r.model == model and r.human is not None and r.score is not None
        ]
        if not pairs:
            continue
        human, judge = [h for h, _ in pairs], [s for _, s in pairs]
        means = sum(human) / len(pairs), sum(judge) / len(pairs)
        row: dict[str, Any] = {"model": model, "n": len(pairs), "human": means[0], "judge": means[1]}
        row["bias"] = means[1] - means[0]
        if len(pairs) >= MIN_ITEMS:
            row |= agreement(human, judge, low=low, high=high, seed=seed).as_dict()
        rows.append(row)
    return rows


def _over_means(models: Sequence[dict[str, Any]], low: int, high: int, seed: int) -> dict[str, Any] | None:
    """Agreement of the models' means, one pair per model: what a ranking rests on. None below three models."""
    if len(models) < 3:
        return None
    return agreement(
        [model["human"] for model in models], [model["judge"] for model in models], low=low, high=high, seed=seed
    ).as_dict()


def _overall(ratings: Iterable[Rating], n_criteria: int) -> list[Rating]:
    items: dict[str, list[Rating]] = {}
    for rating in ratings:
        if rating.human is not None and rating.score is not None:
            items.setdefault(rating.item, []).append(rating)
    return [
        group[0]._replace(
            criterion=OVERALL,
            human=sum(r.human or 0.0 for r in group) / n_criteria,
            score=sum(r.score or 0.0 for r in group) / n_criteria,
        )
        for group in items.values()
        if len(group) == n_criteria
    ]


def _raters(ratings: Sequence[Rating]) -> list[dict[str, Any]]:
    """Krippendorff's alpha among the judges, per criterion, on the items that all of them scored."""
    judges = sorted({r.judge for r in ratings} - {MEAN_JUDGE})
    if len(judges) < 2:
        return []
    rows = []
    for criterion in dict.fromkeys(r.criterion for r in ratings):
        scores: dict[str, dict[str, float]] = {}
        for r in ratings:
            if r.criterion == criterion and r.judge != MEAN_JUDGE and r.score is not None:
                scores.setdefault(r.item, {})[r.judge] = r.score
        complete = [by_judge for by_judge in scores.values() if len(by_judge) == len(judges)]
        if len(complete) > 1:
            alpha = interval_alpha([[by_judge[judge] for by_judge in complete] for judge in judges])
            rows.append({"criterion": criterion, "n_judges": len(judges), "n": len(complete), "alpha": alpha})
    return rows


def sentence(judge: str, rows: Sequence[dict[str, Any]]) -> str:
    """Whether the judge may rank models, in plain words."""
    row = next((r for r in rows if r["criterion"] == OVERALL), rows[0])
    low, bias = row["spearman_low"], row["bias"]
    found = f"Spearman is at least {low:.2f}" if low is not None else "Spearman cannot be computed"
    measured = f"{found} and the bias is {bias:+.2f} points on {row['n']} items ({row['criterion']})"
    needed = f"needed: above {MIN_SPEARMAN} and within ±{MAX_BIAS}"
    verb = "may rank models" if row["may_rank"] else "must not rank models"
    weak = [r["criterion"] for r in rows if not r["may_rank"] and r is not row]
    rest = f" Not good enough alone: {', '.join(weak)}." if row["may_rank"] and weak else ""
    return f"{judge} {verb}: {measured}; {needed}.{rest}"
