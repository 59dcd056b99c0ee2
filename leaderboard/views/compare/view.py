"""比較: two runs over the same questions; every difference is B − A."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from kikime.harness.reports.comparison.records import Comparison
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data import pairs
from kikime.leaderboard.data.cached import index
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.common import choose_run, guarded, link, small
from kikime.leaderboard.page.state import parameter, switch, tabs, translator
from kikime.leaderboard.report.button import report_button
from kikime.leaderboard.views.compare import parts as compare_parts
from kikime.leaderboard.views.compare import replies as compare_replies

Part = Callable[[Translator, RunDirectory, RunDirectory, Comparison], None]
PARTS: dict[str, Part] = {
    "metrics": compare_parts.metrics,
    "slices": compare_parts.slices,
    "lengths": compare_parts.lengths,
    "capability": compare_parts.capability,
    "flips": compare_replies.flips,
    "pair": compare_replies.pair,
    "settings": compare_parts.settings,
}


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("compare.about"))
    left, right = st.columns(2)
    with right:
        b = choose_run(t, key="b", label=t("compare.b"), prefer=lambda entry: entry.state == "complete")
    with left:
        a = choose_run(t, key="a", label=t("compare.a"), prefer=_partners(b[0] if b else None))
    if a is None or b is None:
        return
    if a[1].id == b[1].id:
        st.info(t("compare.same"))
        return
    guarded(t, lambda: _compared(t, a[1], b[1]))


def _partners(b: Entry | None) -> Callable[[Entry], bool]:
    """The runs that ``b`` is compared with at first: those that were asked the same; any other one where there is none."""
    if b is not None and not any(_suits(entry, b) for entry in index().entries()):
        return lambda entry: entry.head is not None and entry.id != b.id
    return lambda entry: _suits(entry, b)


def _suits(entry: Entry, b: Entry | None) -> bool:
    """Whether a run is complete and was asked what ``b`` was asked."""
    if entry.head is None or b is None or b.head is None:
        return entry.state == "complete"
    asked = [
        (head.suite, *(head.hashes.get(kind) for kind in ("tasks", "personas", "formats")))
        for head in (entry.head, b.head)
    ]
    return entry.state == "complete" and entry.id != b.id and asked[0] == asked[1]


def _compared(t: Translator, a: RunDirectory, b: RunDirectory) -> None:
    common = switch("common", t("compare.common"))
    with st.spinner(t("compare.computing")):
        report = pairs.comparison(a, b, common=common, slices=parameter("view") == "slices")
    if not report.comparable:
        st.error(t("compare.refused"))
        safe.listed(t.reasons(report.why_not_codes))
        small(t("compare.refused_hint"))
        compare_parts.settings(t, a, b, report)
        return
    compare_parts.headline(t, report, pairs.token_ratio(a, b))
    report_button(t, [a, b], common=common)
    part = tabs("view", {name: t(f"compare.part_{name}") for name in PARTS})
    guarded(t, lambda: PARTS[part](t, a, b, report))
    with st.container(horizontal=True):
        link("model", t("compare.open_a"), run=a.id)
        link("model", t("compare.open_b"), run=b.id)
