"""The tables of a run as pages read them: finished, under way, killed or damaged."""

import json
import os

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.store.wal import REPLIES
from kikime.leaderboard.data.queries import tables
from kikime.leaderboard.data.queries.tables import has_verdicts, opened, records, rows_of
from tests.support.app import measured, table
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task


@pytest.fixture
def small(tmp_path):
    answers = {"t00": IN_VOICE, "t01": PLAIN, "t02": None}
    materials = make_materials([talk_task(3)], personas=["bushi"])
    return make_run(tmp_path, "small", lambda q: answers[q.item_id], materials=materials)


def unfinished(run):
    """The same run before its tables were made."""
    run.samples_file.unlink()
    run.scores_file.unlink()
    return run


def log_of(run):
    (path,) = run.wal.glob(f"{REPLIES}-*.jsonl")
    return path


def unsealed(line):
    """A line's record without its checksum, to be changed and written again."""
    return {name: value for name, value in json.loads(line).items() if name != "crc"}


def asked(run, query):
    with opened(run) as connection:
        return connection.execute(query).fetchall()


def test_the_log_gives_the_same_rows_as_the_tables(small):
    columns = "key, task, item_id, response, error, turn, n_prompt_tokens"
    before = asked(small, f"SELECT {columns} FROM samples ORDER BY key")
    scores = asked(small, "SELECT key, metric, value FROM scores ORDER BY ALL")
    unfinished(small)
    assert asked(small, f"SELECT {columns} FROM samples ORDER BY key") == before
    assert asked(small, "SELECT key, metric, value FROM scores ORDER BY ALL") == scores


def test_a_line_that_a_kill_tore_is_left_out(small):
    path = log_of(unfinished(small))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    assert asked(small, "SELECT count(*) FROM samples") == [(2,)]


def test_a_later_success_takes_the_place_of_a_failure_and_not_the_other_way_round(small):
    path = log_of(unfinished(small))
    lines = [unsealed(line) for line in path.read_text().splitlines()]
    failed = next(line for line in lines if line["error"])
    good = next(line for line in lines if not line["error"])
    later = [
        failed | {"error": None, "response": "二度目"},
        good | {"error": "again", "response": ""},
        good | {"response": "三度目"},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, *later]))
    assert asked(small, "SELECT response FROM samples WHERE error IS NULL ORDER BY item_id") == [
        (IN_VOICE,),
        (PLAIN,),
        ("二度目",),
    ]


def test_a_run_under_way_shows_what_was_logged_since_the_last_look(small):
    path = log_of(unfinished(small))
    assert asked(small, "SELECT count(*) FROM samples") == [(3,)]
    line = unsealed(path.read_text().splitlines()[0])
    with path.open("a") as stream:
        stream.write(json.dumps(line | {"key": "another"}) + "\n")
    assert asked(small, "SELECT count(*) FROM samples") == [(4,)]


def test_a_run_without_a_reply_says_how_to_go_on(small):
    log_of(unfinished(small)).unlink()
    with pytest.raises(UsageError) as caught:
        asked(small, "SELECT 1")
    assert "resume" in caught.value.hint


def test_a_log_of_wrong_types_is_an_expected_error(small):
    path = log_of(unfinished(small))
    line = unsealed(path.read_text().splitlines()[0])
    path.write_text(json.dumps(line | {"shots": "many"}) + "\n")
    with pytest.raises(UsageError):
        asked(small, "SELECT 1")


def test_a_table_that_breaks_while_it_is_read_is_an_expected_error(small):
    data = bytearray(small.scores_file.read_bytes())
    middle = len(data) // 3
    data[4 : 4 + middle] = b"\0" * middle
    small.scores_file.write_bytes(bytes(data))
    with pytest.raises(UsageError):
        asked(small, "SELECT key, metric, value FROM scores ORDER BY ALL")


def test_one_database_serves_until_a_file_changes(small):
    signatures = tables._signatures(small)
    before = tables._database(small.path, signatures)
    assert tables._database(small.path, tables._signatures(small)) is before
    os.utime(small.samples_file, (1, 1))
    assert tables._database(small.path, tables._signatures(small)) is not before


def test_verdicts_are_a_table_once_somebody_has_judged(small):
    assert not has_verdicts(small)
    with pytest.raises(UsageError):
        asked(small, "SELECT * FROM judge")
    add_verdicts(small, lambda _: 4)
    assert has_verdicts(small)
    assert asked(small, "SELECT count(*) FROM current_judge") == asked(small, "SELECT count(*) FROM judge") == [(4,)]


def test_older_content_of_a_rubric_does_not_count(small):
    add_verdicts(small, lambda _: 4, rubric_hash="h1")
    add_verdicts(small, lambda _: 6, rubric_hash="h2")
    assert asked(small, "SELECT DISTINCT score FROM current_judge") == [(6,)]
    assert asked(small, "SELECT count(*) FROM judge") == [(8,)]


def test_readers_do_not_disturb_each_other(small):
    with opened(small) as one, opened(small) as other:
        one.execute("SELECT key FROM samples ORDER BY key")
        other.execute("SELECT count(*) FROM samples")
        assert [key for (key,) in one.fetchall()] == sorted(row["key"] for row in table(small))
        assert other.fetchall() == [(3,)]


def test_rows_and_records_take_their_names_from_the_columns(small):
    with opened(small) as connection:
        cursor = connection.execute("SELECT item_id AS 項目, 1 AS one FROM samples ORDER BY position LIMIT 1")
        assert rows_of(cursor) == [{"項目": "t00", "one": 1}]
        cursor = connection.execute("SELECT shots, item_id FROM samples ORDER BY position LIMIT 1")
        assert records(cursor, lambda *, item_id, shots: (item_id, shots)) == [("t00", 0)]


def test_the_frame_of_a_run_is_in_the_order_of_its_plan(small):
    assert measured(small)["item_id"].tolist() == ["t00", "t01", "t02"]
