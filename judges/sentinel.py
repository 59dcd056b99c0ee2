"""Judge drift: sixty fixed replies, scored anew with a session and compared with the judge's first scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from harness.persona import load_persona
from harness.store.rundir import slug
from harness.store.wal import Segment, read_records
from judges.cache import cache_home
from judges.calibration import agreement
from judges.collection import judge_subjects
from judges.rubric import load_rubric
from judges.session import JudgeSettings, Outcome
from judges.subject import Subject

MAX_CHANGE, MIN_QWK = 0.2, 0.8
RUBRIC, PERSONA = "character_v1", "ojousama"
_FILE = Path(__file__).parent / "data" / "sentinel.jsonl"
_KIND = "sentinel"


@dataclass(frozen=True)
class SentinelReport:
    """The judge's scores of the set now, against its first ones."""

    utc: str
    judge_id: str
    protocol: str
    n: int
    """Pairs of scores compared."""
    mean_change: float | None
    qwk: float | None
    since: str | None
    """When the first scores were made; None when these are the first."""
    warning: str | None

    def as_dict(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


def sentinel_subjects() -> list[Subject]:
    """The shipped set."""
    persona = load_persona(PERSONA)
    rows = [orjson.loads(line) for line in _FILE.read_bytes().splitlines()]
    return [Subject(row["id"], persona, row["user"], row["response"]) for row in rows]


def run_sentinel(
    settings: JudgeSettings, *, say: Callable[[str], None] = lambda _: None
) -> tuple[SentinelReport, Outcome]:
    """Score the set anew, never from the cache, and compare; the first complete scores of a judge are the reference."""
    rubric, judge = load_rubric(RUBRIC), settings.judge
    with TemporaryDirectory(prefix="kikime-sentinel-") as fresh:
        judged = judge_subjects(sentinel_subjects(), [rubric], settings, say=say, cache=Path(fresh))
    scores = {f"{line['id']}/{line['criterion']}": line["score"] for line in judged.lines if line["status"] == "ok"}
    folder = cache_home() / slug(judge.id)
    key = {"judge_id": judge.id, "protocol": judge.protocol, "rubric_hash": rubric.hash}
    first = next((r for r in read_records(folder, _KIND) if all(r[name] == key[name] for name in key)), None)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if first is None and judged.outcome.complete:
        with Segment.create(folder, _KIND) as log:
            log.append({**key, "utc": now, "scores": scores})
    return _compare(judge.id, judge.protocol, now, scores, first), judged.outcome


def _compare(
    judge_id: str, protocol: str, now: str, scores: dict[str, int], first: dict[str, Any] | None
) -> SentinelReport:
    common = sorted(scores.keys() & first["scores"].keys()) if first else []
    if first is None or not common:
        return SentinelReport(now, judge_id, protocol, 0, None, None, None, None)
    found = agreement([first["scores"][name] for name in common], [scores[name] for name in common])
    # A constant judge agrees with itself, although kappa is undefined then.
    qwk = 1.0 if found.qwk is None and found.mae == 0 else found.qwk
    change, since = found.bias or 0.0, str(first["utc"])
    drifted = abs(change) > MAX_CHANGE or (qwk or 0.0) < MIN_QWK
    shown = f"{qwk:.2f}" if qwk is not None else "undefined"
    warning = (
        f"judge {judge_id} has drifted since {since}: its mean moved by {change:+.2f} points (allowed: ±{MAX_CHANGE}), "
        f"QWK with its first scores is {shown} (needed: {MIN_QWK}); do not compare its verdicts with earlier ones"
    )
    return SentinelReport(now, judge_id, protocol, len(common), change, qwk, since, warning if drifted else None)
