"""The calibration of every judge in a file: per criterion, per model, and whether it may rank models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec

from kikime.harness.core.errors import UsageError
from kikime.harness.core.reasons import Phrase, Reason
from kikime.harness.stats.agreement import MAX_BIAS, MIN_SPEARMAN, Agreement, agreement, confusion, interval_alpha
from kikime.harness.words.catalogue import Translator
from kikime.judges.jobs.flags import one_score
from kikime.judges.trust.ratings import MEAN_JUDGE, BadRating, Rating

OVERALL = "overall"
MIN_ITEMS = 10
"""Items of one model that agreement statistics need to mean anything."""
MIN_MODELS = 3


@dataclass(frozen=True, kw_only=True)
class ModelAgreement(Agreement):
    """A judge and people on the replies of one model; below ten items only ``bias`` is given."""

    model: str
    human: float
    """Mean of people's scores."""
    judge: float
    """Mean of the judge's scores."""


@dataclass(frozen=True, kw_only=True)
class CriterionAgreement(Agreement):
    """A judge and people by one criterion."""

    criterion: str
    confusion: list[list[int]]
    """How often people gave a row's score where the judge gave a column's."""
    models: list[ModelAgreement]
    model_means: Agreement | None
    """Agreement of the models' means, one pair per model: what a ranking rests on. None below three models."""


class JudgeCalibration(msgspec.Struct):
    """One judge against people."""

    judge: str
    criteria: list[CriterionAgreement]
    sentence: str
    """Whether the judge may rank models, in plain words."""
    warnings: list[str]
    """What makes its scores doubtful, worded."""
    warning_codes: list[Reason]
    """The same as codes with values."""


class RaterAgreement(msgspec.Struct):
    """Krippendorff's alpha among the judges by one criterion, on the items that all of them scored."""

    criterion: str
    n_judges: int
    n: int
    alpha: float | None


class CalibrationReport(msgspec.Struct):
    """Every judge of a file against people, and the judges among themselves."""

    scale: tuple[int, int]
    judges: list[JudgeCalibration]
    raters: list[RaterAgreement]
    unreadable: list[BadRating] = []
    """Rows, and criteria of judges, that were left out."""


def calibrate(ratings: Sequence[Rating], *, low: int = 1, high: int = 7, seed: int = 0) -> CalibrationReport:
    """Compare every judge with people, and the judges among themselves; ``overall`` is the mean of an item's criteria.

    Raises:
        UsageError: a score outside the scale.
    """
    usable = {_group(r) for r in ratings if r.human is not None and r.score is not None}
    left_out = [found for found in dict.fromkeys(map(_group, ratings)) if usable and found not in usable]
    ratings = [r for r in ratings if _group(r) not in left_out]
    names = list(dict.fromkeys(rating.judge for rating in ratings))
    try:
        judges = [_judge([r for r in ratings if r.judge == name], low, high, seed) for name in names]
    except ValueError as error:
        raise UsageError(
            "{problem}",
            hint="the scale is {low} to {high}; change it with --scale",
            problem=error.args[0],
            low=low,
            high=high,
        ) from None
    return CalibrationReport((low, high), judges, _raters(ratings), [_unused(*found) for found in left_out])


def _group(rating: Rating) -> tuple[str, str]:
    return rating.judge, rating.criterion


def _unused(judge: str, criterion: str) -> BadRating:
    """A judge whose scores by one criterion have nothing to be compared with."""
    return BadRating(judge, Phrase("no pair of a human and a judge score by {criterion}", criterion=criterion))


def _judge(ratings: Sequence[Rating], low: int, high: int, seed: int) -> JudgeCalibration:
    criteria = list(dict.fromkeys(rating.criterion for rating in ratings))
    groups = {name: [r for r in ratings if r.criterion == name] for name in criteria}
    if len(groups) > 1:
        groups[OVERALL] = _overall(ratings, len(criteria))
    rows = [_criterion(name, group, low, high, seed) for name, group in groups.items() if group]
    name = ratings[0].judge
    odd = one_score(name, [(r.item, r.score) for r in ratings if r.score is not None])
    codes = [odd] if odd else []
    return JudgeCalibration(name, rows, sentence(name, rows), Translator.of(None).reasons(codes), codes)


def _criterion(name: str, ratings: Sequence[Rating], low: int, high: int, seed: int) -> CriterionAgreement:
    human, judge = [r.human for r in ratings], [r.score for r in ratings]
    models = _models(ratings, low, high, seed)
    means = [m.human for m in models], [m.judge for m in models]
    return CriterionAgreement(
        **_statistics(agreement(human, judge, low=low, high=high, seed=seed)),
        criterion=name,
        confusion=confusion(human, judge, low=low, high=high),
        models=models,
        model_means=agreement(*means, low=low, high=high, seed=seed) if len(models) >= MIN_MODELS else None,
    )


def _statistics(found: Agreement | None) -> dict[str, Any]:
    return {field.name: getattr(found, field.name, None) for field in fields(Agreement) if field.init}


def _models(ratings: Sequence[Rating], low: int, high: int, seed: int) -> list[ModelAgreement]:
    rows = []
    for model in sorted({r.model for r in ratings} - {""}):
        own = [r for r in ratings if r.model == model]
        pairs = [(r.human, r.score) for r in own if r.human is not None and r.score is not None]
        if not pairs:
            continue
        human, judge = [h for h, _ in pairs], [s for _, s in pairs]
        means = sum(human) / len(pairs), sum(judge) / len(pairs)
        found = agreement(human, judge, low=low, high=high, seed=seed) if len(pairs) >= MIN_ITEMS else None
        own_statistics = _statistics(found) | {"n": len(pairs), "bias": means[1] - means[0]}
        rows.append(ModelAgreement(**own_statistics, model=model, human=means[0], judge=means[1]))
    return rows


def _overall(ratings: Iterable[Rating], n_criteria: int) -> list[Rating]:
    items: dict[str, list[Rating]] = {}
    for rating in ratings:
        if rating.human is not None and rating.score is not None:
            items.setdefault(rating.item, []).append(rating)
    return [
        msgspec.structs.replace(
            group[0],
            criterion=OVERALL,
            human=sum(r.human or 0.0 for r in group) / n_criteria,
            score=sum(r.score or 0.0 for r in group) / n_criteria,
        )
        for group in items.values()
        if len(group) == n_criteria
    ]


def _raters(ratings: Sequence[Rating]) -> list[RaterAgreement]:
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
            rows.append(RaterAgreement(criterion, len(judges), len(complete), alpha))
    return rows


def _spearman(row: CriterionAgreement, say: Translator) -> str:
    """The bound on Spearman's correlation; resamples of items without a single disagreement bound nothing."""
    if row.spearman_low is None:
        return say("judging.calibration.no_spearman")
    name = "spearman_perfect" if row.spearman_low > 1 - 1e-9 else "spearman"
    return say(f"judging.calibration.{name}", low=row.spearman_low, n=row.n)


def sentence(judge: str, rows: Sequence[CriterionAgreement]) -> str:
    """Whether the judge may rank models, in plain words."""
    row = next((r for r in rows if r.criterion == OVERALL), rows[0])
    say = Translator.of(None)
    found = _spearman(row, say)
    told = say(
        f"judging.calibration.{'may' if row.may_rank else 'must_not'}",
        judge=judge,
        found=found,
        bias=row.bias,
        n=row.n,
        criterion=say.criterion(row.criterion),
        spearman=MIN_SPEARMAN,
        allowed=MAX_BIAS,
    )
    weak = [say.criterion(r.criterion) for r in rows if not r.may_rank and r is not row]
    if not row.may_rank or not weak:
        return told
    return say("judging.calibration.weak", sentence=told, names=say("judging.listed").join(weak))
