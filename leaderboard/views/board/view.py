"""リーダーボード: who is where, how surely, and why."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from kikime.harness.reports.ranking.records import Ranking as RankingResult
from kikime.harness.reports.tables.panels import members_of, panel_of
from kikime.harness.store.about import About
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.cached import abouts, index, labels, persona_names, slice_table
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.slices import offered
from kikime.leaderboard.data.ranking import PATIENCE, Ranking, Within, ranking
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import command, small
from kikime.leaderboard.page.state import choose, choose_many, parameter, search, slider, tabs, translator
from kikime.leaderboard.views.board import charts as board_charts
from kikime.leaderboard.views.board import table as board_table
from kikime.leaderboard.views.board.rows import (
    SIZES,
    SLICED,
    SORTS,
    Row,
    Wanted,
    board_rows,
    ordered,
    passing,
    pinned,
    reweighted,
    with_about,
)

_SAID = ("type", "license")
"""What people say of models, by which they can be chosen."""
_NAMED = 8
"""Characters that are named; of more, the number is told."""


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("board.about"))
    entries = index().entries()
    if not entries:
        st.info(t("common.no_runs"))
        safe.block(f"{command('demo')}\n{command('run', 'MODEL', '--suite', 'quick')}")
        return
    subject = st.container()
    controls = st.container(horizontal=True, vertical_alignment="bottom")
    with controls:
        suite, judge = _scope(entries)
    found = ranking(index(), entries=entries, suite=suite, judge=judge, patience=PATIENCE)
    if not found.ready:
        _wait(suite, judge)
    said = abouts(entries)
    filters, wanted = _filters(entries, found.result, said)
    with subject:
        _subject(t, entries, found.result)
    within = ranking(index(), entries=entries, suite=suite, judge=judge, within=filters, patience=PATIENCE)
    if filters and not within.ready:
        _wait(suite, judge, filters)
    result = within.result if filters and within.ready else found.result
    weights = _weights(result)
    ranked, unranked, others = (with_about(rows, said) for rows in board_rows(entries, result))
    custom = any(weight != 1 for weight in weights.values())
    ranked = reweighted(ranked, weights) if custom else ranked
    with controls:
        by = _sort(result, sliced=bool(filters))
    slice_means = board_table.slice_means(entries, filters)
    shown = ordered(board_table.with_slices(passing(ranked, wanted), slice_means), by)
    shown = pinned(shown, board_table.with_slices(ranked, slice_means), st.query_params.get_all("pin"))
    if custom:
        st.warning(t("board.custom"))
    _notes(found, len(shown), len(ranked))
    board_table.draw(t, shown, result.areas, slice_means, filters)
    download.buttons(t, "leaderboard", lambda: board_table.plain_rows(shown, slice_means), key="board")
    _parts(entries, shown, result)
    board_table.draw_unranked(t, passing(unranked, wanted))
    board_table.draw_others(t, passing(others, wanted), entries)


def _subject(t: Translator, entries: list[Entry], result: RankingResult) -> None:
    """What this page is, over which suite, characters, models and day."""
    rows = [*result.rows, *result.unranked]
    if result.suite is None or not rows:
        return
    own = {row.run for row in rows}
    personas = offered(slice_table(entries), sorted(own))["persona"]
    names = persona_names([entry for entry in entries if entry.id in own], personas)
    some = [names.get(persona, persona) for persona in personas[:_NAMED]]
    more = t("board.and_more", n=len(personas) - _NAMED) if len(personas) > _NAMED else ""
    safe.plain(
        t(
            "board.subject",
            suite=result.suite,
            personas=t("common.comma").join(some) + more,
            n=len(rows),
            day=max(row.created_at for row in rows)[:10],
        )
    )


def _scope(entries: list[Entry]) -> tuple[str | None, str | None]:
    """Which suite is ranked, and with which judge's verdicts."""
    t = translator()
    heads = [entry.head for entry in entries if entry.head is not None]
    suites = sorted({head.suite for head in heads})
    asked = [{entry.judge_id for entry in head.judge} for head in heads]
    panels = sorted({panel_of(judges) for judges in asked if len(judges) > 1})
    judges = [*sorted(set().union(*asked)), *panels]
    suite = judge = ""
    if suites[1:]:
        suite = choose(
            "suite", t("board.suite"), ["", *suites], show=lambda s: s or t("board.suite_largest"), strict=True
        )
    if judges:
        judge = choose("by", t("board.judge"), ["", *judges], show=lambda j: _judge_name(t, j), strict=True)
    return suite or None, judge or None


def _judge_name(t: Translator, judge: str) -> str:
    panel = members_of(judge)
    return t("board.panel", judges=", ".join(panel)) if panel else judge or t("board.rules_only")


def _filters(
    entries: list[Entry], result: RankingResult, said: Mapping[str, About]
) -> tuple[dict[str, list[str]], Wanted]:
    t = translator()
    opened = any(parameter(name) for name in (*SLICED, "q", "size", "pin", *_SAID))
    with st.expander(t("board.filters"), expanded=opened):
        left, right = st.columns(2)
        with left:
            text = search("q", t("board.search"))
        with right:
            sizes = choose_many("size", t("board.sizes"), [*SIZES, "unknown"], show=lambda s: t(f"size.{s}"))
        kinds = {name: sorted({getattr(about, name) or "" for about in said.values()} - {""}) for name in _SAID}
        with left:
            types = choose_many("type", t("board.type"), kinds["type"], show=lambda s: t(f"board.types.{s}"))
        with right:
            licenses = choose_many("license", t("board.license"), kinds["license"])
        names = labels(entries)
        choose_many("pin", t("board.pin"), [row.run for row in result.rows], show=lambda run: names[run])
        runs = {row.run for row in (*result.rows, *result.unranked)} or {entry.id for entry in entries}
        values = offered(slice_table(entries), sorted(runs))
        filters: dict[str, list[str]] = {}
        for column, name in zip(st.columns(4), SLICED, strict=True):
            with column:
                called = persona_names(entries, values[name]) if name == "persona" else {}
                filters[name] = choose_many(name, t(f"facet.{name}"), values[name], show=partial(_called, called))
        small(t("board.filters_note"))
    return {name: chosen for name, chosen in filters.items() if chosen}, Wanted(text, sizes, types, licenses)


def _called(names: dict[str, str], value: str) -> str:
    return names.get(value, value)


def _sort(result: RankingResult, *, sliced: bool) -> str:
    """Which column the table, the charts and the downloads are sorted by."""
    t = translator()
    areas = [f"area_{area.id}" for area in result.areas if area.counts]
    headings = {"tokens_per_second": "speed", "name": "model"}

    def shown(name: str) -> str:
        if name.startswith("slice_"):
            return f"▽{t.metric(name.removeprefix('slice_'))}"
        return t(f"area.{name[5:]}") if name.startswith("area_") else t(f"board.{headings.get(name, name)}")

    slices = [f"slice_{metric}" for metric in board_table.SLICE_METRICS] if sliced else []
    return choose("sort", t("board.sort"), [*SORTS[:2], *areas, *slices, *SORTS[2:]], show=shown)


def _weights(result: RankingResult) -> dict[str, float]:
    """Weights of the areas: ``?w_style=2``; 1 each unless the visitor changes them."""
    t = translator()
    areas = [area for area in result.areas if area.counts]
    if not areas:
        return {}
    weights: dict[str, float] = {}
    with st.expander(t("board.weights"), expanded=any(parameter(f"w_{area.id}") for area in areas)):
        with st.grid(min_column_width=150):
            for area in areas:
                weights[area.id] = _weight(area.id, t(f"area.{area.id}"))
        small(t("board.weights_note"))
    return weights


def _weight(area: str, label: str) -> float:
    key = f"w_{area}"
    asked = parameter(key) or ""
    value = (
        min(float(asked), 5.0) if asked.replace(".", "", 1).isascii() and asked.replace(".", "", 1).isdigit() else 1.0
    )
    return slider(key, label, value)


def _notes(found: Ranking, shown: int, ranked: int) -> None:
    t = translator()
    if found.ready and shown < ranked:
        small(t("board.hidden", shown=shown, ranked=ranked))


def _parts(entries: list[Entry], rows: list[Row], result: RankingResult) -> None:
    t = translator()
    if not rows:
        return
    names = labels(entries)
    part = tabs(
        "view",
        {name: t(f"board.view_{name}") for name in ("intervals", "wins", "formats", "size", "radar", "formulas")},
    )
    if part == "intervals":
        board_charts.intervals(t, rows, names)
    elif part == "wins":
        board_charts.wins(t, rows, names)
    elif part == "formats":
        board_charts.formats(t, rows, names, entries)
    elif part == "size":
        board_charts.sizes(t, rows, names)
    elif part == "radar":
        board_charts.radar(t, rows, names, result.areas)
    else:
        board_charts.formulas(t, result.areas)


@st.fragment(run_every="1s")
def _wait(suite: str | None, judge: str | None, within: Within | None = None) -> None:
    """Say that ranks are being computed, and draw the page again when they are there."""
    t = translator()
    if ranking(index(), suite=suite, judge=judge, within=within, patience=0).ready:
        st.rerun()
    st.info(t("board.computing"))
