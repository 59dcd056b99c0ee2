"""People's ratings: ``annotations.jsonl`` of a run, append-only, and the blind, shuffled queue of what to rate next.

A rating of scores is ``{"id", "human_scores": {criterion: 1–7}, "rater", "model", "utc", "mode": "scores", …}``, which
``kikime calibrate`` reads; a preference is ``{"mode": "pair", "preference": "a"|"b"|"tie", "key_a", "key_b", …}``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.store.rundir import RunDirectory

FILE = "annotations.jsonl"
LOW, HIGH = 1, 7


def annotate(run: RunDirectory, rating: Mapping[str, Any]) -> None:
    """Append one rating; a line is written at once or not at all.

    Raises:
        EnvironmentFault: the run's directory cannot be written.
    """
    line = orjson.dumps(
        {**rating, "utc": datetime.now(UTC).isoformat(timespec="seconds")}, option=orjson.OPT_APPEND_NEWLINE
    )
    path = run.path / FILE
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
        raise EnvironmentFault(f"{path}: cannot be written: {error.strerror}") from error


def read_annotations(run: RunDirectory) -> list[dict[str, Any]]:
    """Ratings that count: of one rater and question the newest, in the order of the file; broken lines are left out."""
    latest: dict[tuple[str, ...], dict[str, Any]] = {}
    try:
        data = (run.path / FILE).read_bytes()
    except OSError:
        return []
    for line in data.split(b"\n"):
        rating = _parsed(line)
        if rating is not None:
            latest[question_of(rating)] = rating
    return list(latest.values())


def question_of(rating: Mapping[str, Any]) -> tuple[str, ...]:
    """What a rating answers, and who answered."""
    return (str(rating["rater"]), str(rating["mode"]), str(rating["id"]), str(rating.get("run_b", "")))


def scores_rating(sample: Mapping[str, Any], scores: Mapping[str, int], *, rater: str, model: str) -> dict[str, Any]:
    """A rating of one reply, 1–7 per criterion.

    Raises:
        ValueError: a score outside 1–7.
    """
    wrong = [value for value in scores.values() if type(value) is not int or not LOW <= value <= HIGH]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not a score from {LOW} to {HIGH}")
    return {
        "mode": "scores", "id": sample["key"], "rater": rater, "model": model, "human_scores": dict(scores),
        "persona": sample["persona"], "task": sample["task"], "item_id": sample["item_id"],
    }  # fmt: skip


def pair_rating(
    a: Mapping[str, Any], b: Mapping[str, Any], preference: str, *, rater: str, run_a: str, run_b: str
) -> dict[str, Any]:
    """A preference between two replies to the same request; ``preference`` is ``a``, ``b`` or ``tie``.

    Raises:
        ValueError: another preference.
    """
    if preference not in {"a", "b", "tie"}:
        raise ValueError(f"{preference!r} is not a, b or tie")
    return {
        "mode": "pair", "id": a["pair_key"], "rater": rater, "preference": preference, "run_a": run_a, "run_b": run_b,
        "key_a": a["key"], "key_b": b["key"], "persona": a["persona"], "task": a["task"], "item_id": a["item_id"],
    }  # fmt: skip


def blind_code(run_id: str) -> str:
    """What stands for a run where its name must not be seen: an id often holds the name of the model."""
    return _hash(f"run\n{run_id}").hex()


def shuffled(keys: Sequence[str], rater: str) -> list[str]:
    """The keys in an order that is random, different for every rater, and the same whenever they come back."""
    return sorted(keys, key=lambda key: _hash(f"{rater}\n{key}"))


def swapped(pair_key: str, rater: str) -> bool:
    """Whether a rater sees the second run's reply on the left."""
    return _hash(f"side\n{rater}\n{pair_key}")[0] % 2 == 1


def preferences(ratings: Sequence[Mapping[str, Any]], run_b: str) -> dict[str, int]:
    """How often people preferred ``a``, ``b`` or neither, over all raters."""
    counts = {"a": 0, "b": 0, "tie": 0}
    for rating in ratings:
        if rating["mode"] == "pair" and rating.get("run_b") == run_b and rating.get("preference") in counts:
            counts[rating["preference"]] += 1
    return counts


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        rating = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    known = isinstance(rating, dict) and all(name in rating for name in ("mode", "id", "rater"))
    return rating if known and _is_whole(rating) else None


def _is_whole(rating: Mapping[str, Any]) -> bool:
    if rating["mode"] == "pair":
        return rating.get("preference") in {"a", "b", "tie"} and isinstance(rating.get("run_b"), str)
    scores = rating.get("human_scores")
    return isinstance(scores, dict) and all(
        type(score) in (int, float) and LOW <= score <= HIGH for score in scores.values()
    )
