"""Cells of downloads, read back by what people open them with."""

import csv
import io
import json

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.page import download
from kikime.leaderboard.page.download import as_csv, as_json, as_markdown

TEXTS = [
    "",
    "a,b",
    '"',
    "改行\nあり",
    "家\U0001f468\u200d\U0001f469",
    "が\u3099",
    "'",
    "1,000",
    "０",
    "\u202e",
    " x ",
]


def read(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_from_csv_as_it_was(text):
    assert read(as_csv([{"返答": text, "次": "x"}])) == [["返答", "次"], [text, "x"]]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_back_from_json_as_it_was(text):
    assert json.loads(as_json([{"返答": text}])) == [{"返答": text}]


@pytest.mark.parametrize("number", [0, -1, -0.5, 1e-9, 123456789.123, True])
def test_a_number_is_no_formula(number):
    ((_,), (cell,)) = read(as_csv([{"n": number}]))
    assert not cell.startswith("'")


def test_what_is_missing_is_an_empty_cell_and_null():
    rows = [{"a": None, "b": float("nan")}]
    assert read(as_csv(rows))[1][0] == ""
    assert json.loads(as_json(rows)) == [{"a": None, "b": None}]


def test_a_heading_is_guarded_like_a_cell():
    ((heading,), _) = read(as_csv([{"=1+1": 1}]))
    assert heading == "'=1+1"


@pytest.mark.parametrize("cell", ["=1+1", "＝1+1", "|cmd", "%x", "\u200b=1", "\t=1", "\r=1", " =1+1", "@x", "-x", "+x"])
def test_a_cell_that_a_spreadsheet_would_run_is_quoted(cell):
    ((_,), (found,)) = read(as_csv([{"a": cell}]))
    assert found == f"'{cell}"


def test_rows_keep_their_order_and_columns_that_of_the_first_row():
    rows = [{"b": 1, "a": 2}, {"b": 3, "a": 4}]
    assert read(as_csv(rows)) == [["b", "a"], ["1", "2"], ["3", "4"]]
    assert as_markdown(rows).decode().splitlines()[0] == "| b | a |"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "—"),
        (0.00001234, "1.234e-05"),
        (1234567.0, r"1.235e\+06"),
        (0.5, "0.5"),
        (3, "3"),
        ("a\tb", "a b"),
        (True, "True"),
    ],
)
def test_a_cell_of_a_model_card_is_one_line(value, cell):
    assert as_markdown([{"x": value}]).decode().splitlines()[2] == f"| {cell} |"


@pytest.mark.parametrize(
    "text", ["[x](javascript:y)", "![x](http://y)", "`z`", "*a*", "_b_", "~c~", "$d$", "<b>", "http://a.b"]
)
def test_markdown_of_a_reply_stays_text(text):
    cell = as_markdown([{"x": text}]).decode().splitlines()[2]
    assert text not in cell


def test_lone_surrogates_do_not_stop_a_markdown_table():
    assert "?" in as_markdown([{"x": "\ud800"}]).decode()


def test_what_json_does_not_know_is_written_as_text(tmp_path):
    assert json.loads(as_json([{"path": tmp_path, "set": {1}}])) == [{"path": str(tmp_path), "set": "{1}"}]


def test_rows_are_made_only_when_somebody_asks():
    asked = []
    rows = lambda: asked.append(1) or [{"a": 1}]  # noqa: E731
    assert download._made(as_json, rows) == as_json([{"a": 1}])
    assert download._made(as_json, [{"a": 1}]) == as_json([{"a": 1}])
    assert asked == [1]


def test_three_files_are_offered_and_none_where_there_are_no_rows(monkeypatch):
    offered = []
    monkeypatch.setattr(download.st, "download_button", lambda label, **options: offered.append(options))
    download.buttons(Translator("ja"), "名前", [{"a": 1}], key="k")
    download.buttons(Translator("ja"), "x", [], key="e")
    download.buttons(Translator("ja"), "f", list, key="f")
    assert [option["file_name"] for option in offered[:3]] == ["kikime-名前.csv", "kikime-名前.md", "kikime-名前.json"]
    assert [option["disabled"] for option in offered] == [False] * 3 + [True] * 3 + [False] * 3
    assert len({option["key"] for option in offered}) == 9
    assert json.loads(offered[2]["data"]()) == [{"a": 1}]
