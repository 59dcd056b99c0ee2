"""Replies of two runs to the same requests: what changed most, and two replies side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from kikime.harness.core.axes import COMPARED, PLACE
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.comparison.records import Comparison, Example
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data import pairs
from kikime.leaderboard.data.cached import kept
from kikime.leaderboard.data.queries.samples import Judgement, facets
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import frame_of, link, number, small
from kikime.leaderboard.page.state import choose, choose_many, parameter, write
from kikime.leaderboard.views.samples.detail import history

_FLIPPED = (
    "critical_failure",
    "length_fit",
    "first_person_ok",
    "fact_correct",
    "constraint_ok",
    "turn_leak",
    "no_eos",
    "style_level",
)


def flips(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """Replies that changed, the largest loss first; one of them in full."""
    left, right = st.columns(2)
    with left:
        others = [row.metric for row in report.metrics if row.metric in METRICS and row.metric not in _FLIPPED]
        by = choose("by", t("compare.flip_by"), ("quality", *_FLIPPED, *others), show=t.metric)
    with right:
        way = choose("way", t("compare.flip_way"), ("worse", "better"), show=lambda w: t(f"compare.flip_{w}"))
    within = _within(t, a)
    if by == "quality":
        rows = [_changed(row) for row in _examples(a, b, report, within)[way]]
        small(t("compare.flip_quality"))
    else:
        rows = pairs.flips(a, b, by, worse=way == "worse", within=within)
    if not rows:
        small(t("compare.no_flips"))
        return
    shown = [
        {
            **row._asdict(),
            "where": f"{row.persona} · {row.format} · {row.shots}",
            "item": f"{row.task}/{row.item_id}",
        }
        for row in rows
    ]
    names = ("change", "value_a", "value_b", "user", "where", "item")
    columns = {name: t(f"compare.flip_col_{name}") for name in names}
    config = {
        columns[name]: st.column_config.NumberColumn(format="%+.2f" if name == "change" else "%.2f")
        for name in names[:3]
    }
    keys = [row.pair_key for row in rows]
    asked = parameter("pair")
    event = safe.table(
        frame_of(shown, columns),
        alt=t("compare.flips_alt"),
        column_config=config,
        on_select="rerun",
        selection_mode="single-row",
        key=f"flips_{by}_{way}_{hash(tuple(keys))}",
        height=min(38 + 35 * len(rows), 420),
        selection_default={"selection": {"rows": [keys.index(asked)] if asked in keys else []}},
    )
    chosen = [keys[at] for at in event.selection.rows if at < len(keys)]
    download.buttons(t, "flips", [row._asdict() for row in rows], key="flips")
    if chosen and chosen[0] != asked:
        write("pair", chosen[0])
    _side_by_side(t, a, b, chosen[0] if chosen else keys[0])


def _examples(
    a: RunDirectory, b: RunDirectory, report: Comparison, within: Mapping[str, Sequence[str]]
) -> dict[str, list[Example]]:
    """The replies whose quality changed most: the report's, or those under the chosen conditions."""
    if not any(within.values()):
        return report.examples
    return _narrowed(a, b, within, common=report.common)


_narrowed = kept(32)(pairs.most_changed)


def _within(t: Translator, run: RunDirectory) -> dict[str, list[str]]:
    """The conditions that the visitor restricts the changes to."""
    offered = facets(run)
    asked = [name for name in COMPARED if len(offered[name]) > 1]
    with st.expander(t("board.filters"), expanded=any(parameter(f"in_{name}") for name in asked)):
        return {name: choose_many(f"in_{name}", t(f"facet.{name}"), offered[name]) for name in asked}


def _changed(row: Example) -> pairs.Flip:
    return pairs.Flip(
        row.pair_key,
        row.task,
        row.item_id,
        row.persona,
        row.format,
        row.shots,
        row.user,
        row.a.score,
        row.b.score,
        row.change,
    )


def pair(t: Translator, a: RunDirectory, b: RunDirectory, report: Comparison) -> None:
    """One request and both replies; ``?pair=``, or the largest loss."""
    asked = parameter("pair")
    examples = [*report.examples.get("worse", ()), *report.examples.get("better", ())]
    key = asked or (examples[0].pair_key if examples else None)
    if key is None:
        small(t("compare.no_pair"))
        return
    _side_by_side(t, a, b, key)


def _side_by_side(t: Translator, a: RunDirectory, b: RunDirectory, pair_key: str) -> None:
    left, right = pairs.replies(a, pair_key), pairs.replies(b, pair_key)
    if left is None or right is None:
        st.warning(t("compare.no_partner"))
        return
    with st.container(border=True):
        safe.plain(" · ".join(f"{t(f'detail.{name}')} {getattr(left, name)}" for name in PLACE))
        small(t("detail.user"))
        safe.block(left.user)
        for column, name, sample in zip(st.columns(2), ("A", "B"), (left, right), strict=True):
            with column:
                small(
                    t(
                        "compare.reply",
                        side=name,
                        n=f"{sample.n_chars:,}",
                        ended=t.get(f"finish.{sample.finish_reason}", ""),
                    )
                )
                history(t, sample)
                safe.block(t.stored(sample.error) if sample.error else sample.response)
                _scores(t, sample.verdicts)
        small(t("compare.diff_note"))
        safe.diff(left.response, right.response)
        _metric_changes(t, left.metrics, right.metrics)
        with st.container(horizontal=True):
            link("samples", t("compare.open_reply_a"), run=a.id, sample=left.key)
            link("samples", t("compare.open_reply_b"), run=b.id, sample=right.key)


def _scores(t: Translator, verdicts: Sequence[Judgement]) -> None:
    """One line per judge: two judges' scores of one criterion are never side by side without their names."""
    lines: dict[str, list[str]] = {}
    for v in verdicts:
        if v.status == "ok":
            criterion = t.get(f"criterion.{v.criterion}", v.criterion)
            lines.setdefault(f"{v.judge_id} · {v.protocol}", []).append(f"{criterion} {number(v.score, 0)}")
    for judge, scores in lines.items():
        safe.plain(f"{'　'.join(scores)}　（{judge}）")


def _metric_changes(t: Translator, left: Mapping[str, float | None], right: Mapping[str, float | None]) -> None:
    rows = [
        {
            "metric": t.metric(name),
            "a": left.get(name),
            "b": right.get(name),
            "about": getattr(METRICS[name], t.language),
        }
        for name in METRICS
        if left.get(name) != right.get(name)
    ]
    if rows:
        columns = {"metric": t("model.metric"), "a": "A", "b": "B", "about": t("detail.metric_about")}
        safe.table(frame_of(rows, columns), alt=t("compare.changes_alt"))
