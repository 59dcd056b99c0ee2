"""CSV and TSV as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.tables.delimited import read_delimited
from kikime.harness.core.tables.text import decode

FILE = Path("lines.csv")


def read(content: str, delimiter: str = ",", wanted: tuple[str, ...] = ()):
    return read_delimited(FILE, decode(FILE, content.encode()), delimiter, wanted)


def rows(content: str, **options) -> list[dict[str, str | None]]:
    return [record.row for record in read(content, **options).records]


def test_a_quoted_cell_may_hold_lines_and_delimiters():
    assert rows('user,reply\n"空は？\n海は？","青い、ですわ"\n') == [
        {"user": "空は？\n海は？", "reply": "青い、ですわ"}
    ]


@pytest.mark.parametrize("content", ["空は？,青いですわ。\n海は？,深いですわ。\n", "0.5,はい\n"])
def test_a_first_record_that_is_data_is_no_header(content):
    table = read(content)
    assert not table.headed
    assert list(table.records[0].row) == ["1", "2"]


def test_a_name_that_is_asked_for_makes_a_header():
    assert read("質問。,答え。\n空は？,青い\n", wanted=("答え。",)).headed
    assert not read("質問。,答え。\n空は？,青い\n").headed


def test_a_quotation_mark_without_its_end_breaks_one_line_only():
    found = read('user,reply\n"空は？,青い\n海は？,深い\n')
    assert [record.place for record in found.records if record.problem] == [2]
    assert found.records[-1].row == {"user": "海は？", "reply": "深い"}


def test_cells_beyond_the_header_are_a_problem_with_both_counts():
    [long, short] = read("user,reply\na,b,c\nd\n").records
    assert long.problem == "3 values for 2 columns"
    assert short.row == {"user": "d", "reply": None}


def test_tabs_divide_where_they_are_said_to():
    assert rows("user\treply\na,b\tc\n", delimiter="\t") == [{"user": "a,b", "reply": "c"}]


def test_an_empty_file_is_told():
    with pytest.raises(FileFormatError, match="the file is empty"):
        read("\n\n")
