"""サンプル: every reply of a run, a page at a time, and one in full."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.cached import kept
from kikime.leaderboard.data.notes import STAR, Note, read_notes, tags_of, wears
from kikime.leaderboard.data.queries.samples import (
    FACETS,
    FLAGS,
    ORDERS,
    PAGE,
    RANKED,
    Filter,
    Listed,
    Page,
    every,
    facets,
    page_of,
    verdict_values,
)
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import choose_run, frame_of, guarded, small
from kikime.leaderboard.page.state import choose, choose_many, page_number, parameter, search, switch, translator, write
from kikime.leaderboard.views.samples import detail
from kikime.leaderboard.views.samples.noting import shown_note

_MAIN, _MORE = FACETS[:4], FACETS[4:]
_TALL = 64
"""Pixels of a row: two lines of a reply, wrapped."""
_RESETS = ("p", "sample")
_RANGE = re.compile(r"([0-9]{1,7})(?:[-〜~～]([0-9]{1,7}))?")
_UNITS = ("length_chars", "sentences")
_VERDICT = {"judge_id": "judge", "criterion": "criterion", "score": "score", "status": "status"}
"""Column of the verdicts → parameter of the URL."""


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("samples.about"))
    chosen = choose_run(t)
    if chosen is not None:
        guarded(t, lambda: _replies(t, chosen[1]))


def _replies(t: Translator, run: RunDirectory) -> None:
    notes = read_notes(run)
    wanted = _filter(t, *_offered(run), notes)
    found = page_of(run, wanted, _asked_page())
    pages = max(1, -(-found.total // PAGE))
    key = parameter("sample")
    listed, beside = st.columns([3, 2], gap="medium") if key else (st.container(), st.container())
    if key:
        with beside:
            before, after = _neighbours(run, wanted, found, min(_asked_page(), pages), key)
            detail.draw(t, run, key, before=before, after=after)
    with listed:
        _list(t, run, wanted, found, key, notes)


def _list(
    t: Translator, run: RunDirectory, wanted: Filter, found: Page, key: str | None, notes: Mapping[str, Note]
) -> None:
    """The table of one page of replies, how to turn it, and its downloads."""
    small(t("samples.found", total=f"{found.total:,}"))
    if not found.rows:
        return
    _table(t, found.rows, key, wanted.metric, notes)
    if any(row.judge is not None for row in found.rows):
        small(t("samples.judge_note"))
    page_number("p", max(1, -(-found.total // PAGE)))
    with st.popover(t("samples.download")):
        small(t("samples.download_note"))
        download.buttons(t, f"samples-{run.id[-6:]}", lambda: every(run, wanted), key="s")


def _neighbours(
    run: RunDirectory, wanted: Filter, found: Page, page: int, key: str
) -> tuple[detail.Place | None, detail.Place | None]:
    """The replies before and after one in the list, on whichever page they are; None where it is not on this page."""
    keys = [row.key for row in found.rows]
    if key not in keys:
        return None, None
    at, last = keys.index(key), -(-found.total // PAGE)
    before = detail.Place(page, keys[at - 1]) if at else None
    after = detail.Place(page, keys[at + 1]) if at + 1 < len(keys) else None
    if before is None and page > 1:
        before = detail.Place(page - 1, page_of(run, wanted, page - 1).rows[-1].key)
    if after is None and page < last:
        after = detail.Place(page + 1, page_of(run, wanted, page + 1).rows[0].key)
    return before, after


@kept(32)
def _offered(run: RunDirectory) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    return facets(run), verdict_values(run)


def _asked_page() -> int:
    asked = parameter("p") or "1"
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1


def _filter(
    t: Translator,
    offered: Mapping[str, Sequence[str]],
    judged: Mapping[str, Sequence[str]],
    notes: Mapping[str, Note],
) -> Filter:
    values: dict[str, list[str]] = {}
    for column, name in zip(st.columns(4), _MAIN, strict=True):
        with column:
            values[name] = choose_many(name, t(f"facet.{name}"), offered[name], resets=_RESETS)
    left, middle, right = st.columns([2, 1, 1])
    with left:
        text = search("q", t("samples.search"), resets=_RESETS)
    with middle:
        flag = choose("flag", t("samples.flag"), ["", *FLAGS], show=lambda f: t.metric(f) if f else "—", resets=_RESETS)
    with right:
        order = choose("order", t("samples.order"), ORDERS, show=lambda o: t(f"samples.order_{o}"), resets=_RESETS)
        metric = (
            choose("metric", t("samples.metric"), RANKED, show=t.metric, resets=_RESETS) if order == "worst" else ""
        )
    more = [name for name in _MORE if len(offered[name]) > 1]
    hidden = (*more, "failed", "item", "tag", *_UNITS, *_VERDICT.values())
    with st.expander(t("samples.more"), expanded=any(parameter(name) for name in hidden)):
        for name in more:
            values[name] = choose_many(name, t(f"facet.{name}"), offered[name], resets=_RESETS)
        between = _ranges(t)
        verdict = _verdict(t, judged)
        item = search("item", t("samples.item"), resets=_RESETS)
        keys = _noted(t, notes)
        failed = switch("failed", t("samples.failed"))
    assert set(values) <= set(FACETS)
    return Filter(values, text, flag, failed, item, between, verdict, keys, order, metric)


def _noted(t: Translator, notes: Mapping[str, Note]) -> list[str] | None:
    """The replies that readers gave one of the chosen tags; None where none is chosen."""
    offered = [*([STAR] if any(note.star for note in notes.values()) else []), *tags_of(notes)]
    tags = choose_many("tag", t("samples.tag"), offered, resets=_RESETS) if offered else []
    return [key for key, note in notes.items() if wears(note, tags)] if tags else None


def _ranges(t: Translator) -> dict[str, tuple[float, float]]:
    """Lengths as ``10-20`` or ``10``; anything else does not filter."""
    found: dict[str, tuple[float, float]] = {}
    for column, unit in zip(st.columns(2), _UNITS, strict=True):
        with column:
            asked = search(unit, t(f"samples.range_{unit}"), resets=_RESETS)
        ends = _RANGE.fullmatch(asked)
        if ends:
            found[unit] = (float(ends[1]), float(ends[2] or ends[1]))
    return found


def _named(t: Translator, key: str, value: str) -> str:
    return t.get(f"{key}.{value}", value)


def _verdict(t: Translator, judged: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What a judge said of the reply."""
    if not judged:
        return {}
    found: dict[str, list[str]] = {}
    for column, (name, key) in zip(st.columns(4), _VERDICT.items(), strict=True):
        with column:
            found[name] = choose_many(
                key,
                t(f"samples.verdict_{key}"),
                judged[name],
                show=partial(_named, t, key),
                resets=_RESETS,
            )
    return found


def _table(
    t: Translator, rows: Sequence[Listed], key: str | None, metric: str = "", notes: Mapping[str, Note] | None = None
) -> None:
    """The page as a table, with the ``metric`` that it is ordered by; the chosen row is ``?sample=``."""
    shown = [
        {
            "reply": row.response if not row.error else f"⚠ {t.stored(row.error)}",
            "ranked": row.ranked,
            "user": row.user,
            "where": f"{row.persona} · {row.format} · {row.shots}",
            "item": f"{row.task}/{row.item_id}",
            "length_chars": row.length_chars,
            "critical": "✗" if row.critical_failure else "",
            "judge": row.judge,
            "note": shown_note(notes[row.key]) if notes and row.key in notes else "",
        }
        for row in rows
    ]
    names = (
        "reply",
        *(["ranked"] if metric not in {"", "length_chars"} else []),
        "user",
        "where",
        "item",
        "length_chars",
        "critical",
        "judge",
        *(["note"] if notes else []),
    )
    columns = {name: t.metric(metric) if name == "ranked" else t(f"samples.col_{name}") for name in names}
    config = {
        columns["reply"]: st.column_config.TextColumn(width=420),
        columns["user"]: st.column_config.TextColumn(width=220),
        columns["judge"]: st.column_config.NumberColumn(format="%.1f"),
    }
    keys = [row.key for row in rows]
    event = safe.table(
        frame_of(shown, columns),
        alt=t("samples.table_alt"),
        column_config=config,
        key=f"samples_{hash(tuple(keys))}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        selection_default={"selection": {"rows": [keys.index(key)] if key in keys else []}},
        height=min(38 + _TALL * len(rows), 760),
        row_height=_TALL,
    )
    rows_chosen = event.selection.rows or [at for at, _ in event.selection.cells]
    picked = [keys[at] for at in rows_chosen if at < len(keys)]
    seen = st.session_state.get("picked")
    st.session_state["picked"] = picked
    if picked and picked != seen and picked[0] != key:
        write("sample", picked[0])
        st.rerun()
