"""What ``kikime verify`` finds."""

from __future__ import annotations

from typing import Literal

from kikime.harness.core.reasons import Reason
from kikime.harness.core.records import Record


class Finding(Record, frozen=True):
    """One thing that is not as it should be."""

    state: Literal["fault", "note"]
    """``note``: nothing is wrong with what is reported, and nothing has to be done."""
    file: str
    """Where, relative to the run."""
    what: Reason
    mend: Reason
    """What to do next."""


class Checked(Record, frozen=True):
    """How much was looked at."""

    log_lines: int = 0
    replies: int = 0
    """Different ones in the log, failed ones included."""
    sample_rows: int = 0
    score_rows: int = 0
    verdicts: int = 0
    user_lines: int = 0
    """Lines of user models."""


class Verification(Record, frozen=True):
    """Whether a run is whole."""

    run: str
    path: str
    ok: bool
    """No fault; there may be notes."""
    checked: Checked
    findings: list[Finding]


def fault(file: str, code: str, mend: Reason, **values: str | float) -> Finding:
    """Something is wrong."""
    return Finding("fault", file, Reason(f"verify_{code}", dict(values)), mend)


def remark(file: str, code: str, mend: Reason, **values: str | float) -> Finding:
    """Something is worth knowing."""
    return Finding("note", file, Reason(f"verify_{code}", dict(values)), mend)
