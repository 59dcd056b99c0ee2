"""Text files in whatever encoding people save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.core.errors import EnvironmentFault, FileFormatError
from kikime.harness.core.tables.text import decode, is_undecoded, read_text

TALK = "薔薇が好きですわ。\nごきげんよう\n"
FILE = Path("lines.txt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"])
def test_the_encoding_is_told_from_the_bytes_and_every_byte_comes_back(encoding):
    data = (TALK + "plain ascii " * 20).encode(encoding)
    text = decode(FILE, data)
    assert text.content == TALK + "plain ascii " * 20
    assert text.mark + b"".join(text.raw) == data
    assert text.mark + text.encode(text.content) == data


def test_half_width_kana_are_cp932_and_no_euc():
    assert decode(FILE, "ｶﾀｶﾅ".encode("cp932")).content == "ｶﾀｶﾅ"


def test_one_broken_line_does_not_change_the_encoding_of_the_others():
    text = decode(FILE, "一行目\n二行目\n".encode() + b"\xff\xfe\xfa\n")
    assert [is_undecoded(line) for line in text.lines] == [False, False, True]


def test_bytes_of_no_encoding_are_refused_with_the_remedy():
    with pytest.raises(FileFormatError, match="neither UTF-8 nor CP932") as caught:
        decode(FILE, bytes([0x80, 0xFF, 0xFE, 0x81, 0xFF]))
    assert caught.value.hint == "save the file as UTF-8"


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        (b"a\rb", ["a\r", "b"]),
        (b"a\rb\nc", ["a\rb\n", "c"]),
        ("a\u2028b\n".encode(), ["a\u2028b\n"]),
        (b"", []),
    ],
)
def test_lines_end_at_feeds_or_where_there_is_none_at_returns(data, lines):
    assert list(decode(FILE, data).lines) == lines


def test_a_file_that_is_not_there_is_no_traceback(tmp_path):
    with pytest.raises(EnvironmentFault, match="cannot be read: No such file"):
        read_text(tmp_path / "none.txt")
