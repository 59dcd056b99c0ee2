"""Entry script of the page; ``kikime leaderboard`` and ``streamlit run leaderboard/app.py`` start it."""

from __future__ import annotations

import streamlit as st

from kikime.harness.words.catalogue import LANGUAGES
from kikime.leaderboard.launch import leave_import_path
from kikime.leaderboard.page.access import admitted, signed_in_as
from kikime.leaderboard.page.registry import pages
from kikime.leaderboard.page.shell import COPY
from kikime.leaderboard.page.state import choose, forget_others, translator


def main() -> None:
    """Draw the navigation, the language switch and the chosen page."""
    leave_import_path()
    t = translator()
    st.set_page_config(page_title=t("app.title"), layout="wide")
    if not admitted(t):
        return
    page = st.navigation([page.navigable(t) for page in pages().values()], position="top")
    st.set_page_config(page_title=f"{page.title} — kikime")
    forget_others(page.url_path)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(page.title, anchor=False, width="stretch")
        st.button("", icon=":material/link:", key=COPY, help=t("common.copy_link"))
        language = st.container(width=112)
    with language:
        choose("lang", t("lang.label"), LANGUAGES, show=lambda name: t(f"lang.{name}"), label_visibility="collapsed")
    page.run()
    signed_in_as(t)


main()
