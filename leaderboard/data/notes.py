"""What readers note of replies: ``notes.jsonl`` of a run, append-only; the newest note of a reply counts.

A line is ``{"key", "tags": [...], "comment", "star", "by", "utc"}``; ``kikime export --tagged`` writes the noted replies as data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from kikime.harness.store.rundir import RunDirectory
from kikime.leaderboard.data.queries.samples import Spoken, one, read_dialogue
from kikime.leaderboard.data.ratings import append_line

FILE = "notes.jsonl"
LONGEST_TAG, LONGEST_COMMENT = 60, 2_000
"""Characters that are kept of a tag and of a comment."""


class Note(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """What a reader notes of one reply."""

    key: str
    tags: tuple[str, ...] = ()
    comment: str = ""
    star: bool = False
    by: str | None = None
    """Who noted it, where the page knows them."""
    utc: str | None = None

    @property
    def says(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.tags or self.comment or self.star)


_LINE = msgspec.json.Decoder(Note)


def tidy(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags as they are kept: without white space around them, each once, in the order given.

    >>> tidy([" 口調 ", "口調", ""])
    ('口調',)
    """
    return tuple(dict.fromkeys(kept for tag in tags if (kept := " ".join(tag.split())[:LONGEST_TAG])))


def add_note(run: RunDirectory, note: Note) -> None:
    """Append a note; an empty one takes back what was said of the reply before.

    Raises:
        EnvironmentFault: the run's directory cannot be written.
    """
    kept = msgspec.structs.replace(
        note,
        tags=tidy(note.tags),
        comment=note.comment.strip()[:LONGEST_COMMENT],
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    append_line(run.path / FILE, msgspec.json.encode(kept))


def read_notes(run: RunDirectory) -> dict[str, Note]:
    """Key of a reply → its newest note, of those that say something; broken lines are left out."""
    latest: dict[str, Note] = {}
    try:
        data = (run.path / FILE).read_bytes()
    except OSError:
        return {}
    for line in data.split(b"\n"):
        try:
            note = _LINE.decode(line)
        except msgspec.DecodeError:
            continue
        latest[note.key] = note
    return {key: note for key, note in latest.items() if note.says}


def tags_of(notes: Mapping[str, Note]) -> list[str]:
    """Every tag that is in use."""
    return sorted({tag for note in notes.values() for tag in note.tags})


class Tagged(msgspec.Struct, kw_only=True):
    """A noted reply as training or test data: ``kikime score`` and ``kikime judge`` read it as it is."""

    id: str
    """The reply's key."""
    run: str
    persona: str
    task: str
    item: str
    format: str
    shots: int
    system: str | None
    history: list[Spoken]
    user: str
    response: str
    messages: list[Spoken]
    """The same dialogue, as trainers take it: system, what was said before, the user's line, the reply."""
    finish_reason: str | None
    tags: list[str]
    star: bool
    comment: str
    by: str | None


def tagged(run: RunDirectory, tags: Sequence[str] = ()) -> Iterator[Tagged]:
    """The run's noted replies, in the order of their notes; with ``tags`` those that carry one of them (``★``: a star).

    Raises:
        UsageError: no reply yet, or a table is broken.
    """
    for key, note in read_notes(run).items():
        if not tags or wears(note, tags):
            sample = one(run, key)
            if sample is None:
                continue
            history = read_dialogue(sample.history)
            before = [Spoken("system", sample.system)] if sample.system else []
            yield Tagged(
                id=key,
                run=run.id,
                persona=sample.persona,
                task=sample.task,
                item=sample.item_id,
                format=sample.format,
                shots=sample.shots,
                system=sample.system,
                history=history,
                user=sample.user,
                response=sample.response,
                messages=[*before, *history, Spoken("user", sample.user), Spoken("assistant", sample.response)],
                finish_reason=sample.finish_reason,
                tags=list(note.tags),
                star=note.star,
                comment=note.comment,
                by=note.by,
            )


STAR = "★"
"""Stands for a star among tags."""


def wears(note: Note, tags: Sequence[str]) -> bool:
    """Whether a note carries one of ``tags``."""
    return bool({*note.tags, *((STAR,) if note.star else ())} & set(tags))
