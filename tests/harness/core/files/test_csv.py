import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kikime.harness.core.files.csv import csv_bytes, guarded


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        " =1+1",
        "　=1+1",
        "＝1+1",
        "|cmd",
        "%x",
        "\u200b=1+1",
        "\ufeff=1+1",
        "\x00=1+1",
        "\ufe0f=1+1",
        "\u3164=1+1",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        "-1",
        "+81-3",
        "－1",
        "＋1",
        "@SUM(A1)",
        "＠x",
        '=HYPERLINK("http://x","y")',
    ],
)
def test_no_text_is_a_formula(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("value", [-0.5, 3, None, True, "", "ごきげんよう", "a=b", "「=」", "1-1"])
def test_what_is_no_formula_stays(value):
    assert guarded(value) is value


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4))
def test_every_text_survives_the_file(cells):
    read = list(csv.reader(io.StringIO(csv_bytes(["c"] * len(cells), [cells]).decode("utf-8-sig"), newline="")))
    assert read[1] == [guarded(cell) for cell in cells]


def test_headings_are_guarded_too():
    assert csv_bytes(["=a"], []).decode("utf-8-sig") == "'=a\r\n"


def test_a_lone_surrogate_does_not_stop_the_file():
    assert b"?" in csv_bytes(["a"], [["\ud800"]])
