"""What the judges did in one run: distribution, agreement, length effect, cost, failures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import orjson

from kikime.harness.stats.agreement import agreement
from kikime.harness.store.rundir import RunDirectory, read_json
from kikime.harness.store.verdicts import SCORE
from kikime.leaderboard.data.queries.tables import opened, rows_of
from kikime.leaderboard.data.ratings import read_annotations

MOST_PAIRS = 500
_JUDGE = "judge_id || ' / ' || protocol"


def distribution(run: RunDirectory) -> list[dict[str, Any]]:
    """Scores per judge and criterion: ``judge, criterion, score`` (1–7), ``n`` and ``share`` (0–1)."""
    return _query(
        run,
        f"""SELECT *, n / sum(n) OVER (PARTITION BY judge, criterion) AS share FROM (
              SELECT {_JUDGE} AS judge, criterion, score::INTEGER AS score, count(*) AS n FROM current_judge
              WHERE status = 'ok' AND score IS NOT NULL GROUP BY ALL) ORDER BY judge, criterion, score""",  # noqa: S608
    )


def statuses(run: RunDirectory) -> list[dict[str, Any]]:
    """Verdicts per judge and status: ``judge, status, n``, and ``grounded`` (share of ok ones with found evidence)."""
    return _query(
        run,
        f"""SELECT {_JUDGE} AS judge, status, count(*) AS n, avg(grounded::INTEGER) AS grounded FROM judge
            GROUP BY ALL ORDER BY judge, n DESC""",  # noqa: S608
    )


def costs(run: RunDirectory) -> list[dict[str, Any]]:
    """Tokens and money per judge; ``cost_usd`` is None where a price is unknown."""
    return _query(
        run,
        f"""SELECT {_JUDGE} AS judge, count(*) AS lines, count(DISTINCT judge_key) AS calls,
                   sum(n_in)::BIGINT AS n_in, sum(n_out)::BIGINT AS n_out,
                   CASE WHEN count(cost_usd) = count(*) THEN sum(cost_usd) END AS cost_usd
            FROM judge GROUP BY ALL ORDER BY judge""",  # noqa: S608
    )


def length_effect(run: RunDirectory) -> list[dict[str, Any]]:
    """Mean score per quarter of reply length: ``judge, criterion, quarter`` (1–4), ``chars, mean, n``."""
    return _query(
        run,
        f"""WITH scored AS (
              SELECT {_JUDGE} AS judge, criterion, {SCORE} AS score, length(response) AS chars
              FROM current_judge JOIN samples USING (key) WHERE status = 'ok' AND score IS NOT NULL),
            quarters AS (SELECT *, ntile(4) OVER (PARTITION BY judge, criterion ORDER BY chars) AS quarter FROM scored)
            SELECT judge, criterion, quarter, avg(chars) AS chars, avg(score) AS mean, count(*) AS n
            FROM quarters GROUP BY ALL ORDER BY judge, criterion, quarter""",  # noqa: S608
    )


def adjusted(run: RunDirectory) -> list[dict[str, Any]]:
    """Means as given and adjusted for length, and their rank correlation with length, per judge and criterion."""
    return _query(
        run,
        f"""WITH scored AS (
              SELECT {_JUDGE} AS judge, criterion, {SCORE} AS score, score_adjusted, length(response) AS chars
              FROM current_judge JOIN samples USING (key) WHERE status = 'ok' AND score IS NOT NULL),
            ranked AS (SELECT *, rank() OVER (PARTITION BY judge, criterion ORDER BY score) AS r1,
                              rank() OVER (PARTITION BY judge, criterion ORDER BY chars) AS r2 FROM scored)
            SELECT judge, criterion, count(*) AS n, avg(score) AS mean, avg(score_adjusted) AS mean_adjusted,
                   CASE WHEN count(DISTINCT r1) > 1 AND count(DISTINCT r2) > 1 THEN corr(r1, r2) END AS correlation
            FROM ranked GROUP BY ALL ORDER BY judge, criterion""",  # noqa: S608
    )


def between_judges(run: RunDirectory) -> list[dict[str, Any]]:
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
                found.append({"a": one, "b": other, "criterion": criterion, **_agreement(pairs)})
    return found


def with_people(run: RunDirectory) -> list[dict[str, Any]]:
    """Agreement of every judge with the mean of the people's scores of a reply, per criterion."""
    people: dict[tuple[str, str], list[float]] = {}
    for line in read_annotations(run):
        for criterion, value in (line.get("human_scores") or {}).items():
            people.setdefault((criterion, str(line["id"])), []).append(float(value))
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for (judge, criterion, key), score in _scores(run).items():
        values = people.get((criterion, key))
        if values:
            pairs.setdefault((judge, criterion), []).append((sum(values) / len(values), score))
    return [
        {"judge": judge, "criterion": criterion, **_agreement(found)}
        for (judge, criterion), found in sorted(pairs.items())
    ]


def between_people(run: RunDirectory) -> list[dict[str, Any]]:
    """Agreement of every two people on the replies that both rated, per criterion."""
    given: dict[tuple[str, str], dict[str, float]] = {}
    for line in read_annotations(run):
        for criterion, value in (line.get("human_scores") or {}).items():
            given.setdefault((criterion, str(line["rater"])), {})[str(line["id"])] = float(value)
    found = []
    for (criterion, one), (other_criterion, other) in combinations(sorted(given), 2):
        if criterion == other_criterion:
            mine, theirs = given[criterion, one], given[criterion, other]
            pairs = [(mine[key], theirs[key]) for key in sorted(mine.keys() & theirs.keys())]
            found += [{"a": one, "b": other, "criterion": criterion, **_agreement(pairs)}] if pairs else []
    return found


def drift(run: RunDirectory) -> list[dict[str, Any]]:
    """Reports of the sentinel set, oldest first: ``utc, judge_id, mean_change, qwk, n, since, warning``."""
    reports = (read_json(run.path / "judge.json") or {}).get("sentinel")
    return [report for report in reports if isinstance(report, dict)] if isinstance(reports, list) else []


def lines_for_calibration(run: RunDirectory) -> bytes:
    """The run's verdicts as lines that ``kikime calibrate --verdicts`` reads."""
    rows = _query(
        run, "SELECT key AS id, judge_id, criterion, score, expected_score, status FROM current_judge ORDER BY ALL"
    )
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _scores(run: RunDirectory) -> dict[tuple[str, str, str], float]:
    rows = _query(
        run,
        f"""SELECT {_JUDGE} AS judge, criterion, key, avg({SCORE}) AS score FROM current_judge
            WHERE status = 'ok' AND score IS NOT NULL GROUP BY ALL""",  # noqa: S608
    )
    return {(row["judge"], row["criterion"], row["key"]): row["score"] for row in rows}


def _agreement(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Agreement of at most :data:`MOST_PAIRS` pairs, evenly over all of them: the intervals cost memory per pair."""
    chosen = pairs if len(pairs) <= MOST_PAIRS else [pairs[at * len(pairs) // MOST_PAIRS] for at in range(MOST_PAIRS)]
    found = agreement([a for a, _ in chosen], [b for _, b in chosen])
    names = ("n", "qwk", "spearman", "spearman_low", "spearman_high", "alpha", "bias", "mae")
    return {name: getattr(found, name) for name in names} | {"may_rank": found.may_rank}


def _query(run: RunDirectory, query: str) -> list[dict[str, Any]]:
    if not run.judge_file.is_file():
        return []
    with opened(run) as connection:
        return rows_of(connection.execute(query))
