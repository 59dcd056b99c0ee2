"""What a part of a page draws, noted instead of drawn: streamlit without a browser, a session or a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
import streamlit as st

from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.registry import Page

_TEXTS = ("caption", "text", "code", "info", "warning", "error", "success", "header", "html")


class Address(dict[str, list[str]]):
    """The parameters of a page's address, in place of streamlit's."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return self[name][-1] if name in self else default

    def get_all(self, name: str) -> list[str]:
        return list(super().get(name, []))

    def __setitem__(self, name: str, value: str | Sequence[str]) -> None:
        super().__setitem__(name, [value] if isinstance(value, str) else list(value))


class _Selection:
    """The event of a table in which what the address says is chosen."""

    def __init__(self, chosen: Mapping[str, Sequence[Any]]) -> None:
        self.selection = self
        self.rows = list(chosen.get("rows", ()))
        self.cells = list(chosen.get("cells", ()))
        self.columns = list(chosen.get("columns", ()))


@dataclass
class Drawn:
    """What was drawn so far, in order."""

    address: Address = field(default_factory=Address)
    tables: list[pd.DataFrame] = field(default_factory=list)
    charts: list[dict[str, Any]] = field(default_factory=list)
    radars: list[dict[str, Any]] = field(default_factory=list)
    links: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Id of each linked page and the parameters that it is opened with."""
    downloads: dict[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """Key of the buttons → the rows that they give."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Label of a button → the file that it gives."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Kind of element and text."""
    figures: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Key → what a press does."""

    @property
    def text(self) -> str:
        """All texts, one per line."""
        return "\n".join(text for _, text in self.texts)

    def said(self, kind: str) -> list[str]:
        """The texts of one kind of element."""
        return [text for found, text in self.texts if found == kind]

    def rows_of(self, chart: int = 0) -> list[dict[str, Any]]:
        """The rows behind a chart."""
        return [row for rows in self.charts[chart]["datasets"].values() for row in rows]


def noting(monkeypatch: pytest.MonkeyPatch, **address: str | Sequence[str]) -> Drawn:
    """Let the parts of pages draw into what is returned, opened at an address with these parameters."""
    drawn = Drawn()
    for name, value in address.items():
        drawn.address[name] = value

    def note(kind: str) -> Callable[..., None]:
        return lambda text, *_, **__: drawn.texts.append((kind, str(text)))

    def button(_: str, *, key: str, on_click: Callable[..., None], args: tuple[Any, ...] = (), **__: Any) -> None:
        drawn.buttons[key] = lambda: on_click(*args)

    def table(frame: pd.DataFrame, *, selection_default: Any = None, **_: Any) -> _Selection:
        assert frame.columns.is_unique, list(frame.columns)
        drawn.tables.append(frame)
        return _Selection((selection_default or {}).get("selection", {}))

    def buttons(_: Any, __: str, rows: Any, *, key: str) -> None:
        drawn.downloads[key] = rows() if callable(rows) else rows

    noted = {
        **{kind: note(kind) for kind in _TEXTS},
        "progress": lambda _, text: drawn.texts.append(("progress", text)),
        "metric": lambda label, value, **_: drawn.figures.__setitem__(label, value),
        "vega_lite_chart": lambda spec, **_: drawn.charts.append(spec),
        "echarts_chart": lambda option, **_: drawn.radars.append(option),
        "page_link": lambda page, *, query_params, **_: drawn.links.append((page.id, query_params)),
        "download_button": lambda label, data, *_, **__: drawn.files.__setitem__(label, data),
        "button": button,
        "query_params": drawn.address,
        "session_state": {},
    }
    for name, replacement in noted.items():
        monkeypatch.setattr(st, name, replacement)
    monkeypatch.setattr(Page, "navigable", lambda page, *_: page)
    monkeypatch.setattr(download, "buttons", buttons)
    monkeypatch.setattr(safe, "table", table)
    return drawn
