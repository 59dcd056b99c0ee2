"""Entry script of the page; ``kikime leaderboard`` and ``streamlit run leaderboard/app.py`` start it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from kikime.harness.words.catalogue import LANGUAGES
from kikime.leaderboard.page.state import choose, translator

# Page → its path; the first one lives at the root. The folder must not be called `pages`: streamlit would serve it itself.
PAGES = {
    "board": "",
    "model": "model",
    "compare": "compare",
    "samples": "samples",
    "judge": "judge",
    "rate": "rate",
    "live": "live",
}

_VIEWS = Path(__file__).parent / "views"


def main() -> None:
    """Draw the navigation, the language switch and the chosen page."""
    t = translator()
    st.set_page_config(page_title=t("app.title"), layout="wide")
    pages = [
        st.Page(_VIEWS / name / "view.py", title=t(f"pages.{name}"), url_path=path or None, default=not path)
        for name, path in PAGES.items()
    ]
    page = st.navigation(pages, position="top")
    head, language = st.columns([8, 1], vertical_alignment="bottom", wrap=False)
    with head:
        st.title(t(f"pages.{_name_of(page, pages)}"), anchor=False)
    with language:
        choose("lang", t("lang.label"), LANGUAGES, show=lambda name: t(f"lang.{name}"), label_visibility="collapsed")
    page.run()


def _name_of(page: object, pages: Sequence[object]) -> str:
    return list(PAGES)[pages.index(page)] if page in pages else next(iter(PAGES))


main()
