"""実行中: how far the runs under way are, from their status files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.cached import index
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.common import RESUMABLE, command, link, small
from kikime.leaderboard.page.state import translator

_UNDER_WAY = {"planned", "running", *RESUMABLE}
SILENT = 120
"""Seconds without a heartbeat after which a run that somebody works on is said to hang."""


@st.fragment(run_every="3s")
def show() -> None:
    """Draw the page, every three seconds."""
    t = translator()
    small(t("live.about"))
    found = [
        (entry, index().find(entry.id)) for entry in index().entries() if entry.state in _UNDER_WAY or _again(entry.id)
    ]
    if not found:
        st.info(t("live.none"))
    for entry, run in found:
        if run is not None:
            _progress(t, entry.id, run)


def _again(run_id: str) -> bool:
    """Whether a run that was summarised before is being continued."""
    run = index().find(run_id)
    return run is not None and run.status().get("state") == "running"


def _progress(t: Translator, run_id: str, run: RunDirectory) -> None:
    status = run.status()
    planned, done = _count(status.get("planned")), _count(status.get("done"))
    silence = _silence(status.get("heartbeat"))
    written = str(status.get("state"))
    state = "killed" if written == "running" and not run.is_worked_on() else written
    with st.container(border=True):
        safe.plain(run_id)
        share = min(done / planned, 1.0) if planned else 0.0
        st.progress(share, text=t("live.done", done=f"{done:,}", planned=f"{planned:,}", share=f"{100 * share:.1f}"))
        words = [t.get(f"state.{state}", state), t("live.errors", n=_count(status.get("errors")))]
        words += [t("live.heartbeat", seconds=f"{silence:.0f}")] if silence is not None else []
        words += [_speed(t, status, planned - done)] if state == "running" else []
        safe.plain("　".join(word for word in words if word))
        if status.get("reason"):
            safe.plain(status["reason"])
        if state == "running" and silence is not None and silence > SILENT:
            st.warning(t("live.silent"))
        if state in RESUMABLE:
            safe.block(command("resume", run_id))
        if done:
            link("samples", t("board.open_samples"), run=run_id)


def _speed(t: Translator, status: Mapping[str, object], left: int) -> str:
    """Tokens per second of this session, and how long the rest takes at that speed."""
    sessions = status.get("sessions")
    session = sessions[-1] if isinstance(sessions, list) and sessions and isinstance(sessions[-1], dict) else {}
    seconds = session.get("generate_seconds")
    tokens, done = _count(session.get("n_output_tokens")), _count(session.get("n_replies"))
    if not isinstance(seconds, (int, float)) or seconds <= 0 or not done:
        return ""
    return t("live.speed", tokens=f"{tokens / seconds:,.0f}", minutes=f"{left * seconds / done / 60:,.0f}")


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _silence(heartbeat: object) -> float | None:
    """Seconds since the last heartbeat; None when there is none."""
    try:
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(str(heartbeat))).total_seconds())
    except (TypeError, ValueError):
        return None
