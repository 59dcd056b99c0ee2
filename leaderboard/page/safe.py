"""The only way by which text of models, personas, runs and judges reaches the page.

``st.text`` and ``st.code(language=None)`` show a text as it is; ``st.markdown`` would fetch remote images and interpret
markup. Marks and differences are HTML that :mod:`kikime.leaderboard.page.marks` builds from escaped text and fixed tags only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from kikime.leaderboard.page.marks import Span, bubbles_html, diff_html, marked_html

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20_000
"""Characters of a text that are drawn at first; a reply may have a million."""


def plain(text: object) -> None:
    """Show a short text verbatim."""
    st.text(str(text))


def block(text: str, *, height: int | None = None) -> None:
    """Show a text verbatim, wrapped, with a copy button; it is cut at :data:`SHOWN` characters."""
    st.code(text[:SHOWN] if text else " ", language=None, wrap_lines=True, height=height or "content")


def whole(text: str) -> None:
    """Show a text of any length verbatim, in a box that scrolls."""
    st.code(text or " ", language=None, wrap_lines=True, height=480)


def table(frame: pd.DataFrame, *, alt: str, **options: Any) -> Any:
    """Show a table whose cells may hold anything; cells are drawn on a canvas, never interpreted."""
    return st.dataframe(frame, alt=alt, hide_index=True, lazy=False, placeholder="—", **options)


def marked(text: str, spans: Mapping[str, Sequence[Span]], labels: Mapping[str, str]) -> None:
    """Show a text with the spans that triggered each metric marked and numbered; overlapping spans share a mark."""
    st.html(marked_html(text[:SHOWN], spans, labels))


def bubbles(lines: Sequence[tuple[bool, str, str]]) -> None:
    """Show a dialogue as bubbles: whether the user says it, who says it, and what, verbatim."""
    st.html(bubbles_html([(own, who, text[:SHOWN]) for own, who, text in lines]))


def diff(a: str, b: str) -> None:
    """Show two texts side by side with what differs marked, character by character."""
    left, right = diff_html(a[:SHOWN], b[:SHOWN])
    for column, part in zip(st.columns(2), (left, right), strict=True):
        column.html(part)


def listed(items: Iterable[object]) -> None:
    """Show short texts one per line, verbatim."""
    st.text("\n".join(f"・{item}" for item in items))
