"""モデル詳細: one run from all sides."""

from __future__ import annotations

import streamlit as st

from kikime.harness.store.about import About, about_or_nothing, checked, read_about, write_about
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.ratings import blind_code
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.access import may
from kikime.leaderboard.page.common import (
    choose_run,
    guarded,
    link,
    number,
    numbers,
    offer_resume,
    size,
    small,
    so_far,
)
from kikime.leaderboard.page.state import tabs, translator
from kikime.leaderboard.report.button import report_button
from kikime.leaderboard.views.model import curves as model_curves
from kikime.leaderboard.views.model import formats as model_formats
from kikime.leaderboard.views.model import parts as model_parts
from kikime.leaderboard.views.model import steps as model_steps

PARTS = {
    "areas": model_parts.areas,
    "slices": model_parts.slices,
    "lengths": model_parts.lengths,
    "stops": model_parts.stops,
    "formats": model_formats.formats,
    "turns": model_curves.turns,
    "shots": model_curves.shots,
    "steps": model_steps.steps,
    "provenance": model_parts.provenance,
}


def show() -> None:
    """Draw the page."""
    t = translator()
    small(t("model.about"))
    chosen = choose_run(t)
    if chosen is None:
        return
    entry, run = chosen
    _head(t, entry, run)
    part = tabs("part", {name: t(f"model.part_{name}") for name in PARTS})
    guarded(t, lambda: PARTS[part](t, entry, run))


def _head(t: Translator, entry: Entry, run: RunDirectory) -> None:
    head = entry.head
    if head is None:
        st.info(t(f"state.{entry.state}") + "：" + t(f"problems.{entry.problem}"))
        done, planned = so_far(run)
        small(t("model.replies_so_far", done=f"{done:,}", planned=f"{planned:,}"))
        offer_resume(entry)
    else:
        if entry.state == "partial":
            st.warning(
                t("model.partial", done=f"{head.counts.get('done', 0):,}", planned=f"{head.counts.get('planned', 0):,}")
            )
        safe.plain(
            f"{head.model.name} · {head.suite} · {head.created_at[:16].replace('T', ' ')} UTC · {head.model.fingerprint[:12]}"
        )
        numbers(
            [
                (t("board.params"), size(about_or_nothing(run).params or head.model.n_params)),
                (t("board.n"), f"{head.counts.get('done', 0):,}"),
                (t("board.length"), number(head.mean("length_chars"))),
                (t("model.sentences"), number(head.mean("sentences"), 2)),
                (t("board.critical"), percent(head.mean("critical_failure"))),
                (t("board.truncation"), percent(head.health.truncation_rate)),
                (t("board.coverage"), percent(head.coverage, 0)),
                (t("board.speed"), number(head.perf.output_tokens_per_second, 0)),
            ],
        )
        if head.health.duplicate_rate > 0.2:
            st.warning(t("model.duplicates", rate=percent(head.health.duplicate_rate, 0)))
    guarded(t, lambda: _about(t, run))
    with st.container(horizontal=True, vertical_alignment="center"):
        if head is not None:
            report_button(t, [run])
        link("samples", t("board.open_samples"), run=run.id)
        link("compare", t("model.compare"), b=run.id)
        link("judge", t("model.judge"), run=run.id)
        link("rate", t("model.rate"), target=blind_code(run.id))


def _about(t: Translator, run: RunDirectory) -> None:
    """What people say of the model."""
    about = read_about(run)
    said = [t(f"board.types.{about.type}") if about.type else "", about.license or ""]
    if any(said):
        safe.plain(" · ".join(filter(None, said)))
    with st.container(horizontal=True):
        if about.link:
            st.link_button(f"{t('board.link')} →", about.link)
        if may("admin"):
            with st.popover(t("model.about_edit")):
                _edit(t, run, about)


def _edit(t: Translator, run: RunDirectory, about: About) -> None:
    """A form that changes about.yaml of the run."""
    with st.form("about", border=False):
        kinds = ["", *(kind for kind in ("base", "tuned", "merged", "adapter"))]
        said: dict[str, object] = {
            "link": st.text_input(t("board.link"), value=about.link or "", placeholder="https://"),
            "license": st.text_input(t("board.license"), value=about.license or ""),
            "type": st.selectbox(
                t("board.type"),
                kinds,
                index=kinds.index(about.type or ""),
                format_func=lambda kind: t(f"board.types.{kind}") if kind else "—",
            ),
            "params": st.number_input(t("board.params"), min_value=1, value=about.params, step=1, placeholder="—"),
        }
        if st.form_submit_button(t("note.keep")):
            guarded(t, lambda: _keep(run, said))
        small(t("model.about_note"))


def _keep(run: RunDirectory, said: dict[str, object]) -> None:
    write_about(run, checked(said))
    st.rerun()
