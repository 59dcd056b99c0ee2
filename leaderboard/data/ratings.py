"""People's ratings: ``annotations.jsonl`` of a run, append-only, and the blind, shuffled queue of what to rate next.

A rating of scores is ``{"id", "human_scores": {criterion: 1–7}, "rater", "model", "utc", "mode": "scores", …}``, which
``kikime calibrate`` reads; a preference is ``{"mode": "pair", "preference": "a"|"b"|"tie", "key_a", "key_b", …}``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

import msgspec

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.reasons import Phrase, system_reason
from kikime.harness.store.rundir import RunDirectory

FILE = "annotations.jsonl"
LOW, HIGH = 1, 7
Score = Annotated[float, msgspec.Meta(ge=LOW, le=HIGH)] | Annotated[int, msgspec.Meta(ge=LOW, le=HIGH)]
Preference = Literal["a", "b", "tie"]


class Rated(NamedTuple):
    """What a rater may know of one reply: no model, no format, no score."""

    key: str
    pair_key: str
    task: str
    item_id: str
    persona: str
    user: str = ""
    history: str | None = None
    """The dialogue before, as JSON."""
    response: str = ""


class Rating(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of the file."""

    mode: Literal["scores", "pair"]
    id: str
    """The reply's key, or the pair's."""
    rater: str
    model: str | None = None
    human_scores: dict[str, Score] = {}
    preference: Preference | None = None
    run_a: str | None = None
    run_b: str = ""
    key_a: str | None = None
    key_b: str | None = None
    persona: str | None = None
    task: str | None = None
    item_id: str | None = None
    rubric: str | None = None
    swapped: bool | None = None
    """Whether the rater saw the second run's reply on the left."""
    utc: str | None = None

    @property
    def question(self) -> tuple[str, ...]:
        """What the rating answers, and who answered."""
        return (self.rater, self.mode, self.id, self.run_b)

    @property
    def is_whole(self) -> bool:
        """Whether the line holds what its mode needs."""
        return self.preference is not None and bool(self.run_b) if self.mode == "pair" else bool(self.human_scores)


_LINE = msgspec.json.Decoder(Rating)


def annotate(run: RunDirectory, rating: Rating) -> None:
    """Append one rating; a line is written at once or not at all.

    Raises:
        EnvironmentFault: the run's directory cannot be written.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    append_line(run.path / FILE, msgspec.json.encode(msgspec.structs.replace(rating, utc=now)))


def append_line(path: Path, text: bytes) -> None:
    """Append a line to a file; it is on the disk, whole, when this returns, and a torn line before it stays alone.

    Raises:
        EnvironmentFault: the file cannot be written.
    """
    line = text + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, b"\n" + line if torn else line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise EnvironmentFault("{path}: cannot be written: {reason}", path=path, reason=system_reason(error)) from error


def read_annotations(run: RunDirectory) -> list[Rating]:
    """Ratings that count: of one rater and question the newest, in the order of the file; broken lines are left out."""
    latest: dict[tuple[str, ...], Rating] = {}
    try:
        data = (run.path / FILE).read_bytes()
    except OSError:
        return []
    for line in data.split(b"\n"):
        rating = _parsed(line)
        if rating is not None:
            latest[rating.question] = rating
    return list(latest.values())


def scores_rating(
    sample: Rated, scores: Mapping[str, int], *, rater: str, model: str, rubric: str | None = None
) -> Rating:
    """A rating of one reply, 1–7 per criterion.

    Raises:
        ValueError: a score outside 1–7.
    """
    wrong = [value for value in scores.values() if type(value) is not int or not LOW <= value <= HIGH]
    if wrong:
        raise ValueError(Phrase("{value!r} is not a score from {low} to {high}", value=wrong[0], low=LOW, high=HIGH))
    return Rating(
        mode="scores",
        id=sample.key,
        rater=rater,
        model=model,
        human_scores=dict(scores),
        persona=sample.persona,
        task=sample.task,
        item_id=sample.item_id,
        rubric=rubric,
    )


def pair_rating(
    a: Rated, b: Rated, preference: Preference, *, rater: str, run_a: str, run_b: str, swapped: bool | None = None
) -> Rating:
    """A preference between two replies to the same request; ``preference`` is ``a``, ``b`` or ``tie``.

    Raises:
        ValueError: another preference.
    """
    if preference not in get_args(Preference):
        raise ValueError(Phrase("{value!r} is not a, b or tie", value=preference))
    return Rating(
        mode="pair",
        id=a.pair_key,
        rater=rater,
        preference=preference,
        run_a=run_a,
        run_b=run_b,
        key_a=a.key,
        key_b=b.key,
        persona=a.persona,
        task=a.task,
        item_id=a.item_id,
        swapped=swapped,
    )


def blind_code(run_id: str) -> str:
    """What stands for a run where its name must not be seen: an id often holds the name of the model."""
    return _hash(f"run\n{run_id}").hex()


def shuffled(keys: Sequence[str], rater: str) -> list[str]:
    """The keys in an order that is random, different for every rater, and the same whenever they come back."""
    return sorted(keys, key=lambda key: _hash(f"{rater}\n{key}"))


def swapped(pair_key: str, rater: str) -> bool:
    """Whether a rater sees the second run's reply on the left."""
    return _hash(f"side\n{rater}\n{pair_key}")[0] % 2 == 1


def preferences(ratings: Sequence[Rating], run_b: str) -> dict[str, int]:
    """How often people preferred ``a``, ``b`` or neither, over all raters."""
    counts = {"a": 0, "b": 0, "tie": 0}
    for rating in ratings:
        if rating.preference is not None and rating.run_b == run_b:
            counts[rating.preference] += 1
    return counts


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _parsed(line: bytes) -> Rating | None:
    try:
        rating = _LINE.decode(line)
    except msgspec.DecodeError:
        return None
    return rating if rating.is_whole else None
