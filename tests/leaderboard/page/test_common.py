import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.page.common import address, bin_of, frame_of, number, size, without

JA, EN = Translator("ja"), Translator("en")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(1234.56), "1,234.6"),
        (number(0.5, 3), "0.500"),
        (number(None), "—"),
        (size(3_000_000_000), "3.0B"),
        (size(350_000_000), "0.3B"),
        (size(3_100_000), "3.1M"),
        (size(None), "—"),
        (bin_of(10, 5), "10-14"),
        (bin_of(7, 1), "7-7"),
    ],
)
def test_numbers_are_shown_as_people_read_them(shown, text):
    assert shown == text


def test_an_address_leaves_out_what_has_no_value():
    assert address(JA, "samples", run="r1", persona=None, task="", flag=[]) == "samples?run=r1"


def test_an_address_repeats_what_has_several_values():
    assert address(JA, "samples", run="r1", shots=["1", "2"]) == "samples?run=r1&shots=1&shots=2"


def test_an_address_keeps_the_language_and_hides_no_character():
    assert address(EN, "samples", run="アイネス&8月").endswith("&lang=en")
    assert "run=%E3%82%A2" in address(JA, "samples", run="アイネス&8月")


def test_a_frame_has_the_wanted_columns_in_their_order_under_their_headings():
    frame = frame_of([{"b": 1, "a": 2, "c": 3}, {"a": 4}], {"a": "甲", "b": "乙"})
    assert list(frame.columns) == ["甲", "乙"]
    assert frame["甲"].tolist() == [2, 4]
    assert frame["乙"].isna().tolist() == [False, True]


def test_a_download_has_no_addresses():
    rows = [{"name": "a", "open": "samples?run=r"}]
    assert without(rows, "open") == [{"name": "a"}]
    assert rows[0]["open"] == "samples?run=r"
