"""The button by which a page makes the one-file report of the runs that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator


def report_button(t: Translator, runs: Sequence[RunDirectory], *, common: bool = False) -> None:
    """Offer the report of ``runs`` as one HTML file in the page's language; it is made when somebody asks for it."""
    st.download_button(
        t("common.report"),
        data=partial(_made, list(runs), common, t.language),
        file_name=f"kikime-report-{'-'.join(run.id[-6:] for run in runs)}.html",
        mime="text/html",
        key="report",
        on_click="ignore",
        help=t("common.report_help"),
    )


def _made(runs: Sequence[RunDirectory], common: bool, language: str) -> bytes:
    from kikime.leaderboard.report.write import render_report, report_content

    t = Translator(language)
    return render_report(report_content(runs, t, common=common), t).encode("utf-8", "replace")
