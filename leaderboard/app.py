"""Entry script of the page; ``kikime leaderboard`` and ``streamlit run leaderboard/app.py`` start it."""

from __future__ import annotations

import streamlit as st

from kikime.harness.words.catalogue import LANGUAGES
from kikime.leaderboard.launch import leave_import_path
from kikime.leaderboard.page.registry import pages
from kikime.leaderboard.page.shell import COPY
from kikime.leaderboard.page.state import choose, forget_others, translator


def main() -> None:
    """Draw the navigation, the language switch and the chosen page."""
    leave_import_path()
    t = translator()
    st.set_page_config(page_title=t("app.title"), layout="wide")
    page = st.navigation([page.navigable(t) for page in pages().values()], position="top")
    st.set_page_config(page_title=f"{page.title} — kikime")
    forget_others(page.url_path)
    head, copied, language = st.columns([7, 1, 1], vertical_alignment="bottom", wrap=False)
    with head:
        st.title(page.title, anchor=False)
    with copied:
        st.button("🔗", key=COPY, help=t("common.copy_link"))
    with language:
        choose("lang", t("lang.label"), LANGUAGES, show=lambda name: t(f"lang.{name}"), label_visibility="collapsed")
    page.run()


main()
