"""``kikime gate``: may the new checkpoint pass? For the CI of a training pipeline."""

from __future__ import annotations

from dataclasses import asdict, replace

from kikime.harness.core.errors import UsageError
from kikime.harness.core.names import nearest, one_of
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.comparison.compare import describe
from kikime.harness.reports.comparison.differences import metric_names
from kikime.harness.reports.comparison.pairs import Pair, load_pair, not_comparable
from kikime.harness.reports.comparison.records import GateAnswer, GateDifference
from kikime.harness.reports.tables.frames import ItemFrame, item_frame
from kikime.harness.reports.tables.margins import bounds, direction, load_margins
from kikime.harness.stats.decisions import decide
from kikime.harness.stats.paired import ALPHA, PairedDifference, judged, paired_difference
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator

EXIT_CODES = {"pass": 0, "fail": 1, "insufficient evidence": 4}
"""4 is that of partial results: there is an answer, but not enough evidence for pass or fail."""


def gate(
    a: RunDirectory,
    b: RunDirectory,
    *,
    metric: str,
    margin: float | None = None,
    common: bool = False,
    judge: str | None = None,
    seed: int = 0,
    n_resamples: int = 9999,
    language: str | None = None,
) -> GateAnswer:
    """Test that ``b`` is not worse than ``a`` in ``metric`` by ``margin`` or more.

    Args:
        a: the baseline.
        b: the new checkpoint.
        metric: a metric with a better end.
        margin: in the metric's own unit; that of ``margins.yaml`` by default.
        common: use the shared cells where the two runs do not have the same ones.
        judge: of all verdicts only that judge's (its id, or id/protocol), or the means of a panel (``panel:JUDGE,JUDGE``).
        seed: of resampling.
        n_resamples: bootstrap draws.
        language: of the notes (``ja`` or ``en``); that of the person at this terminal by default.

    Raises:
        UsageError: the runs cannot be compared, the metric is unknown, has no better end or applies nowhere.
    """
    pair = load_pair(a, b, common=common, judge=judge)
    items = _items(pair, metric)
    higher = direction(metric) == "higher"
    top = pair.top(metric)
    margin = load_margins().margin(metric, top) if margin is None else margin
    found = paired_difference(
        items.frame,
        higher_is_better=higher,
        margin=margin,
        seed=seed,
        n_resamples=n_resamples,
        transform=items.transform,
        bounds=bounds(metric, top),
    )
    answer = decide(
        found, margin=margin, higher_is_better=higher, worst_value=METRICS[metric].worst if metric in METRICS else None
    )
    t = Translator.of(language)
    return GateAnswer(
        a=describe(a, pair.manifest_a),
        b=describe(b, pair.manifest_b),
        metric=metric,
        direction=direction(metric),
        margin=margin,
        **pair.judging(metric)._asdict(),
        **asdict(answer),
        exit_code=EXIT_CODES[answer.decision],
        difference=_single(found, margin, higher_is_better=higher),
        left_out=pair.left_out,
        notes=t.reasons(pair.notes),
        note_codes=pair.notes,
    )


def _single(found: PairedDifference, margin: float, *, higher_is_better: bool) -> GateDifference:
    said = found.estimate
    verdict = judged(
        found.delta,
        (said.ci_low, said.ci_high),
        found=said.p_value < ALPHA,
        margin=margin,
        higher_is_better=higher_is_better,
        at_bound=found.at_bound,
    )
    return GateDifference(**vars(replace(said, verdict=verdict)), scope=found.scope)


def _items(pair: Pair, metric: str) -> ItemFrame:
    """The items of the metric, where it can decide anything."""
    if pair.why_not:
        raise not_comparable(pair.why_not, pair.hint)
    known = metric_names(pair)
    if metric not in known:
        near = nearest(metric, known)
        raise UsageError(
            "no metric '{metric}'",
            hint="did you mean {near}? there are: {known}" if near else "there are: {known}",
            metric=metric,
            near=one_of(near) if near else "",
            known=", ".join(known),
        )
    if direction(metric) == "none":
        raise UsageError("{metric} has no better or worse end", hint="choose a metric that has one", metric=metric)
    items = item_frame(pair.a, pair.b, metric, pair.bands)
    if items is None:
        raise UsageError(
            "{metric} applies to no reply of these runs", hint="choose a metric of the suite's tasks", metric=metric
        )
    return items
