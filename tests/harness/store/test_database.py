import pyarrow.parquet as pq
import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.store.database import open_tables
from kikime.harness.store.summary import summarise
from tests.support.builders import IN_VOICE, add_verdicts, make_run


@pytest.mark.parametrize("table", ["scores", "judge"])
def test_a_broken_table_is_named_with_the_command_that_builds_it_again(tmp_path, table):
    run = make_run(tmp_path, "x", IN_VOICE)
    add_verdicts(run, lambda _: 5)
    path = run.path / f"{table}.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UsageError, match=f"{table}.parquet") as caught:
        summarise(run)
    assert caught.value.hint == f"build it again from the log: kikime resume {run.path}"


def test_an_odd_entry_of_the_judges_record_does_not_stop_the_summary(tmp_path):
    run = make_run(tmp_path, "x", IN_VOICE)
    (run.path / "judge.json").write_text('{"sentinel": [7, {"mean_change": 0.5}]}', encoding="utf-8")
    assert summarise(run).judge_drift is None


def test_damage_that_shows_while_reading_is_told_too(tmp_path):
    run = make_run(tmp_path, "x", IN_VOICE)
    content = bytearray(run.scores_file.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    run.scores_file.write_bytes(bytes(content))
    with pytest.raises(UsageError, match="a table is broken"), open_tables(run, "scores") as connection:
        connection.execute("SELECT * FROM scores").fetchall()


def broken(run, name):
    getattr(run, f"{name}_file").write_bytes(b"PAR1 no table")
    return run


@pytest.mark.parametrize("name", ["samples", "scores"])
def test_a_broken_table_is_a_clean_error_for_every_reader(tmp_path, name):
    from kikime.harness.reports.comparison.compare import compare
    from kikime.harness.retention.outcomes import run_outcomes
    from kikime.harness.store.samples import read_samples
    from kikime.leaderboard.data.queries.tables import opened

    run = broken(make_run(tmp_path, "a", IN_VOICE), name)

    def page():
        with opened(run) as connection:
            connection.execute(f"SELECT * FROM {name}").fetchall()

    for read in (lambda: compare(run, run), lambda: run_outcomes(run), lambda: read_samples(run), page):
        with pytest.raises(UsageError, match="a table is broken") as caught:
            read()
        assert f"kikime resume {run.path}" in caught.value.hint


def test_verdicts_of_earlier_versions_are_on_the_usual_scale(tmp_path):
    run = make_run(tmp_path, "x", IN_VOICE)
    add_verdicts(run, lambda _: 5)
    table = pq.read_table(run.judge_file)
    for stored in (table, table.drop_columns(["scale", "evidence_turns"])):
        pq.write_table(stored, run.judge_file)
        with open_tables(run, "judge") as connection:
            assert connection.execute("SELECT DISTINCT scale FROM judge").fetchall() == [(7,)]
