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
    assert summarise(run)["judge_drift"] is None


def test_damage_that_shows_while_reading_is_told_too(tmp_path):
    run = make_run(tmp_path, "x", IN_VOICE)
    content = bytearray(run.scores_file.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    run.scores_file.write_bytes(bytes(content))
    with pytest.raises(UsageError, match="a table is broken"), open_tables(run, "scores") as connection:
        connection.execute("SELECT * FROM scores").fetchall()
