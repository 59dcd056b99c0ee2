"""The parts of the page of one model, each computed only when it is open."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from kikime.harness.core.axes import SLICE
from kikime.harness.metrics.registry import METRICS
from kikime.harness.reports.comparison.endings import SPLIT
from kikime.harness.store.means import ENDING, means_by
from kikime.harness.store.records import Group
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words import labels
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.labels import ENDINGS
from kikime.leaderboard.charts import distribution as charts_distribution
from kikime.leaderboard.data.cached import kept, manifest_of
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.distributions import STOPS, UNITS, endings, histogram, leaks
from kikime.leaderboard.data.queries.samples import FLAGS
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, bin_of, draw_chart, frame_of, guarded, link, opens, small, without
from kikime.leaderboard.page.endings import endings_table
from kikime.leaderboard.page.state import choose
from kikime.leaderboard.views.model.place import place
from kikime.leaderboard.views.model.wrong import worst_first, wrong

SHARES = (
    "style_level",
    "length_fit",
    "sentence_fit",
    "fact_correct",
    "constraint_ok",
    "first_person_ok",
    "critical_failure",
)
"""Metrics 0–1 that slices and curves show."""
_BY = ("format", *(axis for axis in SLICE if axis != "format"))


def areas(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """Areas with intervals, and what the whole run comes to."""
    place(t, entry)
    head = entry.head
    if head is None:
        return
    guarded(t, lambda: wrong(t, head, run))
    rows = [
        {
            "metric": t.metric(name),
            "direction": _direction(t, name),
            "mean": mean.mean,
            "n": mean.n,
            **{f"p_{p}": v for p, v in mean.personas.items()},
        }
        | {"open": address(t, "samples", run=run.id, flag=name if name in FLAGS else None)}
        for name in worst_first(head)
        for mean in [head.metrics[name]]
    ]
    personas = sorted({persona for mean in head.metrics.values() for persona in mean.personas})
    names = {"metric": "model.metric", "direction": "model.direction", "mean": "model.mean", "n": "common.n"}
    columns = {name: t(key) for name, key in names.items()} | {f"p_{p}": p for p in personas}
    columns["open"] = t("common.replies")
    number = st.column_config.NumberColumn(format="%.3f")
    small(t("model.metrics_note"))
    safe.table(
        frame_of(rows, columns),
        alt=t("model.metrics_alt"),
        height=420,
        column_config={
            label: number for name, label in columns.items() if name not in {"metric", "direction", "n", "open"}
        }
        | {columns["open"]: opens(columns["open"])},
    )
    download.buttons(t, f"metrics-{entry.id[-6:]}", without(rows, "open"), key="metrics")


def _direction(t: Translator, metric: str) -> str:
    return labels.direction(t, METRICS[metric].direction) if metric in METRICS else "—"


def slices(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """Metrics by one condition or two; every row leads to its replies."""
    left, right = st.columns(2)
    with left:
        by = choose("by", t("model.by"), _BY, show=lambda name: t(f"facet.{name}"))
    with right:
        others = ["", *(name for name in _BY if name != by)]
        then = choose("then", t("model.then"), others, show=lambda name: t(f"facet.{name}") if name else "—")
    facets = (by, *([then] if then else []))
    groups = groups_of(run, facets)
    rows = [
        {**dict(zip(facets, map(str, key), strict=True)), "n": cell.n}
        | {name: found.mean for name in (*SHARES, "length_chars") if (found := cell.metrics.get(name))}
        | {"open": address(t, "samples", run=run.id, **dict(zip(facets, map(str, key), strict=True)))}
        for key, cell in groups.items()
    ]
    columns = {name: t(f"facet.{name}") for name in facets} | {"n": t("common.n")}
    columns |= {name: t.metric(name) for name in (*SHARES, "length_chars")} | {"open": t("common.replies")}
    share = st.column_config.NumberColumn(format="percent", width=104)
    config = {columns[name]: share for name in SHARES} | {
        columns["length_chars"]: st.column_config.NumberColumn(format="%.1f"),
        columns["open"]: opens(columns["open"]),
    }
    safe.table(frame_of(rows, columns), alt=t("model.slices_alt"), column_config=config)
    download.buttons(t, f"slices-{entry.id[-6:]}", without(rows, "open"), key="slices")


@kept(32)
def groups_of(run: RunDirectory, columns: tuple[str, ...]) -> dict[tuple[str | int, ...], Group]:
    """Replies and means of a run by one condition or two.

    Raises:
        UsageError: no tables yet.
    """
    return means_by(run, columns)


def lengths(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """How long replies are, with the range that the character asks for."""
    del entry
    cards = manifest_of(run)["personas"]
    persona = choose(
        "card", t("facet.persona"), ["", *cards], show=lambda p: p or t("common.all"), default=next(iter(cards))
    )
    for unit in UNITS:
        width = 5 if unit == "length_chars" else 1
        found = _histogram(run, unit, persona or None, width)
        if not found:
            small(t("model.no_lengths"))
            continue
        kind = "chars" if unit == "length_chars" else "sentences"
        ranges = {name: (card["length"][kind][0], card["length"][kind][1]) for name, card in cards.items()}
        band = ranges[persona] if persona else ranges.popitem()[1] if len(set(ranges.values())) == 1 else None
        title = t(f"model.unit_{unit}")
        cut = [
            (row, address(t, "samples", run=run.id, persona=persona, **{unit: bin_of(row.start, width)}))
            for row in found
            if row.start <= 60 * width
        ]
        if len(cut) < len(found):
            small(t("model.tail", n=sum(row.n for row in found) - sum(row.n for row, _ in cut), limit=61 * width))
        name = persona or t("common.all")
        small(f"{title}　" + (t("model.band_note", low=band[0], high=band[1]) if band else t("model.choose_persona")))
        draw_chart(
            charts_distribution.histogram({name: cut}, width, title, band, t), alt=t("model.length_alt", unit=title)
        )


_histogram = kept(64)(histogram)


def stops(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """How replies ended, and what leaked, per format."""
    del entry
    rates: dict[str, dict[str, object]] = {}
    for leak in leaks(run):
        rates.setdefault(leak.format, {"format": leak.format})[leak.metric] = leak.rate
    for ending in endings(run):
        rates.setdefault(ending.format, {"format": ending.format})[f"end_{ending.finish_reason}"] = ending.n
    ends = sorted({name for row in rates.values() for name in row if name.startswith("end_")})
    columns = {"format": t("facet.format"), "open": t("common.replies")} | {name: t.metric(name) for name in STOPS}
    columns |= {name: t("model.ended", how=t.get(f"finish.{name[4:]}", name[4:])) for name in ends}
    share = st.column_config.NumberColumn(format="percent", width=124)
    flag = choose("leak", t("model.leak"), STOPS, show=t.metric)
    rows = [{**row, "open": address(t, "samples", run=run.id, format=form, flag=flag)} for form, row in rates.items()]
    small(t("model.stops_note"))
    safe.table(
        frame_of(rows, columns),
        alt=t("model.stops_alt"),
        column_config={columns[name]: share for name in STOPS} | {columns["open"]: opens(columns["open"])},
    )
    download.buttons(t, f"stops-{run.id[-6:]}", without(rows, "open"), key="stops")
    link("samples", t("model.open_leaks"), run=run.id, flag=flag)
    _by_ending(t, run)


def _by_ending(t: Translator, run: RunDirectory) -> None:
    """Lengths and voice of the replies that ended by themselves and of those cut off, where there are several kinds."""
    groups = groups_of(run, (ENDING,))
    if len(groups) < 2:
        return
    sides = [groups[how,].metrics if (how,) in groups else {} for how in ENDINGS]
    found = {metric: tuple(side.get(metric) for side in sides) for metric in SPLIT}
    endings_table(t, [(metric, means) for metric, means in found.items() if any(means)])


def provenance(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """Everything that produced the run."""
    del entry
    manifest = manifest_of(run)
    hidden = {"tasks", "personas", "suite"}
    rows = list(_leaves({name: value for name, value in manifest.items() if name not in hidden}))
    small(t("model.provenance_note"))
    table = [{"path": path, "value": value} for path, value in rows]
    columns = {"path": t("model.path"), "value": t("model.value")}
    safe.table(
        frame_of(table, columns),
        alt=t("model.provenance_alt"),
        height=560,
        column_config={columns["value"]: st.column_config.TextColumn(width="large")},
    )
    download.buttons(t, f"provenance-{run.id[-6:]}", table, key="provenance")


def _leaves(value: object, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        return [leaf for key in value for leaf in _leaves(value[key], f"{path}.{key}" if path else str(key))]
    text = " ".join(map(str, value)) if isinstance(value, list) else "—" if value is None else str(value)
    return [(path, text)]
