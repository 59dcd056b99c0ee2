"""Which columns of a table hold the user's line and the reply."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.replies import FileReply, find_columns, is_readable, replies_of, reply_id_of


def table(tmp_path: Path, content: str):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    return read_table(path)


def test_a_named_column_has_to_be_there(tmp_path):
    with pytest.raises(UsageError, match="no column 'answer'") as caught:
        find_columns(table(tmp_path, "q,a\n空は？,青い\n"), "q", "answer")
    assert caught.value.hint == "there are: q, a"


def test_one_column_cannot_be_both_sides(tmp_path):
    with pytest.raises(UsageError, match="cannot hold both"):
        find_columns(table(tmp_path, "q,a\n空は？,青い\n"), "q", "q")


def test_where_no_name_tells_the_caller_is_asked(tmp_path):
    with pytest.raises(UsageError, match="which columns hold the user's line and the reply"):
        find_columns(table(tmp_path, "x,y,z\n空は？,青い,赤い\n"))
    with pytest.raises(UsageError, match="which column holds the character's lines"):
        find_columns(table(tmp_path, "x,y,z\n空は？,青い,赤い\n"), alone=True)


def test_a_reply_may_stand_alone_where_that_is_enough(tmp_path):
    lines = table(tmp_path, "id,reply\n1,青いですわ\n")
    assert find_columns(lines, alone=True).reply == "reply"
    with pytest.raises(UsageError):
        find_columns(lines)


def test_chosen_columns_win_over_the_usual_names(tmp_path):
    found = replies_of(table(tmp_path, "prompt,response,other\n空は？,青い,赤い\n"), user="prompt", reply="other")
    assert [(each.user, each.reply) for each in found] == [("空は？", "赤い")]


@pytest.mark.parametrize(("row", "whether"), [({"reply": "青い"}, True), ({"x": 1, "y": 2}, False), ({}, False)])
def test_a_row_tells_by_its_names_whether_it_holds_a_reply(row, whether):
    assert is_readable(row) == whether


@pytest.mark.parametrize(
    ("own", "turn", "expected"), [("q7", 1, "q7"), ("q7", 3, "q7.3"), (12, 1, 12), (None, 1, 1), (True, 2, "1.2")]
)
def test_a_reply_is_called_by_its_rows_id_and_its_turn(own, turn, expected):
    assert reply_id_of({"id": own}, FileReply(1, "a.csv:1", turn=turn)) == expected
