"""Tags, a comment and a star of one reply."""

from __future__ import annotations

import streamlit as st

from kikime.harness.store.rundir import RunDirectory
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.notes import LONGEST_COMMENT, STAR, Note, add_note, read_notes, tags_of
from kikime.leaderboard.page import safe
from kikime.leaderboard.page.access import may, person
from kikime.leaderboard.page.common import guarded, small


def shown_note(note: Note) -> str:
    """A note in one cell: star, tags, comment."""
    return " ".join(filter(None, (STAR if note.star else "", *(f"#{tag}" for tag in note.tags), note.comment)))


def noting(t: Translator, run: RunDirectory, key: str) -> None:
    """Let the reader note something of a reply; it is kept beside the run at once."""
    notes = read_notes(run)
    note = notes.get(key, Note(key=key))
    if not may("rater"):
        if note.says:
            safe.plain(shown_note(note))
        return
    with (
        st.expander(f"{t('note.title')} {shown_note(note)}"[:80], expanded=note.says),
        st.form(f"note_{key}", border=False),
    ):
        star = st.toggle(t("note.star"), value=note.star)
        tags = st.multiselect(
            t("note.tags"),
            tags_of(notes),
            default=list(note.tags),
            accept_new_options=True,
            placeholder=t("note.tags_hint"),
        )
        comment = st.text_area(t("note.comment"), value=note.comment, max_chars=LONGEST_COMMENT, height=80)
        if st.form_submit_button(t("note.keep")):
            guarded(t, lambda: add_note(run, Note(key=key, tags=tuple(tags), comment=comment, star=star, by=person())))
            st.rerun()
        small(t("note.about"))
