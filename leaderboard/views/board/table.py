"""The table of the first page, the unranked models below it, and the runs that cannot be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import pandas as pd
import streamlit as st
from msgspec.structs import asdict, replace
from streamlit.elements.lib.column_types import ColumnConfig

from kikime.harness.reports.ranking.records import AreaUse
from kikime.harness.reports.tables.areas import load_areas
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts.widths import shown_width
from kikime.leaderboard.data.cached import damage, index
from kikime.leaderboard.data.filtered import filtered_means
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.slices import METRICS
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.common import can_resume, command, frame_of, link, opens, size, small, so_far
from kikime.leaderboard.page.state import parameter, write
from kikime.leaderboard.views.board.leads import lead_of
from kikime.leaderboard.views.board.rows import SORTS, Row

Cells = dict[str, object]
"""One row of a table: column → what its cell shows."""
SliceMeans = Mapping[str, Mapping[str, float]]
_SORTED_BY = {"ranks": "rank", "ci": "overall", "p_best": "overall", "n_params": "params"}
"""Columns that are sorted by another one."""
_BROKEN = {"run_broken", "run_unreadable", "run_unfinished"}
"""Reasons of runs whose files cannot be read."""
SLICE_METRICS = ("style_level", "length_fit", "fact_correct", "constraint_ok", "critical_failure", "length_chars")
_PLAIN = (
    "rank",
    "rank_low",
    "rank_high",
    "name",
    "model",
    "overall",
    "ci_low",
    "ci_high",
    "p_best",
    "critical",
    "coverage",
    "length",
    "truncation",
    "judge_failures",
    "judge_alpha",
    "n",
    "tokens_per_second",
    "params",
    "type",
    "license",
    "link",
    "date",
    "revision",
    "suite",
    "run",
)


def slice_means(entries: Sequence[Entry], filters: Mapping[str, Sequence[str]]) -> SliceMeans:
    """Metrics of every run within the filtered slice; empty without a filter."""
    if not filters:
        return {}
    assert set(SLICE_METRICS) <= {*METRICS, "style_level"}
    return {run: found for (run, _), found in filtered_means(entries, filters, metrics=SLICE_METRICS).items()}


def with_slices(rows: Sequence[Row], sliced: SliceMeans) -> list[Row]:
    """The rows with what the chosen slice says of each."""
    return [replace(row, slices=dict(sliced.get(row.run, {}))) for row in rows]


def draw(
    t: Translator,
    rows: Sequence[Row],
    areas: Sequence[AreaUse],
    sliced: SliceMeans,
    filters: Mapping[str, Sequence[str]],
) -> None:
    """Draw the ranked models; chosen rows lead to their pages."""
    if not rows:
        st.info(t("board.nothing"))
        return
    counted = [area.id for area in areas if area.counts]
    table = [
        _cells(row, counted, sliced) | {"type": t(f"board.types.{row.type}") if row.type else None} for row in rows
    ]
    needed = max(30 + shown_width(row.name, latin=8) for row in rows)
    widest = round(min(max(150, needed), 220))
    columns = _columns(
        t, counted, widest=widest, sliced=bool(sliced), panel=any(row.judge_alpha is not None for row in rows)
    )
    columns |= _about_columns(t, rows)
    if sliced:
        small(t("board.slice", filters="・".join(t(f"facet.{name}") for name in filters)))
    elif filters:
        st.info(t("board.slice_empty"))
    headings = {name: label for name, (label, _) in columns.items()}
    config = {label: c for label, c in columns.values() if c}
    chosen, cell = _selectable(
        t,
        frame_of(table, headings),
        [row.run for row in rows],
        config,
        list(columns),
        lines=min(ceil(needed / widest), 3),
    )
    _actions(t, chosen, cell, headings, filters)
    if any(row.gate for row in rows):
        small(t("board.gate_note", gate=f"{100 * load_areas().critical_gate:g}%"))


def _cells(row: Row, areas: Sequence[str], sliced: SliceMeans) -> Cells:
    between = "—" if row.ci_low is None else f"{row.ci_low:.1f}–{row.ci_high:.1f}"
    marked = {"name": f"{'◆ ' if row.pinned else ''}{'⚠ ' if row.gate else ''}{row.name}"}
    shown: Cells = (
        asdict(row)
        | marked
        | {"ranks": row.ranks, "ci": between, "p_best": labels.chance(row.p_best), "n_params": size(row.params)}
    )
    shown |= {f"area_{area}": row.areas.get(area) for area in areas}
    return shown | {f"slice_{name}": sliced.get(row.run, {}).get(name) for name in SLICE_METRICS}


def _columns(
    t: Translator, areas: Sequence[str], *, widest: int, sliced: bool, panel: bool
) -> dict[str, tuple[str, ColumnConfig]]:
    """Column → heading and how it is drawn."""
    points = st.column_config.NumberColumn(format="%.1f", width=74)
    scored = st.column_config.ProgressColumn(format="%.1f", min_value=0, max_value=100, width=112)
    share = st.column_config.NumberColumn(format="percent", width=112)
    alpha = st.column_config.NumberColumn(format="%.2f", width=84, help=t("board.judge_alpha_help"))
    plain = st.column_config.TextColumn(width=96)
    found: dict[str, tuple[str, ColumnConfig]] = {
        "rank": (t("board.rank"), st.column_config.NumberColumn(width=56)),
        "name": (t("board.model"), st.column_config.TextColumn(width=widest, pinned=True)),
        "overall": (
            t("board.overall"),
            st.column_config.ProgressColumn(
                format="%.1f", min_value=0, max_value=100, width=124, help=t("board.overall_help")
            ),
        ),
        "ranks": (t("board.ranks"), st.column_config.TextColumn(width=112, help=t("board.ranks_help"))),
        "ci": (t("board.ci"), st.column_config.TextColumn(width=104, help=t("board.ci_help"))),
        "p_best": (t("board.p_best"), st.column_config.TextColumn(width=84)),
    }
    if sliced:
        for name in SLICE_METRICS:
            found[f"slice_{name}"] = (f"▽{t.metric(name)}", points if name == "length_chars" else share)
    found |= {f"area_{area}": (t(f"area.{area}"), scored) for area in areas}
    found |= {
        "critical": (t("board.critical"), share),
        "coverage": (t("board.coverage"), share),
        "length": (t("board.length"), points),
        "truncation": (t("board.truncation"), share),
        "judge_failures": (t("board.judge_failures"), share),
        **({"judge_alpha": (t("board.judge_alpha"), alpha)} if panel else {}),
        "n": (t("board.n"), st.column_config.NumberColumn(format="localized", width=74)),
        "tokens_per_second": (t("board.speed"), st.column_config.NumberColumn(format="%.0f", width=84)),
        "n_params": (t("board.params"), st.column_config.TextColumn(width=74)),
        "date": (t("board.date"), plain),
        "revision": (t("board.revision"), plain),
        "suite": (t("board.suite"), plain),
    }
    return found


def _about_columns(t: Translator, rows: Sequence[Row]) -> dict[str, tuple[str, ColumnConfig]]:
    """Columns of what people say of models, where they say it."""
    kinds: dict[str, ColumnConfig] = {
        "type": st.column_config.TextColumn(width=84),
        "license": st.column_config.TextColumn(width=112),
        "link": opens(t("board.link")),
    }
    return {name: (t(f"board.{name}"), kind) for name, kind in kinds.items() if any(getattr(row, name) for row in rows)}


def _selectable(
    t: Translator,
    frame: pd.DataFrame,
    runs: list[str],
    config: Mapping[str, ColumnConfig],
    columns: Sequence[str],
    *,
    lines: int,
) -> tuple[list[str], tuple[str, str] | None]:
    """Draw the table, ``lines`` of text to a row; the chosen runs are ``?sel=``, a chosen cell is ``?cell=run:column``."""
    asked = [run for run in st.query_params.get_all("sel") if run in runs][:4]
    at, _, column = (parameter("cell") or "").partition(":")
    cell = (at, column) if at in runs and column in columns else None
    labels, tall = list(frame.columns), 35 + 21 * (lines - 1)
    event = safe.table(
        frame,
        alt=t("board.table_alt"),
        column_config=config,
        key=f"board_{hash((parameter('sort'), *runs))}",
        on_select="rerun",
        selection_mode=["multi-row", "single-column", "single-cell"],
        selection_default={
            "selection": {
                "rows": [runs.index(run) for run in asked],
                "cells": [(runs.index(cell[0]), labels[columns.index(cell[1])])] if cell else [],
            }
        },
        height=min(38 + tall * len(runs), 560),
        row_height=tall,
    )
    _sort_by_heading([columns[labels.index(name)] for name in event.selection.columns])
    chosen = [runs[at] for at in event.selection.rows if at < len(runs)]
    cells = [(runs[at], columns[labels.index(name)]) for at, name in event.selection.cells if at < len(runs)]
    picked = cells[0] if cells else None
    if chosen != asked:
        write("sel", chosen)
    if picked != cell:
        write("cell", ":".join(picked) if picked else None)
    return chosen, picked


def _sort_by_heading(columns: Sequence[str]) -> None:
    """A click on a heading sorts the page by it, as the choice above the table does: in the address, the better first."""
    for column in columns:
        by = _SORTED_BY.get(column, column)
        if (by in SORTS or by.startswith(("area_", "slice_"))) and by != (parameter("sort") or SORTS[0]):
            write("sort", by if by != SORTS[0] else None)
            st.rerun()


def _actions(
    t: Translator,
    chosen: Sequence[str],
    cell: tuple[str, str] | None,
    headings: Mapping[str, str],
    filters: Mapping[str, Sequence[str]],
) -> None:
    if cell:
        run, column = cell
        with st.container(horizontal=True):
            link("samples", t("board.open_cell", column=headings[column]), run=run, **lead_of(column, filters))
            link("model", t("board.open_model"), run=run)
    if not chosen:
        if not cell:
            small(t("board.select_hint"))
        return
    with st.container(horizontal=True):
        link("model", t("board.open_model"), run=chosen[0])
        link("samples", t("board.open_samples"), run=chosen[0])
        if len(chosen) > 1:
            link("compare", t("board.open_compare"), a=chosen[1], b=chosen[0])


def plain_rows(rows: Sequence[Row], sliced: SliceMeans) -> list[Cells]:
    """The rows for a download: flat, with full precision."""
    return [
        {
            **{name: getattr(row, name) for name in _PLAIN},
            **{f"area_{area}": value for area, value in row.areas.items()},
            **{f"slice_{name}": value for name, value in sliced.get(row.run, {}).items() if name in SLICE_METRICS},
        }
        for row in rows
    ]


def draw_unranked(t: Translator, rows: Sequence[Row]) -> None:
    """Draw the models that lack cells: what they have, but no total and no rank."""
    if not rows:
        return
    st.header(t("board.unranked"), anchor=False)
    small(t("board.unranked_note"))
    names = ("name", "coverage", "reason", "critical", "length", "n", "n_params", "date", "run")
    _state_table(t, [_unplaced(t, row) for row in rows], names, t("board.unranked"))


def _unplaced(t: Translator, row: Row) -> Cells:
    return asdict(row) | {"reason": t.together(row.reasons), "n_params": size(row.params)}


def draw_others(t: Translator, rows: Sequence[Row], entries: Sequence[Entry]) -> None:
    """Draw runs of other grids, and those that are unfinished, broken or newer."""
    broken = [row for row in rows if any(reason.code in _BROKEN for reason in row.reasons)]
    rows = [row for row in rows if row not in broken]
    if rows:
        with st.expander(t("board.excluded", n=len(rows))):
            small(t("board.excluded_note"))
            shown = [_unplaced(t, row) for row in rows]
            _state_table(
                t, shown, ("name", "suite", "reason", "critical", "length", "n", "date", "run"), t("board.excluded_alt")
            )
    _draw_troubled(
        t, [_troubled(t, entry) for entry in entries if entry.head is None] + [_damaged(t, r) for r in broken]
    )


def _draw_troubled(t: Translator, rows: Sequence[Cells]) -> None:
    """Draw the runs that cannot be shown, with what they have and how to go on."""
    if rows:
        with st.expander(t("board.troubled", n=len(rows)), expanded=True):
            names = ("model", "state", "reason", "replies_so_far", "command", "run")
            _state_table(t, rows, names, t("board.troubled_alt"))


def _troubled(t: Translator, entry: Entry) -> Cells:
    done, planned = so_far(index().find(entry.id))
    return {
        "run": entry.id,
        "model": entry.name if entry.name != entry.id else None,
        "state": t(f"state.{entry.state}"),
        "reason": t(f"problems.{entry.problem}"),
        "replies_so_far": f"{done:,} / {planned:,}" if planned else None,
        "command": command("resume", entry.id) if can_resume(entry) else None,
    }


def _damaged(t: Translator, row: Row) -> Cells:
    """A run whose summary is sound and whose tables are not."""
    run = index().find(row.run)
    tables = run is not None and damage(run)
    return {
        "run": row.run,
        "model": row.name,
        "state": t("state.broken"),
        "reason": t("problems.tables") if tables else t.together(row.reasons),
        "command": command("resume", row.run) if tables else None,
    }


def _state_table(t: Translator, rows: Sequence[Cells], names: Sequence[str], alt: str) -> None:
    share = st.column_config.NumberColumn(format="percent")
    texts = {"n_params": "params", "name": "model"}
    labels = {name: t(f"board.{texts.get(name, name)}") for name in names}
    config = {
        labels[name]: kind
        for name, kind in (
            ("coverage", share),
            ("critical", share),
            ("length", st.column_config.NumberColumn(format="%.1f")),
            ("reason", st.column_config.TextColumn(width="large")),
        )
        if name in labels
    }
    safe.table(frame_of(rows, labels), alt=alt, column_config=config)
