"""Widgets whose values live in the URL, so that every view is a link.

The URL is the only truth: a widget is set from it before it is drawn, and its callback writes to it. Values in the URL are
identifiers, never labels, so that a link means the same in both languages; values that are not on offer are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.elements.lib.utils import LabelVisibility

from kikime.harness.words.catalogue import LANGUAGES, Translator

Show = Callable[[str], str]
_RUNS: dict[str, set[str]] = {
    "": set(),
    "live": set(),
    "model": {"run"},
    "samples": {"run"},
    "judge": {"run"},
    "compare": {"a", "b"},
    "rate": {"target", "other"},
}
"""Path of a page → the parameters by which it chooses runs."""
LONGEST = 200
"""Characters of a search text."""


def translator() -> Translator:
    """The language of this session; it survives a change of page."""
    asked = st.query_params.get("lang") or st.session_state.get("lang")
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    st.session_state["lang"] = language
    if language != LANGUAGES[0] and st.query_params.get("lang") != language:
        st.query_params["lang"] = language
    return Translator(language)


def parameter(key: str) -> str | None:
    """One value of the URL; None when it is not there."""
    return st.query_params.get(key) or None


def write(key: str, value: str | Sequence[str] | None) -> None:
    """Set a value of the URL, or take it out."""
    if value:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def _widget(key: str) -> str:
    return f"w_{key}"


def _synced(key: str, value: object) -> str:
    """Bring a widget that is there already to the URL's value; a new one starts there by its default. Gives its key."""
    widget = _widget(key)
    if widget in st.session_state and st.session_state[widget] != value:
        st.session_state[widget] = value
    return widget


def _written(key: str, default: object, resets: Sequence[str]) -> None:
    value = st.session_state[_widget(key)]
    write(key, None if value == default else value)
    for other in resets:
        write(other, None)


def forget_others(path: str) -> None:
    """Take what other pages remember in their addresses out of this one's: Back can leave it there."""
    if path in _RUNS:
        for key in set().union(*_RUNS.values()) - _RUNS[path]:
            write(key, None)


def choose(
    key: str,
    label: str,
    options: Sequence[str],
    *,
    show: Show = str,
    default: str | None = None,
    sticky: bool = False,
    resets: Sequence[str] = (),
    strict: bool = False,
    label_visibility: LabelVisibility = "visible",
) -> str:
    """Let the visitor choose one of ``options`` (not empty); ``strict``: say so where the address names another one.

    A ``sticky`` choice is remembered on other pages; a change removes the parameters ``resets`` from the URL.
    """
    first = default if default is not None and default in options else options[0]
    value = settled(key, options, first) if sticky else (parameter(key) or first)
    if strict and value not in options:
        st.warning(translator()("common.not_offered"))
        st.text(f"{label}: {value}"[:LONGEST])
    value = value if value in options else first
    chosen: str = st.selectbox(
        label,
        options,
        index=list(options).index(value),
        format_func=show,
        key=_synced(key, value),
        on_change=_written,
        args=(key, None if sticky else first, resets),
        label_visibility=label_visibility,
    )
    return chosen


def settled(key: str, options: Sequence[str], first: str) -> str:
    """The value of a choice that is remembered on other pages: the URL's, or the last one, or ``first``; draws nothing."""
    asked, remembered = parameter(key), st.session_state.get(f"last_{key}")
    value = next((each for each in (asked, remembered) if each is not None and each in options), first)
    st.session_state[f"last_{key}"] = value
    if asked != value:
        write(key, value)
    return value


def choose_anew(key: str, label: str, options: Sequence[str], *, show: Show = str, resets: Sequence[str] = ()) -> None:
    """Let the visitor choose one of ``options`` where the address names one that is not there: nothing is chosen for them."""
    st.selectbox(
        label,
        options,
        index=None,
        format_func=show,
        key=_synced(key, None),
        on_change=_written,
        args=(key, None, resets),
        placeholder="—",
    )


def choose_many(
    key: str,
    label: str,
    options: Sequence[str],
    *,
    show: Show = str,
    most: int | None = None,
    resets: Sequence[str] = (),
) -> list[str]:
    """Let the visitor choose any of ``options``; nothing chosen means all. Where the address names none of them, it is told."""
    asked = [value for value in st.query_params.get_all(key) if value in options]
    unknown = [value for value in st.query_params.get_all(key) if value not in options]
    if unknown and not asked:
        st.warning(translator()("common.not_offered"))
        st.text(f"{label}: {', '.join(unknown)}"[:LONGEST])
    chosen: list[str] = st.multiselect(
        label,
        options,
        default=asked[:most],
        format_func=show,
        key=_synced(key, asked[:most]),
        on_change=_written,
        args=(key, [], resets),
        max_selections=most,
        placeholder="—",
    )
    return chosen


def search(key: str, label: str, *, resets: Sequence[str] = ()) -> str:
    """Let the visitor type a text to look for."""
    asked = (parameter(key) or "")[:LONGEST]
    typed: str = st.text_input(
        label,
        value=asked,
        key=_synced(key, asked),
        type="search",
        on_change=_written,
        args=(key, "", resets),
        max_chars=LONGEST,
        placeholder=" ",
    )
    return typed.strip()


def switch(key: str, label: str) -> bool:
    """Let the visitor turn something on."""
    asked = parameter(key) == "1"

    def written() -> None:
        write(key, "1" if st.session_state[_widget(key)] else None)

    return bool(st.toggle(label, value=asked, key=_synced(key, asked), on_change=written))


def slider(key: str, label: str, value: float) -> float:
    """Let the visitor choose a weight of 0 to 5; 1 is the default."""

    def written() -> None:
        chosen = st.session_state[_widget(key)]
        write(key, None if chosen == 1 else f"{chosen:g}")

    return float(st.slider(label, 0.0, 5.0, value=value, step=0.5, key=_synced(key, value), on_change=written))


def page_number(key: str, pages: int) -> int:
    """Let the visitor turn pages; 1-based."""
    asked = parameter(key) or "1"
    page = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    if pages < 2:
        return 1
    widget = f"{_widget(key)}_{page}"

    def written() -> None:
        value = st.session_state[widget]
        write(key, str(value) if value > 1 else None)

    return int(st.pagination(pages, default=page, key=widget, on_change=written, max_visible_pages=5))


def tabs(key: str, names: dict[str, str]) -> str:
    """Let the visitor choose a part of the page; only that part is computed."""
    options = list(names)
    asked = parameter(key)
    value = asked if asked in options else options[0]

    def written() -> None:
        chosen = st.session_state[_widget(key)]
        write(key, None if chosen == options[0] else chosen)

    chosen = st.segmented_control(
        key,
        options,
        default=value,
        format_func=lambda name: names[name],
        key=_synced(key, value),
        on_change=written,
        required=True,
        label_visibility="collapsed",
    )
    return str(chosen or options[0])
