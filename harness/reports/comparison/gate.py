"""``kikime gate``: may the new checkpoint pass? For the CI of a training pipeline."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.comparison.compare import describe
from kikime.harness.reports.comparison.differences import metric_names
from kikime.harness.reports.comparison.pairs import Pair, load_pair
from kikime.harness.reports.export.markdown import escape_cell
from kikime.harness.reports.tables.frames import ItemFrame, item_frame
from kikime.harness.reports.tables.margins import direction, load_margins
from kikime.harness.stats.gate import decide
from kikime.harness.stats.paired import paired_difference
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels

EXIT_CODES = {"pass": 0, "fail": 1, "insufficient evidence": 4}
"""4 is that of partial results: there is an answer, but not enough evidence for pass or fail."""


def gate(
    a: RunDirectory,
    b: RunDirectory,
    *,
    metric: str,
    margin: float | None = None,
    common: bool = False,
    seed: int = 0,
    n_resamples: int = 9999,
) -> dict[str, Any]:
    """Test that ``b`` is not worse than ``a`` in ``metric`` by ``margin`` or more.

    Args:
        a: the baseline.
        b: the new checkpoint.
        metric: a metric with a better end.
        margin: in the metric's own unit; that of ``margins.yaml`` by default.
        common: use the shared cells where the two runs do not have the same ones.
        seed: of resampling.
        n_resamples: bootstrap draws.

    Returns:
        ``decision`` (``pass``, ``fail``, ``insufficient evidence``), ``exit_code``, ``n``, ``n_needed``, ``unit``, ``margin``,
        ``difference`` (as in a comparison), ``a``, ``b``.

    Raises:
        UsageError: the runs cannot be compared, the metric is unknown, has no better end or applies nowhere.
    """
    pair = load_pair(a, b, common=common)
    items = _items(pair, metric)
    higher = direction(metric) == "higher"
    margin = load_margins().margin(metric) if margin is None else margin
    found = paired_difference(
        items.frame,
        higher_is_better=higher,
        margin=margin,
        seed=seed,
        n_resamples=n_resamples,
        transform=items.transform,
    )
    answer = decide(found, margin=margin, higher_is_better=higher)
    return {
        "a": describe(a, pair.manifest_a),
        "b": describe(b, pair.manifest_b),
        "metric": metric,
        "direction": direction(metric),
        "margin": margin,
        **asdict(answer),
        "exit_code": EXIT_CODES[answer.decision],
        "difference": asdict(found) | {"scope": found.scope},
        "left_out": pair.left_out,
        "notes": pair.notes,
    }


def _items(pair: Pair, metric: str) -> ItemFrame:
    """The items of the metric, where it can decide anything."""
    if pair.why_not:
        raise UsageError("these runs cannot be compared: " + "; ".join(pair.why_not), hint=pair.hint)
    known = metric_names(pair)
    if metric not in known:
        near = get_close_matches(metric, known, n=3, cutoff=0.6)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise UsageError(f"no metric '{metric}'", hint=f"{meant}there are: {', '.join(known)}")
    if direction(metric) == "none":
        raise UsageError(f"{metric} has no better or worse end", hint="choose a metric that has one")
    items = item_frame(pair.a, pair.b, metric, pair.bands)
    if items is None:
        raise UsageError(f"{metric} applies to no reply of these runs", hint="choose a metric of the suite's tasks")
    return items


def gate_summary(answer: dict[str, Any]) -> str:
    """The answer as a markdown step summary."""
    metric, found = answer["metric"], answer["difference"]
    sign = {"pass": "✅", "fail": "❌", "insufficient evidence": "⚠️"}[answer["decision"]]
    unit = {"items": "項目", "personas": "キャラクター"}[answer["unit"]]
    row = (
        f"| {labels.metric_label(metric)}（`{metric}`、{labels.DIRECTIONS[answer['direction']]}） "
        f"| {labels.value(metric, found['mean_a'])} | {labels.value(metric, found['mean_b'])} "
        f"| {labels.change(metric, found['delta'])} | {labels.interval(metric, found['ci_low'], found['ci_high'])} "
        f"| {labels.size_of(metric, answer['margin'])} | {answer['n']} {unit} |"
    )
    lines = [
        f"### {sign} kikime gate：{labels.DECISIONS[answer['decision']]}（{answer['decision']}）",
        "",
        f"| 指標 | {escape_cell(answer['a']['name'])} | {escape_cell(answer['b']['name'])} | 差 | 95%区間 | 許容差 | n |",
        "|---|---:|---:|---:|---:|---:|---:|",
        row,
        "",
        _sentence(answer, unit),
        *(f"\n注：{escape_cell(note)}" for note in answer["notes"]),
    ]
    return "\n".join(lines) + "\n"


def _sentence(answer: dict[str, Any], unit: str) -> str:
    if answer["decision"] == "pass":
        return "許容差を超える悪化はないと言えます。"
    if answer["decision"] == "fail":
        return "許容差以上に悪化しています。"
    if answer["n_needed"] is None:
        return "合否を決めるには証拠が足りません。"
    return f"合否を決めるには証拠が足りません。今の差が本当の差なら、{answer['n_needed']:,}{unit}で決まる見込みです。"
