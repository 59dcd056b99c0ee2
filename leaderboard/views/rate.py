"""人による評価: blind, shuffled, by several raters; ratings are appended to the run."""

from __future__ import annotations

import streamlit as st

from leaderboard.parts import rate_parts
from leaderboard.parts.common import choose_run, guarded, small
from leaderboard.state import search, tabs, translator


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("rate.about"))
    mode = tabs(
        "mode", {"scores": t("rate.mode_scores"), "pair": t("rate.mode_pair"), "results": t("rate.mode_results")}
    )
    rater = "" if mode == "results" else search("rater", t("rate.rater"))
    with st.expander(t("rate.target"), expanded=mode == "results"):
        small(t("rate.target_note"))
        first = choose_run(t)
        second = choose_run(t, key="b", label=t("rate.other"), default=1) if mode != "scores" else None
    if first is None:
        return
    if mode == "results":
        guarded(t, lambda: rate_parts.results(t, first[1], second[1] if second else None))
    elif not rater:
        st.info(t("rate.who"))
    elif mode == "scores":
        guarded(t, lambda: rate_parts.scores(t, first[0], first[1], rater))
    elif second is None or second[1].id == first[1].id:
        st.info(t("compare.same"))
    else:
        guarded(t, lambda: rate_parts.pairs(t, first[1], second[1], rater))


show()
