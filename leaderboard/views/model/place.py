"""Where one run stands among those of its own suite: overall, rank, and its areas with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.ranking.records import ExcludedRow, RankedRow, Ranking, UnrankedRow
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.data.cached import index
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.ranking import PATIENCE, ranking
from kikime.leaderboard.page.common import address, draw_chart, link, number, numbers, small
from kikime.leaderboard.views.board.leads import lead_of


@dataclass(frozen=True)
class Place:
    """What the ranking of a run's own suite says of it."""

    row: RankedRow | None = None
    """None where nothing of it can be ranked."""
    among: int = 0
    """Runs with a rank; 0 where the row rests on this run alone."""
    reasons: tuple[Reason, ...] = ()
    """Why the run has no rank among the others."""
    ready: bool = True


def place_of(entry: Entry, patience: float | None = PATIENCE) -> Place:
    """The run's place on the board of its suite; where it has no rank there, its areas from itself alone."""
    if entry.head is None:
        return Place()
    found = ranking(index(), patience=patience)  # that of the first page, which is often there already
    if found.ready and found.result.suite != entry.head.suite:
        found = ranking(index(), suite=entry.head.suite, patience=patience)
    if not found.ready:
        return Place(ready=False)
    row = _row(found.result, entry.id)
    if row is not None:
        return Place(row, len(found.result.rows))
    left_out: list[UnrankedRow | ExcludedRow] = [*found.result.unranked, *found.result.excluded]
    reasons = next((tuple(other.reason_codes) for other in left_out if other.run == entry.id), ())
    alone = ranking(index(), entries=[entry], suite=entry.head.suite, patience=patience)
    return Place(_row(alone.result, entry.id), 0, reasons, alone.ready)


def _row(result: Ranking, run: str) -> RankedRow | None:
    return next((row for row in result.rows if row.run == run), None)


def place(t: Translator, entry: Entry) -> None:
    """Draw overall, rank and areas of a run, or say why there are none."""
    found = place_of(entry)
    if not found.ready:
        _wait(t, entry)
        return
    if found.reasons:
        small(t("model.no_rank", reasons=t.together(found.reasons)))
    if found.row is None:
        small(t("model.no_areas"))
        return
    row = found.row
    if found.among:
        _figures(t, row, found.among)
        link("board", t("model.see_board"), suite=row.suite)
    else:
        small(t("model.alone"))
    data = [
        {
            "name": t(f"area.{name}"),
            "value": value,
            "href": address(t, "samples", run=row.run, **lead_of(f"area_{name}", {})),
            **dict(zip(("ci_low", "ci_high"), row.areas_ci[name], strict=True)),
        }
        for name, value in row.areas.items()
    ]
    draw_chart(charts.bars(data, t("model.points_axis")), alt=t("model.areas_alt"))


def _figures(t: Translator, row: RankedRow, among: int) -> None:
    between = "" if row.ci_low is None else f" ({row.ci_low:.1f}–{row.ci_high:.1f})"
    ranks = str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}–{row.rank_high}"
    weakest = min(row.areas, key=row.areas.__getitem__, default=None)
    cells = [
        (t("board.overall"), number(row.overall) + between),
        (t("board.rank"), t("model.rank_of", ranks=ranks, n=among)),
    ]
    if weakest is not None and len(row.areas) > 1:
        cells.append((t("model.weakest"), f"{t(f'area.{weakest}')} {row.areas[weakest]:.1f}"))
    numbers(cells, width=210)


@st.fragment(run_every="1s")
def _wait(t: Translator, entry: Entry) -> None:
    """Say that ranks are being computed, and draw the page again when they are there."""
    if place_of(entry, patience=0).ready:
        st.rerun()
    st.info(t("board.computing"))
