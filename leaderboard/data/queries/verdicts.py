"""What the judges did in one run: distribution, agreement, length effect, cost, failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import combinations

import msgspec
import orjson

from kikime.harness.core.reasons import Reason
from kikime.harness.stats.agreement import agreement
from kikime.harness.store.rundir import RunDirectory, read_json
from kikime.harness.store.verdicts import SCORE
from kikime.judges.jobs.flags import one_score
from kikime.leaderboard.data.queries.tables import Record, opened, records, rows_of
from kikime.leaderboard.data.ratings import read_annotations

MOST_PAIRS = 500


class ByJudge(msgspec.Struct, frozen=True):
    """Something of one judge that asks by one protocol."""

    judge_id: str
    protocol: str

    @property
    def judge(self) -> str:
        """What the page calls the judge."""
        return f"{self.judge_id} / {self.protocol}"


class Share(ByJudge, frozen=True):
    """How often a judge gave one score to a criterion."""

    criterion: str
    score: int
    """1 to ``scale``."""
    scale: int
    """The highest point of the rubric."""
    n: int
    share: float
    """Of the criterion's scores, 0–1."""


class Status(ByJudge, frozen=True):
    """How many verdicts ended in one way."""

    status: str
    n: int
    grounded: float | None
    """Share of those whose evidence was found in the reply."""


class Spent(ByJudge, frozen=True):
    """Tokens and money of one judge."""

    lines: int
    calls: int
    n_in: int
    n_out: int
    cost_usd: float | None
    """None where a price is unknown."""


class Quarter(ByJudge, frozen=True):
    """Scores of the replies of one quarter of all lengths."""

    criterion: str
    quarter: int
    """1 (the shortest) to 4."""
    chars: float
    mean: float
    n: int


class Adjusted(ByJudge, frozen=True):
    """A mean as given and adjusted for length."""

    criterion: str
    n: int
    mean: float
    mean_adjusted: float | None
    correlation: float | None
    """Rank correlation of score and length."""


class Agreed(msgspec.Struct, frozen=True):
    """How far two judges, two people, or a judge and people agree on one criterion."""

    a: str
    b: str
    """Empty for people together."""
    criterion: str
    n: int
    qwk: float | None
    spearman: float | None
    spearman_low: float | None
    spearman_high: float | None
    alpha: float | None
    bias: float | None
    mae: float | None
    may_rank: bool


class SentinelReport(msgspec.Struct, frozen=True):
    """The fixed set of replies, scored again in one session."""

    utc: str = ""
    judge_id: str = ""
    mean_change: float | None = None
    qwk: float | None = None
    n: int | None = None
    since: str | None = None
    warning: str | None = None


def distribution(run: RunDirectory) -> list[Share]:
    """Scores per judge and criterion."""
    return _query(
        run,
        Share,
        """SELECT *, n / sum(n) OVER (PARTITION BY judge_id, protocol, criterion, scale) AS share FROM (
              SELECT judge_id, protocol, criterion, scale, score::INTEGER AS score, count(*) AS n FROM current_judge
              WHERE status = 'ok' AND score IS NOT NULL GROUP BY ALL) ORDER BY judge_id, protocol, criterion, scale, score""",
    )


def statuses(run: RunDirectory) -> list[Status]:
    """Verdicts per judge and status, the most frequent first."""
    return _query(
        run,
        Status,
        """SELECT judge_id, protocol, status, count(*) AS n, avg(grounded::INTEGER) AS grounded FROM judge
            GROUP BY ALL ORDER BY judge_id, protocol, n DESC""",
    )


def one_scores(run: RunDirectory) -> list[Reason]:
    """A warning of each judge that gave everything one and the same score."""
    rows = _query(
        run,
        _Scored,
        f"""SELECT judge_id, protocol, criterion, key, {SCORE} AS score FROM current_judge
            WHERE score IS NOT NULL ORDER BY judge_id, protocol""",  # noqa: S608  (own column names)
    )
    given: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        given.setdefault(row.judge, []).append((row.key, row.score))
    return [found for judge, scores in given.items() if (found := one_score(judge, scores)) is not None]


def costs(run: RunDirectory) -> list[Spent]:
    """Tokens and money per judge."""
    return _query(
        run,
        Spent,
        """SELECT judge_id, protocol, count(*) AS lines, count(DISTINCT judge_key) AS calls,
                   sum(n_in)::BIGINT AS n_in, sum(n_out)::BIGINT AS n_out,
                   CASE WHEN count(cost_usd) = count(*) THEN sum(cost_usd) END AS cost_usd
            FROM judge GROUP BY ALL ORDER BY judge_id, protocol""",
    )


def length_effect(run: RunDirectory) -> list[Quarter]:
    """Mean score per quarter of reply length, per judge and criterion."""
    return _query(
        run,
        Quarter,
        f"""WITH scored AS (
              SELECT judge_id, protocol, criterion, {SCORE} AS score, length(response) AS chars
              FROM current_judge JOIN samples USING (key) WHERE status = 'ok' AND score IS NOT NULL),
            quarters AS (SELECT *, ntile(4) OVER (PARTITION BY judge_id, protocol, criterion ORDER BY chars) AS quarter FROM scored)
            SELECT judge_id, protocol, criterion, quarter, avg(chars) AS chars, avg(score) AS mean, count(*) AS n
            FROM quarters GROUP BY ALL ORDER BY judge_id, protocol, criterion, quarter""",  # noqa: S608
    )


def adjusted(run: RunDirectory) -> list[Adjusted]:
    """Means as given and adjusted for length, per judge and criterion."""
    return _query(
        run,
        Adjusted,
        f"""WITH scored AS (
              SELECT judge_id, protocol, criterion, {SCORE} AS score, score_adjusted, length(response) AS chars
              FROM current_judge JOIN samples USING (key) WHERE status = 'ok' AND score IS NOT NULL),
            ranked AS (SELECT *, rank() OVER (PARTITION BY judge_id, protocol, criterion ORDER BY score) AS r1,
                              rank() OVER (PARTITION BY judge_id, protocol, criterion ORDER BY chars) AS r2 FROM scored)
            SELECT judge_id, protocol, criterion, count(*) AS n, avg(score) AS mean, avg(score_adjusted) AS mean_adjusted,
                   CASE WHEN count(DISTINCT r1) > 1 AND count(DISTINCT r2) > 1 THEN corr(r1, r2) END AS correlation
            FROM ranked GROUP BY ALL ORDER BY judge_id, protocol, criterion""",  # noqa: S608
    )


def between_judges(run: RunDirectory) -> list[Agreed]:
    """Agreement of every two judges on the replies that both scored, per criterion."""
    scores = _scores(run)
    found = []
    judges = sorted({judge for judge, _, _ in scores})
    for criterion in sorted({criterion for _, criterion, _ in scores}):
        for one, other in combinations(judges, 2):
            pairs = [
                (score, scores[other, criterion, key])
                for (judge, name, key), score in scores.items()
                if judge == one and name == criterion and (other, criterion, key) in scores
            ]
            if pairs:
                found.append(_agreement(one, other, criterion, pairs))
    return found


def with_people(run: RunDirectory) -> list[Agreed]:
    """Agreement of every judge with the mean of the people's scores of a reply, per criterion."""
    people: dict[tuple[str, str], list[float]] = {}
    for line in read_annotations(run):
        for criterion, value in line.human_scores.items():
            people.setdefault((criterion, line.id), []).append(float(value))
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for (judge, criterion, key), score in _scores(run).items():
        values = people.get((criterion, key))
        if values:
            pairs.setdefault((judge, criterion), []).append((sum(values) / len(values), score))
    return [_agreement(judge, "", criterion, found) for (judge, criterion), found in sorted(pairs.items())]


def between_people(run: RunDirectory) -> list[Agreed]:
    """Agreement of every two people on the replies that both rated, per criterion."""
    given: dict[tuple[str, str], dict[str, float]] = {}
    for line in read_annotations(run):
        for criterion, value in line.human_scores.items():
            given.setdefault((criterion, line.rater), {})[line.id] = float(value)
    found = []
    for (criterion, one), (other_criterion, other) in combinations(sorted(given), 2):
        if criterion == other_criterion:
            mine, theirs = given[criterion, one], given[criterion, other]
            pairs = [(mine[key], theirs[key]) for key in sorted(mine.keys() & theirs.keys())]
            found += [_agreement(one, other, criterion, pairs)] if pairs else []
    return found


def drift(run: RunDirectory) -> list[SentinelReport]:
    """Reports of the sentinel set, oldest first."""
    reports = (read_json(run.path / "judge.json") or {}).get("sentinel")
    found = []
    for report in reports if isinstance(reports, list) else ():
        with suppress(msgspec.ValidationError):
            found.append(msgspec.convert(report, SentinelReport))
    return found


def lines_for_calibration(run: RunDirectory) -> bytes:
    """The run's verdicts as lines that ``kikime calibrate --verdicts`` reads."""
    if run.table_state("judge") is None:
        return b""
    with opened(run) as connection:
        rows = rows_of(
            connection.execute(
                """SELECT key AS id, judge_id, criterion, score, expected_score, status FROM current_judge
                   ORDER BY ALL"""
            )
        )
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


class _Scored(ByJudge, frozen=True):
    criterion: str
    key: str
    score: float


def _scores(run: RunDirectory) -> dict[tuple[str, str, str], float]:
    rows = _query(
        run,
        _Scored,
        f"""SELECT judge_id, protocol, criterion, key, avg({SCORE}) AS score FROM current_judge
            WHERE status = 'ok' AND score IS NOT NULL GROUP BY ALL""",  # noqa: S608
    )
    return {(row.judge, row.criterion, row.key): row.score for row in rows}


def _agreement(a: str, b: str, criterion: str, pairs: Sequence[tuple[float, float]]) -> Agreed:
    """Agreement of at most :data:`MOST_PAIRS` pairs, evenly over all of them: the intervals cost memory per pair."""
    chosen = pairs if len(pairs) <= MOST_PAIRS else [pairs[at * len(pairs) // MOST_PAIRS] for at in range(MOST_PAIRS)]
    found = agreement([one for one, _ in chosen], [other for _, other in chosen])
    return Agreed(
        a,
        b,
        criterion,
        found.n,
        found.qwk,
        found.spearman,
        found.spearman_low,
        found.spearman_high,
        found.alpha,
        found.bias,
        found.mae,
        found.may_rank,
    )


def _query(run: RunDirectory, kind: Callable[..., Record], query: str) -> list[Record]:
    if run.table_state("judge") is None:
        return []
    with opened(run) as connection:
        return records(connection.execute(query), kind)
