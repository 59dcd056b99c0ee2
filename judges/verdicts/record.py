"""What is kept of one call: the verdict and everything needed to account for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from kikime.judges.verdicts.judge import Call, Judge
from kikime.judges.verdicts.verdict import FINAL, Verdict


class Usage(msgspec.Struct):
    """Tokens and money of all the calls that one verdict took."""

    n_in: int = 0
    n_out: int = 0
    n_cached: int = 0
    cost_usd: float | None = 0.0
    """None: the price is unknown."""
    calls: int = 0

    def __add__(self, other: Usage) -> Usage:
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.n_in + other.n_in,
            self.n_out + other.n_out,
            self.n_cached + other.n_cached,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            self.calls + other.calls,
        )


class Record(msgspec.Struct, frozen=True):
    """A verdict with its provenance, as it is stored."""

    judge_key: str
    judge_id: str
    snapshot: str
    """The model that the server says it used."""
    fingerprint: str
    """The server's ``system_fingerprint``."""
    protocol: str
    rubric: str
    rubric_hash: str
    asked: list[str]
    verdict: Verdict
    usage: Usage
    utc: str
    batch: bool = False

    @property
    def final(self) -> bool:
        """Whether it is never asked again."""
        return self.verdict.status in FINAL

    def stored(self) -> dict[str, object]:
        """As JSON-like values."""
        builtins: dict[str, object] = msgspec.to_builtins(self)
        return builtins


def make_record(
    call: Call,
    judge: Judge,
    verdict: Verdict,
    usage: Usage,
    *,
    snapshot: str = "",
    fingerprint: str = "",
    batch: bool = False,
) -> Record:
    """A record of ``call``, answered now."""
    return Record(
        judge_key=call.key,
        judge_id=judge.id,
        snapshot=snapshot,
        fingerprint=fingerprint,
        protocol=call.protocol,
        rubric=call.rubric.label,
        rubric_hash=call.rubric.hash,
        asked=list(call.asked),
        verdict=verdict,
        usage=usage,
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
        batch=batch,
    )


def read_record(stored: Mapping[str, object]) -> Record | None:
    """A stored record; None when it is not one (written by another version)."""
    try:
        return msgspec.convert(stored, Record)
    except msgspec.ValidationError:
        return None
