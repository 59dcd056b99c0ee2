"""人による評価: blind, shuffled, by several raters; ratings are appended to the run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import streamlit as st

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.cached import index, labels
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.ratings import blind_code
from kikime.leaderboard.page.access import may, person
from kikime.leaderboard.page.common import guarded, small, sound
from kikime.leaderboard.page.state import choose, search, settled, switch, tabs, translator
from kikime.leaderboard.views.rate import parts as rate_parts


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("rate.about"))
    entries = {blind_code(entry.id): entry for entry in index().entries() if entry.head is not None}
    if not entries:
        st.info(t("common.no_runs"))
        return
    mode = tabs(
        "mode", {"scores": t("rate.mode_scores"), "pair": t("rate.mode_pair"), "results": t("rate.mode_results")}
    )
    if mode != "results" and not may("rater"):
        st.info(t("access.raters_only"))
        return
    rater = "" if mode == "results" else person() or search("rater", t("rate.rater"))
    choosing = mode == "results" or not rater or switch("choosing", t("rate.target"))
    if choosing and mode != "results":
        small(t("rate.target_note"))
    first = _run("target", t("common.run"), entries, 0, choosing=choosing)
    second = _run("other", t("rate.other"), entries, 1, choosing=choosing) if mode != "scores" else None
    if first is None:
        st.warning(t("common.gone"))
    elif mode == "results":
        guarded(t, lambda: rate_parts.results(t, first[1], second[1] if second else None))
    elif not rater:
        st.info(t("rate.who"))
    elif mode == "scores":
        guarded(t, lambda: rate_parts.scores(t, first[0], first[1], rater))
    elif second is None or second[1].id == first[1].id:
        st.info(t("compare.same"))
    else:
        guarded(t, lambda: rate_parts.pairs(t, first[1], second[1], rater))


def _run(
    key: str, label: str, entries: Mapping[str, Entry], default: int, *, choosing: bool
) -> tuple[Entry, RunDirectory] | None:
    """The run that a code of the URL stands for; names are on the page only while runs are chosen."""
    codes = list(entries)
    sane = sound(entry.id for entry in entries.values())
    first = blind_code(next(islice(sane, default, None), entries[codes[min(default, len(codes) - 1)]].id))
    if choosing:
        names = labels(list(entries.values()))
        code = choose(key, label, codes, show=lambda code: names[entries[code].id], default=first, sticky=True)
    else:
        code = settled(key, codes, first)
    run = index().find(entries[code].id)
    return None if run is None else (entries[code], run)
