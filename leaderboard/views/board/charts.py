"""The charts below the table of the first page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.ranking.records import AreaUse
from kikime.harness.reports.tables.areas import Term, load_areas, term_words
from kikime.harness.words import labels
from kikime.harness.words.catalogue import LANGUAGES, Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.data.filtered import filtered_means
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.common import Spec, address, draw_chart, draw_spec, frame_of, small, spec_of
from kikime.leaderboard.page.state import choose
from kikime.leaderboard.views.board.rows import SLICED, Row, best_under

MOST = 40
"""Models that a chart shows; the table shows all."""
HEAT_METRICS = ("style_level", "length_fit", "critical_failure", "fact_correct", "constraint_ok", "first_person_ok")


def _cut(t: Translator, rows: Sequence[Row]) -> list[Row]:
    if len(rows) > MOST:
        small(t("board.cut", shown=MOST, total=len(rows)))
    return list(rows[:MOST])


def _unique(rows: Sequence[Row], names: Mapping[str, str]) -> list[str]:
    """Names as axes need them: the run's name, or its longer label where two are the same."""
    plain = [row.name for row in rows]
    return [names[row.run] if plain.count(row.name) > 1 else row.name for row in rows]


def intervals(t: Translator, rows: Sequence[Row], names: Mapping[str, str]) -> None:
    """Overall values with their intervals."""
    some = _cut(t, [row for row in rows if row.overall is not None])
    data = [
        {
            "name": name,
            **{key: getattr(row, key) for key in ("overall", "ci_low", "ci_high")},
            "ranks": row.ranks,
            "href": address(t, "model", run=row.run),
        }
        for row, name in zip(some, _unique(some, names), strict=True)
    ]
    small(t("board.intervals_note"))
    draw_spec(_intervals_spec(data, t.language), alt=t("board.intervals_alt"))


@st.cache_data(show_spinner=False, max_entries=16)
def _intervals_spec(data: list[dict[str, object]], language: str) -> Spec:
    """The chart is the same for every filter that hides no model."""
    return spec_of(charts.intervals(data, Translator(language)))


def formats(t: Translator, rows: Sequence[Row], names: Mapping[str, str], entries: Sequence[Entry]) -> None:
    """A metric per model and format."""
    metric = choose("metric", t("board.heat_metric"), HEAT_METRICS, show=t.metric)
    some = _cut(t, rows)
    filters = {name: st.query_params.get_all(name) for name in SLICED}
    found = filtered_means(entries, filters, by="format", metrics=[metric], runs=[row.run for row in some])
    shown = _unique(some, names)
    columns = sorted({value for run, value in found if run in {row.run for row in some}})
    cells = [
        {
            "name": name,
            "format": column,
            "value": found.get((row.run, column), {}).get(metric),
            "href": address(t, "samples", run=row.run, **{**filters, "format": column}),
        }
        for row, name in zip(some, shown, strict=True)
        for column in columns
    ]
    small(t("board.heat_note"))
    draw_chart(
        charts.heat_map(cells, shown, columns, t.metric(metric), t), alt=t("board.heat_alt", metric=t.metric(metric))
    )


def sizes(t: Translator, rows: Sequence[Row], names: Mapping[str, str]) -> None:
    """Flexibility against size."""
    _best_under(t, rows)
    known = [row for row in rows if row.params and row.areas.get("flexibility") is not None]
    if not known:
        small(t("board.no_sizes"))
        return
    some = _cut(t, known)
    data = [
        {
            "name": name,
            "params": row.params,
            "value": row.areas["flexibility"],
            "ci_low": row.areas_ci.get("flexibility", (None, None))[0],
            "ci_high": row.areas_ci.get("flexibility", (None, None))[1],
            "href": address(t, "model", run=row.run, part="formats"),
        }
        for row, name in zip(some, _unique(some, names), strict=True)
    ]
    small(t("board.size_note"))
    draw_chart(charts.scatter(data, t), alt=t("board.size_alt"))


def _best_under(t: Translator, rows: Sequence[Row]) -> None:
    """The best model below each size."""
    found = [
        {
            "under": labels.parameters(int(limit)),
            "model": row.name,
            "overall": f"{labels.points(row.overall)} {labels.half_width(row.ci_low, row.ci_high)}",
            "ranks": row.ranks,
            "params": labels.parameters(row.params),
        }
        for limit, row in best_under(rows)
    ]
    if not found:
        return
    columns = {"under": t("board.under")}
    columns |= {name: t(f"board.{name}") for name in ("model", "overall", "ranks", "params")}
    small(t("board.under_note"))
    safe.table(frame_of(found, columns), alt=t("board.under_alt"))


def wins(t: Translator, rows: Sequence[Row], names: Mapping[str, str]) -> None:
    """How surely each model is above each other one."""
    some = _cut(t, [row for row in rows if row.p_above])
    if len(some) < 2:
        small(t("board.no_wins"))
        return
    shown = _unique(some, names)
    small(t("board.wins_note"))
    table = [
        {"name": name} | {other.run: labels.chance(row.p_above.get(other.run)) for other in some}
        for row, name in zip(some, shown, strict=True)
    ]
    columns = {"name": t("board.model")} | {row.run: name for row, name in zip(some, shown, strict=True)}
    config = {columns["name"]: st.column_config.TextColumn(pinned=True)}
    safe.table(frame_of(table, columns), alt=t("board.wins_alt"), column_config=config)


def radar(t: Translator, rows: Sequence[Row], names: Mapping[str, str], areas: Sequence[AreaUse]) -> None:
    """Areas of at most four models: the chosen ones, or the first ones."""
    asked = st.query_params.get_all("sel")
    some = [row for row in rows if row.run in asked][:4] or list(rows[:3])
    axes = {area.id: t(f"area.{area.id}") for area in areas if area.counts}
    if len(axes) < 3:
        small(t("board.no_radar"))
        return
    shown = _unique(some, names)
    small(t("board.radar_note"))
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        models = [(name, row.areas) for row, name in zip(some, shown, strict=True)]
        st.echarts_chart(charts.radar(models, axes), alt=t("board.radar_alt"), height=420, renderer="svg")
    with right:
        table = [{"area": label} | {row.run: row.areas.get(area) for row in some} for area, label in axes.items()]
        columns = {"area": t("board.area")} | {row.run: name for row, name in zip(some, shown, strict=True)}
        config = {name: st.column_config.NumberColumn(format="%.1f", width=92) for name in shown}
        safe.table(frame_of(table, columns), alt=t("board.radar_alt"), column_config=config)


def formulas(t: Translator, areas: Sequence[AreaUse]) -> None:
    """What each area is made of."""
    small(t("board.formula_note"))
    known = _terms_by_words()
    for area in areas:
        name = area.id
        st.header(t(f"area.{name}"), anchor=False)
        small(t.get(f"area_about.{name}", area.about))
        shown = [term_words(known[term], t) if term in known else term for term in area.terms]
        terms = [f"{term}　{_named(t, term)}" for term in shown]
        safe.block("\n".join(terms) or t("board.not_measured"))


def _terms_by_words() -> dict[str, Term]:
    """Every term by how a ranking in any language writes it."""
    own = [term for area in load_areas().areas for term in area.terms]
    return {term_words(term, Translator(language)): term for language in LANGUAGES for term in own}


def _named(t: Translator, term: str) -> str:
    """What the metric of a term is called on the page; empty for those that have no other name."""
    found = re.search(r"[a-z][a-z_]+(?=\]|\)|⟨|\Z)", term)
    named = found is not None and found[0] in METRICS and t.language == "ja"
    return f"（{t.metric(found[0])}）" if found and named else ""
