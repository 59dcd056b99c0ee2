"""ジャッジ: can the judge be trusted?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import msgspec
import streamlit as st

from kikime.harness.reports.overview.judged import panels_of_run
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.summary import judge_drift
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.judges.verdicts.rubric import HIGH
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.charts import distribution as charts_distribution
from kikime.leaderboard.data.cached import kept
from kikime.leaderboard.data.queries import verdicts
from kikime.leaderboard.data.ratings import blind_code, read_annotations
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import (
    address,
    choose_run,
    command,
    draw_chart,
    frame_of,
    guarded,
    link,
    number,
    numbers,
    opens,
    small,
)
from kikime.leaderboard.page.state import tabs, translator

_costs = kept(16)(verdicts.costs)
_panels_of = kept(16)(panels_of_run)
_one_scores = kept(16)(verdicts.one_scores)
_statuses = kept(16)(verdicts.statuses)
_distribution = kept(16)(verdicts.distribution)
_with_people = kept(16)(verdicts.with_people)
_between_people = kept(16)(verdicts.between_people)
_between_judges = kept(16)(verdicts.between_judges)
_length_effect = kept(16)(verdicts.length_effect)
_adjusted = kept(16)(verdicts.adjusted)


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("judge.about"))
    chosen = choose_run(t, prefer=lambda entry: bool(entry.head and entry.head.judge))
    if chosen is None:
        return
    run = chosen[1]
    if run.table_state("judge") is None:
        st.info(t("judge.none"))
        served = command("judge", run.id, "--judge-model", "NAME", "--judge-base-url", "URL")
        safe.block(f"{command('judge', run.id)}\n{served}")
        small(t("judge.needs_key"))
        _people_only(t, run)
        return
    guarded(t, lambda: _head(t, run))
    guarded(t, lambda: _doubts(t, run))
    part = tabs("part", {name: t(f"judge.part_{name}") for name in PARTS})
    guarded(t, lambda: PARTS[part](t, run))


def _head(t: Translator, run: RunDirectory) -> None:
    costs, states = _costs(run), _statuses(run)
    lines = sum(row.n for row in states)
    summary = run.summary()
    due = [row for row in (summary.judge if summary else []) if row.due is not None and row.coverage is not None]
    share = (
        sum((row.due or 0) * (row.coverage or 0.0) for row in due) / sum(row.due or 0 for row in due) if due else None
    )
    known = [row.cost_usd for row in costs if row.cost_usd is not None]
    spent = sum(known) if len(known) == len(costs) else None
    numbers(
        [
            (t("judge.judges"), str(len(costs))),
            (t("judge.verdicts"), f"{lines:,}"),
            (t("judge.scored"), percent(share)),
            (t("judge.tokens"), f"{sum(row.n_in + row.n_out for row in costs):,}"),
            (t("judge.cost"), t("judge.cost_unknown") if spent is None else f"{spent:,.4f}"),
        ]
    )


def _doubts(t: Translator, run: RunDirectory) -> None:
    """What makes all verdicts of a judge doubtful, on every part of the page: drift, one score for everything."""
    same = _one_scores(run)
    if same:
        st.warning(t("judge.one_score"))
        safe.listed(t.reasons(same))
    drift = judge_drift(run)
    if drift is not None:
        st.warning(t("judge.drifted"))
        safe.plain(t.reason(drift))


def distribution(t: Translator, run: RunDirectory) -> None:
    """Shares of the scores, each on the scale of its rubric."""
    rows = []
    top: dict[str, float] = {}
    for row in _distribution(run):
        scale = "" if row.scale == HIGH else f" (1–{row.scale})"
        name, opened = f"{criterion(t, row.criterion)}{scale} · {row.judge}", _replies(t, run, row)
        rows.append(_cells(row) | {"name": name, "href": opened, "open": opened})
        top[name] = max(top.get(name, 0.0), row.share)
    small(t("judge.distribution_note"))
    draw_chart(charts_distribution.score_bars(rows, t), alt=t("judge.distribution_alt"))
    ceiling = [name for name, share in top.items() if share > 0.8]
    if ceiling:
        st.warning(t("judge.ceiling"))
        safe.listed(ceiling)
    _table(t, rows, ("judge", "criterion", "score", "n", "share"), "distribution", percentages=("share",))


def _replies(t: Translator, run: RunDirectory, row: verdicts.Share | verdicts.Status) -> str:
    """The address of the replies that a judge gave this score, or this status."""
    asked = {name: getattr(row, name, None) for name in ("criterion", "score", "status")}
    return address(t, "samples", run=run.id, judge=row.judge_id, **asked)


def _cells(row: msgspec.Struct) -> dict[str, object]:
    """A record as cells of a table, the judge under one name."""
    judge = {"judge": row.judge} if isinstance(row, verdicts.ByJudge) else {}
    return msgspec.structs.asdict(row) | judge


def agreement(t: Translator, run: RunDirectory) -> None:
    """Between judges, and of judges with people."""
    st.header(t("judge.people"), anchor=False)
    people = _with_people(run)
    if people:
        small(t("judge.people_note"))
        rows = [_cells(row) | {"judge": row.a} for row in people]
        _table(t, rows, ("judge", "criterion", *_AGREED, "may_rank"), "people")
    else:
        small(t("judge.no_people"))
        link("rate", t("model.rate"), target=blind_code(run.id))
    raters = _between_people(run)
    if raters:
        st.header(t("judge.raters"), anchor=False)
        _table(t, [_cells(row) for row in raters], ("a", "b", "criterion", *_AGREED), "raters")
    _panels(t, run)
    st.header(t("judge.between"), anchor=False)
    pairs = _between_judges(run)
    if pairs:
        small(t("judge.between_note", n=verdicts.MOST_PAIRS))
        _table(t, [_cells(row) for row in pairs], ("a", "b", "criterion", *_AGREED), "between")
    else:
        small(t("judge.one_judge"))
    _calibration_files(t, run)


def _panels(t: Translator, run: RunDirectory) -> None:
    """Several judges as one: their mean, and how far they agree."""
    rows = [
        msgspec.structs.asdict(row)
        | {"judge": ", ".join(found.members), "alpha": None, "qwk": None}
        | (dataclasses.asdict(row.agreement) if row.agreement else {})
        | {"n": row.n}
        for found in _panels_of(run)
        for row in found.criteria
    ]
    if rows:
        st.header(t("judge.panel"), anchor=False)
        small(t("judge.panel_note"))
        _table(t, rows, ("judge", "criterion", "mean", *_PANEL), "panel", percentages=("coverage",))


_PANEL = ("n", "due", "coverage", "alpha", "alpha_low", "alpha_high", "qwk", "qwk_low", "qwk_high")
_AGREED = ("n", "qwk", "spearman", "spearman_low", "spearman_high", "alpha", "bias", "mae")


def _calibration_files(t: Translator, run: RunDirectory) -> None:
    ratings = run.path / "annotations.jsonl"
    if not ratings.is_file():
        return
    with st.expander(t("judge.calibrate")):
        small(t("judge.calibrate_note"))
        safe.block("kikime calibrate annotations.jsonl --verdicts verdicts.jsonl")
        with st.container(horizontal=True):
            st.download_button("annotations.jsonl", ratings.read_bytes(), "annotations.jsonl", on_click="ignore")
            st.download_button(
                "verdicts.jsonl", verdicts.lines_for_calibration(run), "verdicts.jsonl", on_click="ignore"
            )


def length(t: Translator, run: RunDirectory) -> None:
    """Whether longer replies get better scores."""
    rows = [
        charts.Point(
            row.quarter,
            f"{criterion(t, row.criterion)} · {row.judge}",
            row.mean,
            row.n,
            address(t, "samples", run=run.id, order="short" if row.quarter < 3 else "long"),
        )
        for row in _length_effect(run)
    ]
    small(t("judge.length_note"))
    order = list(dict.fromkeys(point.series for point in rows))
    ends = (1, max((row.scale for row in _distribution(run)), default=HIGH))
    draw_chart(charts.lines(rows, t("judge.quarter"), t("judge.score"), order, ends), alt=t("judge.length_alt"))
    adjusted = [_cells(row) for row in _adjusted(run)]
    _table(t, adjusted, ("judge", "criterion", "n", "mean", "mean_adjusted", "correlation"), "length")


def drift(t: Translator, run: RunDirectory) -> None:
    """The fixed set of replies, scored again with the sessions of this run."""
    rows = verdicts.drift(run)
    if not rows:
        small(t("judge.no_drift"))
        return
    small(t("judge.drift_note"))
    changes = [
        charts.Point(row.utc[:16].replace("T", " "), row.judge_id, row.mean_change, row.n)
        for row in rows
        if row.mean_change is not None
    ]
    if changes:
        order = list(dict.fromkeys(row.judge_id for row in rows))
        most = max(1.0, *(abs(row.mean_change) for row in rows if row.mean_change is not None))
        chart = charts.lines(changes, t("judge.col_utc"), t("judge.col_mean_change"), order, (-most, most))
        draw_chart(chart, alt=t("judge.drift_alt"))
    _table(t, [_cells(row) for row in rows], ("utc", "judge_id", "n", "mean_change", "qwk", "since"), "drift")


def failures(t: Translator, run: RunDirectory) -> None:
    """What became of every verdict that was asked for, and what it cost."""
    rows = [
        _cells(row) | {"status": t.get(f"status.{row.status}", row.status), "open": _replies(t, run, row)}
        for row in _statuses(run)
    ]
    small(t("judge.failures_note"))
    _table(t, rows, ("judge", "status", "n", "grounded"), "failures", percentages=("grounded",))
    costs = [_cells(row) | {"cost_usd": number(row.cost_usd, 4)} for row in _costs(run)]
    small(t("judge.cost_note"))
    _table(t, costs, ("judge", "lines", "calls", "n_in", "n_out", "cost_usd"), "cost")


def criterion(t: Translator, name: str) -> str:
    """A criterion's name on the page; ``name`` may have its rubric before a dot."""
    return t.get(f"criterion.{name.rpartition('.')[2]}", name)


PARTS: dict[str, Callable[[Translator, RunDirectory], None]] = {
    "distribution": distribution,
    "agreement": agreement,
    "length": length,
    "drift": drift,
    "failures": failures,
}


def _table(
    t: Translator, rows: Sequence[Mapping[str, object]], names: Sequence[str], key: str, percentages: Sequence[str] = ()
) -> None:
    shown = [
        {**row, **({"criterion": criterion(t, str(row["criterion"]))} if "criterion" in row else {})} for row in rows
    ]
    columns = {name: t(f"judge.col_{name}") for name in names}
    columns |= {"open": t("common.replies")} if rows and "open" in rows[0] else {}
    real = st.column_config.NumberColumn(format="%.3f")
    share = st.column_config.NumberColumn(format="percent")
    reals = (
        "qwk",
        "spearman",
        "spearman_low",
        "spearman_high",
        "alpha",
        "alpha_low",
        "alpha_high",
        "qwk_low",
        "qwk_high",
        "bias",
        "mae",
        "mean",
        "mean_adjusted",
        "correlation",
        "mean_change",
    )
    config = {columns[name]: real for name in reals if name in columns} | {columns[name]: share for name in percentages}
    config |= {columns["open"]: opens(columns["open"])} if "open" in columns else {}
    safe.table(frame_of(shown, columns), alt=t(f"judge.alt_{key}"), column_config=config)
    download.buttons(t, f"judge-{key}", [{name: row.get(name) for name in names} for row in rows], key=key)


def _people_only(t: Translator, run: RunDirectory) -> None:
    ratings = [rating for rating in read_annotations(run) if rating.mode == "scores"]
    if ratings:
        small(t("judge.rated", n=len(ratings)))
