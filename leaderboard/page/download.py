"""The visible table as a file: CSV for spreadsheets, Markdown for model cards, JSON for programs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import orjson
import streamlit as st

from kikime.harness.core.files.csv import csv_bytes
from kikime.harness.words.catalogue import Translator

Row = Mapping[str, object]
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$:])")


def buttons(t: Translator, name: str, rows: Sequence[Row] | Callable[[], Sequence[Row]], *, key: str) -> None:
    """Offer ``rows`` as csv, md and json; nothing is made (or, for a function, read) before somebody asks for it."""
    with st.container(horizontal=True, gap="small"):
        for kind, make, mime in (
            ("csv", as_csv, "text/csv"),
            ("md", as_markdown, "text/markdown"),
            ("json", as_json, "application/json"),
        ):
            st.download_button(
                t(f"download.{kind}"),
                data=partial(_made, make, rows),
                file_name=f"kikime-{name}.{kind}",
                mime=mime,
                key=f"{key}_{kind}",
                on_click="ignore",
                disabled=not callable(rows) and not rows,
            )


def _made(make: Callable[[Sequence[Row]], bytes], rows: Sequence[Row] | Callable[[], Sequence[Row]]) -> bytes:
    return make(rows() if callable(rows) else rows)


def as_csv(rows: Sequence[Row]) -> bytes:
    r"""UTF-8 with a byte order mark, so that Excel shows Japanese; cells that a spreadsheet would run are quoted.

    >>> as_csv([{"a": "=1+1", "b": -0.5}]).decode("utf-8-sig")
    "a,b\r\n'=1+1,-0.5\r\n"
    """
    return csv_bytes(list(rows[0]) if rows else [], (row.values() for row in rows))


def as_markdown(rows: Sequence[Row]) -> bytes:
    r"""A table of escaped cells.

    >>> as_markdown([{"a": "x|y<b>"}]).decode()
    '| a |\n| --- |\n| x\\|y&lt;b&gt; |\n'
    """
    if not rows:
        return b""
    cells = [[_escaped(name) for name in rows[0]], ["---"] * len(rows[0])]
    cells += [[_escaped(cell) for cell in row.values()] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells).encode("utf-8", "replace")


def as_json(rows: Sequence[Row]) -> bytes:
    """A JSON list."""
    return orjson.dumps(list(rows), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY, default=str)


def _escaped(value: object) -> str:
    if value is None:
        return "—"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))
