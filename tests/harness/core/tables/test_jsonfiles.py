"""Rows of JSON, whatever shape the file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.jsonfiles import row_of


def read(tmp_path: Path, content: str, name: str = "a.json"):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return read_table(path)


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ({"a": 1}, {"a": 1}),
        ([{"role": "user"}], {"messages": [{"role": "user"}]}),
        ("青いですわ", {"text": "青いですわ"}),
    ],
)
def test_objects_dialogues_and_texts_are_rows(value, row):
    assert row_of(3, value).row == row


@pytest.mark.parametrize("value", [1, None, True, [], "", "  "])
def test_nothing_else_is_a_row(value):
    assert str(row_of(3, value).problem) == "not a JSON object"


def test_an_empty_file_has_no_rows(tmp_path):
    assert list(read(tmp_path, "\n \n").rows) == []


@pytest.mark.parametrize("content", ["3", '"text"', "null"])
def test_one_value_that_is_no_object_is_refused(tmp_path, content):
    with pytest.raises(FileFormatError):
        read(tmp_path, content)


def test_lines_of_arrays_are_lines(tmp_path):
    dialogue = '[{"role":"user","content":"空は？"},{"role":"assistant","content":"青い"}]'
    table = read(tmp_path, f"{dialogue}\n{dialogue}\n")
    assert [len(row["messages"]) for row in table.rows] == [2, 2]


def test_the_first_element_that_is_broken_is_named_by_its_line(tmp_path):
    table = read(tmp_path, '[\n {"a": 1},\n {"a": },\n {"a": 3}\n]')
    assert [row for row in table.rows if row] == [{"a": 1}, {"a": 3}]
    assert [(record.place, record.problem is None) for record in table.records] == [(2, True), (3, False), (4, True)]


def test_an_object_that_is_no_longer_wanted_leaves_an_empty_array(tmp_path):
    table = read(tmp_path, '{"a": 1}')
    table.write(tmp_path / "kept.json", [])
    assert (tmp_path / "kept.json").read_text() == "[]"


def test_an_array_of_which_nothing_is_kept_stays_an_array(tmp_path):
    table = read(tmp_path, '[\n {"a": 1},\n {"a": 2}\n]\n')
    table.write(tmp_path / "kept.json", [])
    assert (tmp_path / "kept.json").read_text().split() == ["[", "]"]
