"""Pieces that several pages share."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from urllib.parse import urlencode

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from kikime.harness.core.errors import KikimeError
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import LANGUAGES, Translator
from kikime.leaderboard.charts.altair import Chart
from kikime.leaderboard.charts.widths import shown_width
from kikime.leaderboard.data.cached import damage, index, labels, runs_folder
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.registry import pages
from kikime.leaderboard.page.state import choose, choose_anew, parameter

Spec = dict[str, object]
"""A Vega-Lite specification."""


def choose_run(
    t: Translator,
    *,
    key: str = "run",
    label: str | None = None,
    prefer: Callable[[Entry], bool] = lambda entry: entry.head is not None,
    default: int = 0,
) -> tuple[Entry, RunDirectory] | None:
    """Let the visitor choose a run; says what is missing, and gives None, when there is none."""
    found = index().entries()
    entries = [entry for entry in found if _readable(entry)]
    asked = parameter(key)
    names = labels(entries)
    options, label, resets = [entry.id for entry in entries], label or t("common.run"), ("p", "sample")
    if asked is not None and asked not in names:
        _missing(t, asked, next((entry for entry in found if entry.id == asked), None))
        choose_anew(key, label, options, show=lambda run: names[run], resets=resets)
        return None
    if not entries:
        st.info(t("common.no_runs"))
        return None
    first = asked or _default(entries, default, prefer)
    chosen = choose(key, label, options, show=lambda run: names[run], default=first, sticky=True, resets=resets)
    run = index().find(chosen)
    if run is None:
        st.warning(t("common.gone"))
        return None
    _warn_of_damage(t, run)
    return next(entry for entry in entries if entry.id == chosen), run


def _missing(t: Translator, asked: str, entry: Entry | None) -> None:
    """Say that the address names a run that is not here, or that cannot be shown."""
    if entry is None:
        st.warning(t("common.gone"))
        safe.plain(asked)
        return
    st.warning(f"{t(f'state.{entry.state}')}：{t(f'problems.{entry.problem}')}")
    safe.plain(entry.id)
    offer_resume(entry)


def _warn_of_damage(t: Translator, run: RunDirectory) -> None:
    found = damage(run)
    if found:
        st.error(t("common.damaged"))
        safe.listed(t.message(error.message) for error in found)


RESUMABLE = {"killed", "interrupted", "failed"}
"""States of runs that ``kikime resume`` takes to their end."""


def can_resume(entry: Entry) -> bool:
    """Whether ``kikime resume`` mends what is wrong with a run."""
    return entry.state in RESUMABLE or entry.problem == "summary"


def offer_resume(entry: Entry) -> None:
    """Offer the command that takes a run to its end, where one does."""
    if can_resume(entry):
        safe.block(command("resume", entry.id))


def so_far(run: RunDirectory | None) -> tuple[int, int]:
    """How many replies of an unfinished run are done, and how many are planned; 0 where its status does not tell."""
    status = run.status() if run is not None else {}
    done, planned = (status.get(name) for name in ("done", "planned"))
    return (done if isinstance(done, int) else 0, planned if isinstance(planned, int) else 0)


def command(*words: str) -> str:
    """A command line of kikime over the runs of this page, as a shell takes it, from whatever folder."""
    return shlex.join(["kikime", *words, "--runs", str(runs_folder().resolve())])


def _default(entries: Sequence[Entry], number: int, prefer: Callable[[Entry], bool]) -> str:
    """The newest sound run that is preferred, or the ``number``-th before it; any run where none is."""
    preferred = [entry.id for entry in entries if prefer(entry)] or [entry.id for entry in entries]
    return next(islice(sound(preferred), number, None), preferred[min(number, len(preferred) - 1)])


def sound(ids: Iterable[str]) -> Iterator[str]:
    """Those of the runs whose files can be read; no more of them are looked at than are taken."""
    return (name for name in ids if (run := index().find(name)) is None or not damage(run))


def _readable(entry: Entry) -> bool:
    return entry.state not in {"broken", "newer", "planned"}


def link(to: str, label: str, /, **parameters: str | Sequence[str] | None) -> None:
    """A link to another page of the app; ``label`` is a text of the page, never data."""
    asked = {name: value for name, value in parameters.items() if value}
    st.page_link(pages()[to].navigable(), label=f"{label} →", query_params=asked)


def address(t: Translator, to: str, /, **parameters: object) -> str:
    """The address of another page, relative to any page, for marks of charts and cells of tables.

    Parameters without a value are left out; those that are lists are repeated. The language goes with them, as a link out of
    a chart begins a new session.
    """
    given = {name: value for name, value in parameters.items() if value not in (None, "", [])}
    if t.language != LANGUAGES[0]:
        given["lang"] = t.language
    return f"{pages()[to].path or './'}?{urlencode(given, doseq=True)}"


def opens(label: str) -> ColumnConfig:
    """A column of addresses, each shown as ``label``: a text of the page, never data."""
    return st.column_config.LinkColumn(label, display_text=f"{label} →", width=110)


def guarded(t: Translator, part: Callable[[], None]) -> None:
    """Draw a part of a page; what cannot be read is said in its place, and the rest of the page stays."""
    try:
        part()
    except KikimeError as error:
        st.warning(t("common.unreadable"))
        safe.plain(t.message(error.message))


def numbers(cells: Sequence[tuple[str, str]], *, width: float = 118) -> None:
    """A row of figures that wraps on small screens: (label, shown value), without markup.

    Each has ``width`` pixels, more where a value or a label needs them.
    """
    width = max([width, *(36 + max(shown_width(v, latin=12), shown_width(label, latin=7)) for label, v in cells)])
    with st.grid(min_column_width=round(width), gap="small"):
        for label, value in cells:
            st.metric(label, value, border=True)


def number(value: float | None, digits: int = 1) -> str:
    """A number; "—" when there is none."""
    return "—" if value is None else f"{value:,.{digits}f}"


def size(n_params: int | None) -> str:
    """Number of parameters, e.g. 3.0B."""
    if not n_params:
        return "—"
    return f"{n_params / 1e9:.1f}B" if n_params >= 1e8 else f"{n_params / 1e6:.1f}M"


def draw_chart(chart: Chart, *, alt: str) -> None:
    """Draw an Altair chart."""
    draw_spec(spec_of(chart), alt=alt)


def spec_of(chart: Chart) -> Spec:
    """The Vega-Lite specification of an Altair chart; its structure is fixed, so a test validates it instead of every page."""
    spec: Spec = chart.to_dict(validate=False)
    return spec


def draw_spec(spec: Spec, *, alt: str) -> None:
    """Draw a Vega-Lite specification."""
    st.vega_lite_chart(spec, alt=alt)


def small(text: str) -> None:
    """A text of the page in small type; never data."""
    st.caption(text)


def frame_of(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame with translated headings, in the order of ``columns``."""
    return pd.DataFrame([[row.get(name) for name in columns] for row in rows], columns=list(columns.values()))


def without(rows: Sequence[Mapping[str, object]], *names: str) -> list[dict[str, object]]:
    """The rows without some of their columns: addresses belong to the page, not to a download."""
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def bin_of(start: int, width: int) -> str:
    """A bin of whole numbers as the page of replies takes it."""
    return f"{start}-{start + width - 1}"
