"""A character's lines from files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from kikime.harness.cards.lines import CharacterLine, read_lines
from kikime.harness.core.errors import FileFormatError, UsageError


def test_csv_columns_are_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([["prompt", "completion"], ["質問", "一行,\n二行"], ["質問", ""]])
    assert read_lines(path).lines == [CharacterLine("一行,\n二行", "質問")]


def test_cp932_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("質問,返答\nやあ,ごきげんよう\n".encode("cp932"))
    assert read_lines(path).lines == [CharacterLine("ごきげんよう", "やあ")]


def test_messages_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    messages = [{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "ごきげんよう"}]
    path.write_text(json.dumps({"messages": messages}) + "\n", encoding="utf-8")
    assert read_lines(path).lines == [CharacterLine("ごきげんよう", "やあ")]


def test_plain_text_is_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("一つ\n\n二つ\n", encoding="utf-8")
    assert [line.reply for line in read_lines(path).lines] == ["一つ", "二つ"]


def test_unclear_columns_ask_for_the_flag(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--reply COLUMN, one of: a, b"):
        read_lines(path)


def test_wrong_column_lists_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="there are: a, b"):
        read_lines(path, reply="c")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"reply"', "a.jsonl:1"),
        ("a.jsonl", "[1]\n", "not a JSON object"),
        ("a.csv", "reply\na,b\n", "2 values for 1 column"),
        ("a.txt", "", "no lines"),
        ("a.csv", "reply\n  \n", "no text"),
    ],
)
def test_wrong_data_names_the_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FileFormatError, match=message):
        read_lines(path)
