"""Formats of one run: what each is like and costs, beside what the model makes of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from kikime.harness.core.errors import KikimeError
from kikime.harness.prompts import Format
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.suites.grid import stored_formats
from kikime.harness.words.catalogue import Translator
from kikime.harness.words.numbers import percent
from kikime.leaderboard.data.cached import kept, manifest_of
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries.distributions import formats as measured_formats
from kikime.leaderboard.page import download, safe
from kikime.leaderboard.page.common import address, frame_of, number, numbers, opens, small
from kikime.leaderboard.page.state import choose, switch

if TYPE_CHECKING:
    from kikime.harness.reports.claims.records import FlexibilityReport

Row = dict[str, Any]
_SHOWN = (
    "format",
    "quality",
    "n",
    "tokens",
    "extra",
    "system",
    "roles",
    "enclosed",
    "stop",
    "title",
    "source",
    "lossy",
)
_MEASURED = (
    "format",
    "fixed_overhead",
    "turn_overhead",
    "single",
    "eot_tokens",
    "protected",
    "newlines",
    "markers",
    "forged",
)


def formats(t: Translator, entry: Entry, run: RunDirectory) -> None:
    """Draw the table of formats and the flexibility of the model."""
    del entry
    native = _native(t, run)
    report = _report(run, native)
    _flexibility(t, report)
    quality = report.formats.format_means if report.formats else {}
    known = stored_formats(manifest_of(run))
    costs = measured_formats(run)
    rows = [
        {**row._asdict(), **_card(t, row.format, known.get(row.format)), "quality": quality.get(row.format)}
        | {"open": address(t, "samples", run=run.id, format=row.format)}
        for row in costs
    ]
    columns = {name: t(f"formats.{name}") for name in _SHOWN} | {"open": t("common.replies")}
    config = {
        columns["quality"]: st.column_config.NumberColumn(format="percent"),
        columns["tokens"]: st.column_config.NumberColumn(format="%.0f"),
        columns["extra"]: st.column_config.NumberColumn(format="%+.0f"),
        columns["open"]: opens(columns["open"]),
    }
    small(t("formats.note"))
    safe.table(frame_of(rows, columns), alt=t("formats.alt"), column_config=config)
    flat = [{name: row.get(name) for name in ("format", "quality", "n", "tokens", "extra")} for row in rows]
    download.buttons(t, f"formats-{run.id[-6:]}", flat, key="formats")
    _measure_cards(t, run, [row.format for row in costs])


def _native(t: Translator, run: RunDirectory) -> str:
    """Which format counts as the checkpoint's own."""
    names = sorted(manifest_of(run)["hashes"]["formats"])
    return choose("native", t("formats.own"), names, default="native" if "native" in names else names[0])


@kept(16)
def _report(run: RunDirectory, native: str) -> FlexibilityReport:
    from kikime.harness.reports.claims.flexibility import flexibility_report

    return flexibility_report(run, native=native)


def _flexibility(t: Translator, report: FlexibilityReport) -> None:
    found = report.formats
    if found is None:
        small(t("formats.not_measured"))
        safe.plain(t.reason(report.why_not_codes["formats"]))
        return
    low, high = found.ci_low, found.ci_high
    between = "" if low is None else f"（{percent(low, 0)}–{percent(high, 0)}）"
    numbers(
        [
            (t("formats.retained"), percent(found.retained, 0) + between),
            (t("formats.level"), percent(found.level)),
            (t("formats.tail"), percent(found.tail)),
            (t("formats.sigma"), number(found.sigma_format, 3)),
            (t("formats.share"), percent(found.format_share)),
        ],
        width=190,
    )
    small(t("formats.flexibility_note"))
    if found.retained is None:
        small(t("formats.floor"))


def _card(t: Translator, name: str, found: Format | None) -> Row:
    """What is known of a format without a tokenizer."""
    if found is None:
        return {"title": t("formats.unknown")}
    return {
        "title": t("formats.native_title") if name == "native" else t.of_format(found.title),
        "source": t.get(f"formats.source_{found.source.kind}", found.source.kind),
        "system": t.get(f"formats.system_{found.system}", found.system),
        "roles": t.get(f"formats.roles_{found.n_roles}", str(found.n_roles)),
        "enclosed": t("formats.yes") if found.enclosed else t("formats.no"),
        "stop": " ".join(map(repr, found.stop)) or "EOS",
        "lossy": "—" if found.newlines == "keep" else t(f"formats.newlines_{found.newlines}"),
    }


def _measure_cards(t: Translator, run: RunDirectory, names: list[str]) -> None:
    """Offer the cards on the checkpoint's own tokenizer, where it is on this machine."""
    path = manifest_of(run)["checkpoint"].get("path")
    if not path or not Path(path).is_dir():
        small(t("formats.no_tokenizer"))
        return
    if not switch("cards", t("formats.measure")):
        return
    cards, known = [], stored_formats(manifest_of(run))
    for name in names:
        try:
            if name in known:
                cards.append(_measured(path, known[name].model_dump(mode="json")))
        except KikimeError as error:
            small(t("formats.left_out"))
            safe.plain(f"{name}: {t.message(error.message)}")
    columns = {name: t(f"formats.card_{name}") for name in _MEASURED}
    small(t("formats.card_note"))
    safe.table(frame_of(cards, columns), alt=t("formats.card_alt"))


@st.cache_data(show_spinner=False, max_entries=256)
def _measured(path: str, content: Row) -> Row:
    from kikime.harness.prompts import format_card, load_tokenizer

    card = format_card(Format.model_validate(content), load_tokenizer(path))
    shown = asdict(card) | {field: str(getattr(card, field)) for field in ("newlines", "markers", "forged")}
    return shown | {
        "single": f"{card.single_token_controls}/{len(card.control_tokens)}",
        "protected": "✓" if card.protected else "✗",
    }
