import pytest

from kikime.leaderboard.data.queries import verdicts
from kikime.leaderboard.data.queries.samples import Filter, one, page_of
from kikime.leaderboard.data.ratings import Rated, annotate, scores_rating
from tests.support.app import table
from tests.support.builders import add_verdicts


def rated(row):
    return Rated(**{name: row[name] for name in ("key", "pair_key", "task", "item_id", "persona")})


def test_scores_are_shared_out_per_judge_and_criterion(august):
    shares: dict[tuple[str, str], float] = {}
    for row in verdicts.distribution(august):
        shares[row.judge, row.criterion] = shares.get((row.judge, row.criterion), 0) + row.share
    assert len(shares) == 4
    assert all(share == pytest.approx(1) for share in shares.values())


def test_judges_are_compared_with_each_other_and_with_people(august):
    assert {row.criterion for row in verdicts.between_judges(august)} == {"tone", "personality"}
    assert verdicts.with_people(august) == []
    rows = [row for row in table(august) if row["error"] is None][:12]
    for row in rows:
        scored = {v.criterion: v.score for v in one(august, row["key"]).verdicts if v.judge_id == "judge-b"}
        annotate(august, scores_rating(rated(row), {"tone": scored["tone"]}, rater="花子", model="x"))
    found = {row.a: row for row in verdicts.with_people(august)}
    assert found["judge-b / cot"].mae == 0
    assert found["judge-b / cot"].n == 12


def test_calibrate_reads_what_the_page_writes(august, tmp_path):
    from kikime.judges.trust.ratings import read_ratings

    rows = [row for row in table(august) if row["error"] is None][:5]
    for row in rows:
        annotate(august, scores_rating(rated(row), {"tone": 5, "personality": 4}, rater="花子", model="八月"))
    lines = tmp_path / "verdicts.jsonl"
    lines.write_bytes(verdicts.lines_for_calibration(august))
    found = read_ratings(august.path / "annotations.jsonl", lines).pairs
    assert {rating.criterion for rating in found} == {"tone", "personality"}
    assert {rating.judge for rating in found} <= {"judge-a", "judge-b"}


def test_only_the_newest_content_of_a_rubric_counts(august):
    add_verdicts(august, lambda _: 1, rubric_hash="h2")
    scores = {row.score for row in verdicts.distribution(august) if row.judge.startswith("judge-a")}
    assert scores == {1}
    page = page_of(august, Filter(order="judge_high"))
    assert page.total == len(table(august))


def test_people_are_compared_with_each_other(august):
    rows = [row for row in table(august) if row["error"] is None][:6]
    for at, row in enumerate(rows):
        for rater, shift in (("花子", 0), ("太郎", 1)):
            annotate(august, scores_rating(rated(row), {"tone": 1 + at + shift * (at < 5)}, rater=rater, model="八月"))
    (found,) = verdicts.between_people(august)
    assert (found.a, found.b, found.n) == ("太郎", "花子", 6)
    assert found.spearman > 0.9


def test_a_run_without_verdicts_has_none(runs):
    run = runs["大きなモデル"]
    for query in (
        verdicts.distribution,
        verdicts.statuses,
        verdicts.costs,
        verdicts.length_effect,
        verdicts.between_judges,
    ):
        assert query(run) == []
    assert verdicts.drift(run) == []
