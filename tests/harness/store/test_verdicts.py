import pytest

from kikime.harness.store.database import open_tables
from kikime.harness.store.verdicts import SCORE, age_verdicts, score_of
from tests.support.builders import IN_VOICE, add_verdicts, make_run


@pytest.mark.parametrize(
    ("line", "score"),
    [
        ({"score": 5, "expected_score": 4.6}, 4.6),
        ({"score": 5, "expected_score": None}, 5.0),
        ({"score": 3}, 3.0),
        ({"score": None, "expected_score": None}, None),
    ],
)
def test_the_expected_score_counts_before_the_score(line, score):
    assert score_of(line) == score


def test_sql_and_python_agree(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    add_verdicts(run, lambda sample: 4 if sample["item_id"] == "t00" else None)
    with open_tables(run, "judge") as connection:
        rows = connection.execute(f"SELECT score, expected_score, {SCORE} FROM judge").fetchall()
    assert {score_of({"score": s, "expected_score": e}) == found for s, e, found in rows} == {True}


def test_the_content_that_was_judged_last_has_age_0(tmp_path):
    run = make_run(tmp_path, "a", IN_VOICE)
    add_verdicts(run, lambda _: 2, rubric_hash="h1")
    add_verdicts(run, lambda _: 6, rubric_hash="h2")
    with open_tables(run, "judge") as connection:
        age_verdicts(connection, run)
        ages = dict(connection.execute("SELECT DISTINCT rubric_hash, age FROM verdicts").fetchall())
    assert sorted(ages.values()) == [0, 1]
