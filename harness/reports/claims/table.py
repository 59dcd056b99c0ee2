"""The claims of the talks as a table: is the lower bound of the effect above 0?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.claims.records import Claim, FlexibilityReport, LeftOutRun, SizeEffect, SizePoint
from kikime.harness.stats.prompts.effects import MIN_SETS, OVERALL, size_slope
from kikime.harness.words.catalogue import Translator

MIN_SIZES = 3
"""Different sizes below which a slope has no scatter to be judged by."""
_Interval = tuple[float | None, float | None, float | None]
"""An effect and the ends of its interval."""
_NOTHING: _Interval = (None, None, None)
CLAIMS = ("instruction", "examples", "size")


class _Asked(NamedTuple):
    """One claim about one model, or about all of them (``run`` None)."""

    claim: str
    run: str | None
    model: str
    params: int | None
    effect: float | None
    ci_low: float | None
    ci_high: float | None
    why_not: Reason | None

    @property
    def is_tested(self) -> bool:
        """Whether there is an effect, and enough of it to say whether it is there."""
        return self.effect is not None and self.why_not is None


def claims(reports: Sequence[FlexibilityReport], size: SizeEffect, *, language: str | None = None) -> list[Claim]:
    """Answer every claim for every model, and the one about size for all of them together.

    Where a claim could not be tested ``holds`` and ``refuted`` are None and ``why_not`` has the reason.
    """
    t = Translator.of(language)
    asked = sorted([*_of_models(reports), _of_size(size, t)], key=lambda row: CLAIMS.index(row.claim))
    return [
        Claim(
            title=t(f"results.claims.{row.claim}"),
            **row._asdict() | {"why_not": t.reason(row.why_not) if row.why_not else None},
            why_not_code=row.why_not,
            holds=(row.ci_low is not None and row.ci_low > 0) if row.is_tested else None,
            refuted=(row.ci_high is not None and row.ci_high < 0) if row.is_tested else None,
        )
        for row in asked
    ]


def _of_models(reports: Sequence[FlexibilityReport]) -> Iterator[_Asked]:
    for report in reports:
        about: tuple[str | None, str, int | None] = (report.run, report.name, report.params)
        overall = next((row for row in report.steerability or [] if row.format == OVERALL), None)
        found: _Interval = _NOTHING if overall is None else (overall.effect, overall.ci_low, overall.ci_high)
        yield _Asked("instruction", *about, *found, report.why_not_codes.get("steerability"))
        gain = min(report.few_shot or [], key=lambda row: (abs(row.shots - 3), row.shots), default=None)
        found = _NOTHING if gain is None else (gain.gain, gain.ci_low, gain.ci_high)
        few = None if gain is None or gain.n_sets >= MIN_SETS else report.note_codes["few_shot"]
        yield _Asked("examples", *about, *found, report.why_not_codes.get("few_shot", few))


def _of_size(size: SizeEffect, t: Translator) -> _Asked:
    everyone = t("results.models", n=len(size.points))
    return _Asked("size", None, everyone, None, size.slope, size.ci_low, size.ci_high, size.why_not_code)


def size_effect(reports: Sequence[FlexibilityReport], *, language: str | None = None) -> SizeEffect:
    """Regress flexibility (the retained fraction) on log₁₀ of the parameters that the checkpoints have.

    Only models count whose size is known and whose retained fraction exists (the level guard), each once (its newest
    run), and only those that were asked the same: of several grids the one with most sizes.
    """
    import pandas as pd

    t = Translator.of(language)
    points, left_out = _points(reports, t)
    n_sizes = len({point.params for point in points})
    few = Reason("few_sizes", {"sizes": MIN_SIZES, "n": n_sizes}) if n_sizes < MIN_SIZES else None
    slope = None
    if n_sizes > 1:
        frame = pd.DataFrame([{"model": p.run, "params": p.params, "value": p.value} for p in points])
        slope = size_slope(frame)
    return SizeEffect(
        points=points,
        n_sizes=n_sizes,
        left_out=left_out,
        why_not=t.reason(few) if few else None,
        why_not_code=few,
        holds=slope.ci_low > 0 if slope is not None and slope.ci_low is not None and few is None else None,
        slope=None if slope is None else slope.slope,
        ci_low=None if slope is None else slope.ci_low,
        ci_high=None if slope is None else slope.ci_high,
    )


def _points(reports: Sequence[FlexibilityReport], t: Translator) -> tuple[list[SizePoint], list[LeftOutRun]]:
    """Models whose flexibility may be put on one axis, and the others with the reason."""
    newest: dict[tuple[str, str], FlexibilityReport] = {}
    left_out: list[LeftOutRun] = []
    for report in sorted(reports, key=lambda report: (report.created_at, report.run), reverse=True):
        if reason := _no_point(report):
            left_out.append(no_place(report.run, reason, t))
        elif newest.setdefault((report.grid, report.fingerprint), report) is not report:
            left_out.append(no_place(report.run, Reason("older_result"), t))
    grids: dict[str, list[FlexibilityReport]] = {}
    for report in newest.values():
        grids.setdefault(report.grid, []).append(report)
    chosen = max(grids, key=lambda grid: (len({r.params for r in grids[grid]}), len(grids[grid]), grid), default=None)
    left_out += [no_place(r.run, Reason("other_questions"), t) for r in newest.values() if r.grid != chosen]
    points = [
        SizePoint(r.name, r.run, r.params, r.formats.retained)
        for r in grids.get(chosen or "", [])
        if r.params and r.formats and r.formats.retained is not None
    ]
    return sorted(points, key=lambda p: (p.params, p.run)), sorted(left_out, key=lambda entry: entry.run)


def no_place(run: str, reason: Reason, t: Translator) -> LeftOutRun:
    """A run that is left out, with the reason."""
    return LeftOutRun(run=run, reason=t.reason(reason), reason_code=reason)


def _no_point(report: FlexibilityReport) -> Reason | None:
    if not report.params:
        return Reason("no_param_count")
    if report.formats is None:
        return report.why_not_codes["formats"]
    return report.note_codes.get("formats") if report.formats.retained is None else None
