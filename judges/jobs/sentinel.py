"""Judge drift: sixty fixed replies, scored anew by each session that buys verdicts, against the judge's first scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import orjson

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.files import cache_home
from kikime.harness.stats.agreement import agreement
from kikime.harness.store.rundir import slug
from kikime.harness.store.wal import Segment, read_records
from kikime.harness.words.catalogue import Translator
from kikime.judges.jobs.job import Estimate, Unit, estimate, gather_verdicts
from kikime.judges.jobs.session import JudgeSettings, Outcome, status_words
from kikime.judges.verdicts.prompt import Subject
from kikime.judges.verdicts.rubric import load_rubric

MAX_CHANGE, MIN_QWK = 0.2, 0.8
MIN_PAIRS = 120
"""Least pairs of scores for a statement about drift, half of the set (60 replies, 4 criteria).

With a standard deviation of one point between two verdicts, the mean of 120 differences is known to ±0.18.
"""
RUBRIC, PERSONA = "character_v1", "ojousama"
_FILE = Path(__file__).with_name("sentinel.jsonl")
_KIND = "sentinel"
Say = Callable[[str], None]


@dataclass(frozen=True)
class SentinelReport:
    """The judge's scores of the set now, against its first ones."""

    utc: str
    judge_id: str
    protocol: str
    n: int
    """Scores that were compared (of a first session: that were made)."""
    mean_change: float | None
    qwk: float | None
    since: str | None
    """When the first scores were made; None when these are the first."""
    warning: str | None

    def as_dict(self) -> dict[str, object]:
        """All fields."""
        return asdict(self)

    @property
    def sentence(self) -> str:
        """The report in one line."""
        say = Translator.of(None)
        if self.warning:
            return say("judging.sentinel.warning", text=self.warning)
        if self.since is None:
            return say("judging.sentinel.first", n=self.n, judge=self.judge_id)
        if self.mean_change is None:
            return say("judging.sentinel.few", n=self.n, least=MIN_PAIRS)
        return say("judging.sentinel.same", since=self.since, change=self.mean_change, n=self.n)


def sentinel_subjects() -> list[Subject]:
    """The shipped set."""
    persona = load_persona(PERSONA)
    rows = [orjson.loads(line) for line in _FILE.read_bytes().splitlines()]
    return [Subject(row["id"], persona, row["user"], row["response"]) for row in rows]


def estimate_teller(settings: JudgeSettings, say: Say) -> Callable[[Estimate], None]:
    """What says a session's estimate, and that of the sentinel set where it is going to be re-scored."""

    def tell(planned: Estimate) -> None:
        say(planned.sentence(settings.judge))
        if planned.to_ask:
            say_sentinel_cost(settings, say)

    return tell


def say_sentinel_cost(settings: JudgeSettings, say: Say) -> None:
    """Say what re-scoring the set will cost, where the settings ask for it."""
    if settings.sentinel:
        again = estimate(_units(), settings.judge, lambda _: None)
        say(Translator.of(None)("judging.sentinel.cost", n=again.to_ask, cost=again.cost))


def watch_drift(settings: JudgeSettings, outcome: Outcome, *, say: Say = lambda _: None) -> SentinelReport | None:
    """Re-score the sentinel set after a session that bought verdicts; adds its cost to ``outcome``.

    None: the settings leave it out, nothing was bought, the session ended early, or no reply of the set got a score.
    """
    if not settings.sentinel or not outcome.bought or outcome.stop is not None:
        return None
    report, watched = run_sentinel(settings.after(outcome.spent_usd))
    outcome.spent_usd += watched.spent_usd
    if not watched.statuses["ok"]:
        say(Translator.of(None)("judging.sentinel.unscored", why=_why_unscored(watched)))
        return None
    say(report.sentence)
    return report


def _why_unscored(outcome: Outcome) -> str:
    if outcome.stop is not None:
        return outcome.stop.message
    status, say = outcome.statuses.most_common(1)[0][0], Translator.of(None)
    if status == "budget":
        return say("judging.sentinel.budget")
    return say("judging.sentinel.every", status=status_words(say, status))


class FirstScores(msgspec.Struct):
    """The scores of the set that later ones are compared with, as a judge's folder keeps them."""

    judge_id: str
    protocol: str
    rubric_hash: str
    utc: str
    scores: dict[str, int]
    """By reply and criterion, ``ID/CRITERION``."""


def run_sentinel(settings: JudgeSettings) -> tuple[SentinelReport, Outcome]:
    """Score the set anew, never from the cache, and compare with the first 120 or more scores that this judge gave."""
    units, judge = _units(), settings.judge
    with TemporaryDirectory(prefix="kikime-sentinel-") as fresh:
        judged = gather_verdicts(len(units), units, settings, cache=Path(fresh))
    scores = {f"{line.id}/{line.criterion}": line.score for line in judged.lines if line.status == "ok"}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    own = {name: score for name, score in scores.items() if score is not None}
    given = FirstScores(judge.id, judge.protocol, load_rubric(RUBRIC).hash, now, own)
    folder = cache_home("judge") / slug(judge.id)
    first = next((known for known in _first_scores(folder) if _same_question(known, given)), None)
    if first is None and len(own) >= MIN_PAIRS:
        with Segment.create(folder, _KIND) as log:
            log.append(msgspec.to_builtins(given))
    return _compare(given, first), judged.outcome


def _units() -> list[Unit]:
    rubric = load_rubric(RUBRIC)
    return [Unit(index, subject, rubric) for index, subject in enumerate(sentinel_subjects())]


def _first_scores(folder: Path) -> Iterator[FirstScores]:
    for record in read_records(folder, _KIND):
        with suppress(msgspec.ValidationError):
            yield msgspec.convert(record, FirstScores)


def _same_question(one: FirstScores, other: FirstScores) -> bool:
    return (one.judge_id, one.protocol, one.rubric_hash) == (other.judge_id, other.protocol, other.rubric_hash)


def _compare(now: FirstScores, first: FirstScores | None) -> SentinelReport:
    empty = SentinelReport(now.utc, now.judge_id, now.protocol, len(now.scores), None, None, None, None)
    if first is None:
        return empty
    common = sorted(now.scores.keys() & first.scores.keys())
    empty = replace(empty, n=len(common), since=first.utc)
    if len(common) < MIN_PAIRS:
        return empty
    found = agreement([first.scores[name] for name in common], [now.scores[name] for name in common])
    # A constant judge agrees with itself, although kappa is undefined then.
    qwk = 1.0 if found.qwk is None and found.mae == 0 else found.qwk
    change = found.bias or 0.0
    drifted = abs(change) > MAX_CHANGE or (qwk or 0.0) < MIN_QWK
    report = replace(empty, mean_change=change, qwk=qwk)
    return replace(report, warning=_drift(report)) if drifted else report


def _drift(report: SentinelReport) -> str:
    say = Translator.of(None)
    return say(
        "judging.sentinel.drift",
        judge=report.judge_id,
        since=report.since,
        change=report.mean_change,
        allowed=MAX_CHANGE,
        qwk=say("judging.sentinel.undefined") if report.qwk is None else f"{report.qwk:.2f}",
        needed=MIN_QWK,
    )
