"""Curves of one run: over the turns of a dialogue, and over the number of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st
from msgspec.structs import asdict as fields_of

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.claims.estimates import Shift
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.charts import altair as charts
from kikime.leaderboard.data.cached import kept
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.distributions import drift
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, draw_chart, frame_of, small
from kikime.leaderboard.page.state import choose
from kikime.leaderboard.views.model.labels import learnt_labels
from kikime.leaderboard.views.model.parts import SHARES, groups_of


class TurnEffect(NamedTuple):
    """How one metric moves over a dialogue."""

    metric: str
    effect: str
    found: Shift


def turns(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """How metrics move over the turns of a dialogue."""
    del entry
    rows = drift(run)
    if not rows:
        small(t("model.no_turns"))
        return
    data = [
        charts.Point(
            row.turn + 1, t.metric(row.metric), row.value, row.n, address(t, "samples", run=run.id, turn=str(row.turn))
        )
        for row in rows
    ]
    title = t.metric("length_chars")
    shares = [point for point in data if point.series != title]
    lengths = [point for point in data if point.series == title]
    order = list(dict.fromkeys(point.series for point in shares))
    small(t("model.turns_note"))
    draw_chart(charts.lines(shares, t("facet.turn"), t("model.share"), order), alt=t("model.turns_alt"))
    draw_chart(charts.lines(lengths, t("facet.turn"), title, [title], None), alt=t("model.turns_length_alt"))
    _as_table(t, data, t("facet.turn"), t("model.turns_alt"), f"turns-{run.id[-6:]}")
    _effects(t, turn_effects(run))


@kept(32)
def turn_effects(run: RunDirectory) -> list[TurnEffect]:
    """How voice moves over a dialogue, with intervals and corrected p-values.

    Empty for runs without scripted dialogues, or with pressure at different turns.
    """
    from kikime.harness.reports.claims.turns import turns_report

    try:
        effects = turns_report(run).effects
    except UsageError:
        return []
    return [TurnEffect(metric, name, found) for metric, own in effects.items() for name, found in own.items()]


def _effects(t: Translator, rows: Sequence[TurnEffect]) -> None:
    """Does the voice hold: under pressure, after it, and over the whole dialogue?"""
    if not rows:
        return
    shown = [
        {
            "metric": t.metric(row.metric),
            "effect": t(f"effect.{row.effect}"),
            "value": labels.change(row.metric, row.found.value),
            "interval": labels.interval(t, row.metric, row.found.ci_low, row.found.ci_high),
            "p": labels.p_value(row.found.p_adjusted),
            "change": t(f"change.{row.found.change}"),
        }
        for row in rows
    ]
    columns = {name: t(f"model.effect_{name}") for name in ("metric", "effect", "value", "interval", "p", "change")}
    small(t("model.effects_note"))
    safe.table(frame_of(shown, columns), alt=t("model.effects_alt"))
    flat = [{"metric": row.metric, "effect": row.effect, **fields_of(row.found)} for row in rows]
    download.buttons(t, "turn-effects", flat, key="effects")


def shots(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """A metric by the number of examples, one curve per format; then what the model learns from examples with labels."""
    del entry
    _curve(t, run)
    learnt_labels(t, run)


def _curve(t: Translator, run: RunDirectory) -> None:
    metric = choose("curve", t("model.curve"), SHARES, show=t.metric)
    found = groups_of(run, ("shots", "format"))
    points = [
        charts.Point(int(shot), str(form), cell.metrics[metric].mean, cell.metrics[metric].n, lead)
        for (shot, form), cell in found.items()
        if metric in cell.metrics
        for lead in [address(t, "samples", run=run.id, format=str(form), shots=str(shot))]
    ]
    if len({point.x for point in points}) < 2:
        small(t("model.no_shots") if points else t("model.no_curve"))
        return
    order = list(dict.fromkeys(point.series for point in points))
    small(t("model.shots_note"))
    alt = t("model.shots_alt", metric=t.metric(metric))
    draw_chart(charts.lines(points, t("facet.shots"), t.metric(metric), order), alt=alt)
    _as_table(t, points, t("facet.shots"), alt, f"shots-{run.id[-6:]}")


def _as_table(t: Translator, points: Sequence[charts.Point], x: str, alt: str, name: str) -> None:
    """The numbers of a chart: a row per place on the axis, a column per curve."""
    table: dict[int | str, dict[str, object]] = {}
    for point in points:
        table.setdefault(point.x, {x: point.x})[point.series] = point.value
    columns = {name: name for name in (x, *dict.fromkeys(point.series for point in points))}
    config = {name: st.column_config.NumberColumn(format="%.3f") for name in columns if name != x}
    safe.table(frame_of(list(table.values()), columns), alt=alt, column_config=config)
    download.buttons(t, name, [{column: row.get(column) for column in columns} for row in table.values()], key="curve")
