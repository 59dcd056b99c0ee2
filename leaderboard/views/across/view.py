"""横断して読む: replies of all models, by a text that is searched or by the question that they answer."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from kikime.harness.core.axes import COMPARED
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.cached import index, kept, labels
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.across import Found, answers, search_runs
from kikime.leaderboard.data.queries.samples import Sample, facets
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import frame_of, guarded, link, number, small, sound
from kikime.leaderboard.page.state import choose_many, parameter, search, translator, write
from kikime.leaderboard.views.samples.detail import expected, history
from kikime.leaderboard.views.samples.noting import noting

NEWEST = 50
"""Runs that are searched unless the visitor chooses some."""
BESIDE = 8
"""Models that are shown beside each other."""


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("across.about"))
    entries = [entry for entry in index().entries() if entry.head is not None]
    if not entries:
        st.info(t("common.no_runs"))
        return
    names = labels(entries)
    chosen = choose_many("only", t("across.runs"), [*names], show=lambda run: names[run], resets=("pair",))
    runs = _runs(chosen or [*names], most=len(chosen) or NEWEST)
    pair = parameter("pair")
    if pair:
        guarded(t, lambda: _beside(t, entries, runs, pair))
    guarded(t, lambda: _search(t, names, runs))


def _runs(ids: Sequence[str], most: int) -> list[RunDirectory]:
    found = (index().find(name) for name in [*sound(ids)][:most])
    return [run for run in found if run is not None]


def _search(t: Translator, names: dict[str, str], runs: Sequence[RunDirectory]) -> None:
    text = search("q", t("across.search"), resets=("pair",))
    offered = _offered(runs[0]) if runs else {}
    within: dict[str, list[str]] = {}
    with st.expander(t("board.filters"), expanded=any(parameter(f"in_{name}") for name in COMPARED)):
        for name in COMPARED:
            if len(offered.get(name, [])) > 1:
                within[name] = choose_many(f"in_{name}", t(f"facet.{name}"), offered[name])
    if not text:
        small(t("across.empty"))
        return
    with st.spinner(t("across.searching")):
        found = search_runs(runs, text, within)
    small(t("across.found", total=f"{found.total:,}", shown=f"{len(found.rows):,}", n=len(runs)))
    if found.unread:
        small(t("across.unread", n=len(found.unread)))
    if found.rows:
        _table(t, found.rows, names)
        download.buttons(t, "search", [row._asdict() for row in found.rows], key="across")


_offered = kept(32)(facets)


def _table(t: Translator, rows: Sequence[Found], names: dict[str, str]) -> None:
    shown = [
        {
            "model": names.get(row.run, row.run),
            "reply": row.response,
            "user": row.user,
            "where": f"{row.persona} · {row.format} · {row.shots}",
            "item": f"{row.task}/{row.item_id}",
        }
        for row in rows
    ]
    columns = {"model": t("board.model")}
    columns |= {name: t(f"samples.col_{name}") for name in ("reply", "user", "where", "item")}
    event = safe.table(
        frame_of(shown, columns),
        alt=t("across.alt"),
        column_config={
            columns["model"]: st.column_config.TextColumn(width=220),
            columns["reply"]: st.column_config.TextColumn(width=420),
        },
        key=f"across_{hash(tuple(row.key for row in rows))}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        height=min(38 + 64 * len(rows), 640),
        row_height=64,
    )
    picked = [rows[at] for at in event.selection.rows or [at for at, _ in event.selection.cells] if at < len(rows)]
    seen = st.session_state.get("picked_pair")
    st.session_state["picked_pair"] = [row.pair_key for row in picked]
    if picked and [picked[0].pair_key] != seen and picked[0].pair_key != parameter("pair"):
        write("pair", picked[0].pair_key)
        st.rerun()


def _beside(t: Translator, entries: Sequence[Entry], runs: Sequence[RunDirectory], pair: str) -> None:
    """Every model's reply to one question beside each other, at most :data:`BESIDE`."""
    found = answers(runs, pair)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.header(t("across.beside", n=len(found)), anchor=False)
            st.button("✕", help=t("detail.close"), on_click=write, args=("pair", None), key="close_pair")
        if not found:
            st.warning(t("across.nobody"))
            return
        first = found[0][1]
        safe.plain(" · ".join((first.task, first.item_id, first.persona, first.format, str(first.shots))))
        history(t, first)
        small(t("detail.user"))
        safe.block(first.user)
        expected(t, first)
        if len(found) > BESIDE:
            small(t("across.cut", shown=BESIDE, n=len(found)))
        called = {entry.id: entry.name for entry in entries}
        with st.grid(min_column_width=280, gap="small"):
            for run, sample in found[:BESIDE]:
                with st.container(border=True):
                    _answer(t, called.get(run.id, run.id), run, sample)


def _answer(t: Translator, name: str, run: RunDirectory, sample: Sample) -> None:
    safe.plain(name)
    safe.block(sample.error or sample.response)
    scores = [verdict.counted for verdict in sample.verdicts if verdict.status == "ok" and verdict.counted is not None]
    told = [t("across.chars", n=sample.n_chars)]
    told += [t("across.judged", mean=number(sum(scores) / len(scores)))] if scores else []
    told += ["⚠ " + t.metric("critical_failure")] if sample.metrics.get("critical_failure") else []
    small(" · ".join(told))
    noting(t, run, sample.key)
    link("samples", t("detail.title"), run=run.id, sample=sample.key)
