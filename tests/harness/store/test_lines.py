"""What user models said: logged line by line, read back, a table of their own."""

from __future__ import annotations

import msgspec
import pyarrow.parquet as pq
import pytest

from kikime.harness.core.request import Reply
from kikime.harness.store.lines import LINES, TABLE, StoredLines, compact_lines, line_row
from kikime.harness.store.rundir import RunDirectory
from kikime.harness.store.wal import Segment
from tests.support.served import request


@pytest.fixture
def run(tmp_path) -> RunDirectory:
    return RunDirectory.create(tmp_path, "dialogues")


def row(key: str, *, turn: int = 1, position: int = 0, status: str = "ok", unspoken: int = 0, error: str | None = None):
    asked = msgspec.structs.replace(request(0), key=key, turn=turn, position=position, token_ids=[1, 2, 3])
    return line_row(asked, Reply(key=key, text="", finish_reason="stop", error=error), f"{key}です", status, unspoken)


def log(run: RunDirectory, *rows: dict) -> None:
    with Segment.create(run.wal, LINES) as segment:
        for each in rows:
            segment.append(each)


def test_a_row_has_every_column_of_the_table():
    assert set(row("a")) == set(TABLE.names)


def test_tokens_of_the_prompt_are_counted_where_the_server_does_not():
    assert row("a")["n_prompt_tokens"] == 3


def test_lines_come_dialogue_by_dialogue_whatever_the_order_of_the_log(run):
    log(run, row("c", position=1), row("b", turn=2), row("a", turn=1))
    assert [line["key"] for line in StoredLines(run).in_plan_order()] == ["a", "b", "c"]


def test_a_line_is_found_by_its_key(run):
    log(run, row("a"), row("b"))
    assert StoredLines(run).lookup("b") == Reply(key="b", text="bです", finish_reason="stop")
    assert StoredLines(run).lookup("c") is None


def test_a_line_whose_server_failed_is_asked_again_and_its_second_try_counts(run):
    stored = StoredLines(run)
    log(run, row("a", status="error", error="503", unspoken=2))
    stored.catch_up()
    assert (stored.lookup("a"), stored.n_unspoken) == (None, 2)
    log(run, row("a"))
    stored.catch_up()
    assert stored.lookup("a").text == "aです"
    assert stored.n_unspoken == 0


def test_the_first_good_line_of_a_key_stays(run):
    log(run, row("a"), row("a") | {"line": "後から"})
    assert StoredLines(run).lookup("a").text == "aです"


def test_what_is_not_asked_for_any_more_is_summed_over_dialogues(run):
    log(run, row("a", status="last", unspoken=3), row("b", position=1, status="echo", unspoken=1))
    assert StoredLines(run).n_unspoken == 4


def test_the_table_is_the_log(run):
    log(run, row("b", turn=2), row("a", turn=1))
    compact_lines(run, StoredLines(run))
    table = pq.read_table(run.lines_file)
    assert table.schema.equals(TABLE)
    assert table.column("line").to_pylist() == ["aです", "bです"]


def test_a_run_without_user_models_has_no_such_table(run):
    compact_lines(run, StoredLines(run))
    assert not run.lines_file.exists()
