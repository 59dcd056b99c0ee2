import csv
import io
import re

import pytest

from kikime.leaderboard.page.download import as_csv, as_json, as_markdown


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1"])
def test_no_cell_is_a_formula(cell):
    read = list(csv.reader(io.StringIO(as_csv([{"reply": cell}]).decode("utf-8-sig"), newline="")))
    assert read[1][0] == f"'{cell}"


def test_csv_starts_with_a_byte_order_mark():
    assert as_csv([{"あ": 1}]).startswith(b"\xef\xbb\xbf")


def test_a_markdown_cell_stays_a_cell():
    text = as_markdown([{"reply": "a|b\n# c ![x](http://y) <script> `z`"}]).decode()
    row = text.splitlines()[2]
    assert len(re.findall(r"(?<!\\)\|", row)) == 2
    assert "<script>" not in row
    assert "![x](" not in row


def test_json_is_a_list_of_the_rows_with_numbers_as_numbers():
    import json

    import numpy as np

    rows = [{"名": "a", "n": np.int64(3), "mean": None}]
    assert json.loads(as_json(rows)) == [{"名": "a", "n": 3, "mean": None}]
    assert json.loads(as_json([])) == []


def test_a_markdown_table_rounds_numbers_and_shows_a_dash_for_none():
    lines = as_markdown([{"name": "a", "mean": 0.123456, "low": None}]).decode().splitlines()
    assert lines == ["| name | mean | low |", "| --- | --- | --- |", "| a | 0.1235 | — |"]


def test_no_rows_make_an_empty_file_of_each_kind():
    assert as_markdown([]) == b""
    assert as_csv([]).decode("utf-8-sig").strip() == ""
