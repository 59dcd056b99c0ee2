import csv
import io
import re

import pytest

from kikime.leaderboard.page.download import as_csv, as_markdown


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
