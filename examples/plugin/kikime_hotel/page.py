"""A page of the leaderboard."""

from kikime.leaderboard.page.registry import Page


def show() -> None:
    """Draw the page."""
    import streamlit as st

    st.write("ようこそ。")


PAGE = Page(id="hotel", path="hotel", order=900, show=show, titles={"ja": "ホテル", "en": "Hotel"})
