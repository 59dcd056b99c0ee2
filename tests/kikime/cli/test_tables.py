"""Tables fit the terminal without breaking a number."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from kikime.cli.tables import fitting, roomy, whole, wrapped

COLUMNS = ["Format", *(f"critical failure {n}" for n in range(9))]
ROWS = [["aines_v3", *(["100.0%"] * 9)], ["alpaca", *(["−33.3 to −27.8"] * 9)]]


def printed(width, columns=COLUMNS, rows=ROWS, left=1):
    console = Console(width=width, file=io.StringIO(), highlight=False)
    for table in fitting("a run", columns, rows, left, width):
        console.print(table)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 300])
def test_no_number_is_broken_and_no_line_is_too_long(width):
    text = printed(width)
    assert text.count("100.0%") == text.count("−33.3 to −27.8") == 9
    assert max(map(len, text.splitlines())) <= width


def test_each_part_of_a_narrow_table_has_the_text_columns():
    text = printed(80)
    assert text.count("aines_v3") == text.count("Format") == text.count("┏━") > 1
    assert text.count("a run") == 1


def test_a_wide_terminal_has_one_table():
    assert printed(300).count("aines_v3") == 1


def test_a_long_text_wraps_instead_of_the_numbers_beside_it():
    text = printed(60, ["task", "n"], [["とても長い名前" * 9, "1,234"]])
    assert "1,234" in text
    assert text.count("┏━") == 1


def test_a_table_without_numbers_is_printed():
    assert "語" in printed(20, ["a", "b"], [["語" * 30, "言" * 30]], left=2)


def test_what_is_no_terminal_has_room_for_every_heading():
    columns = ["条件", *(f"返答が途中で切れた割合その{n}" for n in range(20))]
    rows = [["形式", *(["100.0%"] * 20)]]
    width = whole(columns, rows, 1)
    assert width > 240
    assert roomy(columns, rows, 1, width, [3, 2, 1]) == list(range(21))
    assert all(name in printed(width, columns, rows).splitlines()[2] for name in columns)


def test_a_long_text_does_not_make_a_file_as_wide_as_itself():
    assert whole(["task", "n"], [["voice " * 500, "1"]], 1) == 240


def test_spare_columns_go_in_their_order_until_the_rest_has_room():
    spare = [9, 8, 7, 6]
    assert roomy(COLUMNS, ROWS, 1, 300, spare) == list(range(10))
    kept = roomy(COLUMNS, ROWS, 1, 120, spare)
    assert kept == list(range(len(kept)))
    assert 6 <= len(kept) < 10
    assert roomy(COLUMNS, ROWS, 1, 40, spare) == list(range(6))


def test_spare_texts_go_all_together():
    columns, rows = ["task", "measures", "source", "n"], [["style", "voice " * 20, "a bank", "1"]]
    assert roomy(columns, rows, 3, 60, (1, 2)) == [0, 3]
    assert roomy(columns, rows, 3, 300, (1, 2)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("overall: --explain says more", ["overall:", "--explain", "says more"]),
        ("平均は12,345件の返答", ["平均は", "12,345件の", "返答"]),
        ("これは（端）です。", ["これは", "（端）で", "す。"]),
        ("  note 59.6 % of it", ["  note", "  59.6 %", "  of it"]),
        ("short", ["short"]),
    ],
)
def test_lines_break_between_words_and_never_within_a_number(text, lines):
    assert wrapped(text, 10).split("\n") == lines


def test_a_word_that_is_longer_than_the_line_is_broken_where_the_line_ends():
    assert wrapped("a" * 25, 10).split("\n") == ["a" * 10, "a" * 10, "a" * 5]
