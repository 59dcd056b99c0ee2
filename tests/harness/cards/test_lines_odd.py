"""Lines from the files that people have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.cards.lines import CharacterLine, read_lines
from kikime.harness.core.errors import UsageError


def table(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("column", ["reply", "Response", " OUTPUT ", "返答", "セリフ", "台詞"])
def test_the_usual_names_of_the_characters_column_are_known(tmp_path: Path, column: str) -> None:
    assert read_lines(table(tmp_path / "a.jsonl", [{"x": "y", column: "ですわ"}])).lines == [CharacterLine("ですわ")]


def test_a_file_of_one_column_needs_no_name(tmp_path: Path) -> None:
    assert read_lines(table(tmp_path / "a.jsonl", [{"なにか": "ですわ"}])).lines == [CharacterLine("ですわ")]


def test_columns_that_are_named_win_over_the_usual_ones(tmp_path: Path) -> None:
    path = table(tmp_path / "a.jsonl", [{"reply": "甲", "mine": "乙", "user": "丙", "asked": "丁"}])
    assert read_lines(path, reply="mine", user="asked").lines == [CharacterLine("乙", "丁")]


def test_one_column_cannot_be_both(tmp_path: Path) -> None:
    path = table(tmp_path / "a.jsonl", [{"reply": "甲", "user": "乙"}])
    with pytest.raises(UsageError):
        read_lines(path, reply="reply", user="reply")


@pytest.mark.parametrize("value", [None, "", "   ", 3, ["x"], {"a": 1}])
def test_what_is_no_text_is_left_out(tmp_path: Path, value: object) -> None:
    path = table(tmp_path / "a.jsonl", [{"reply": value}, {"reply": "ですわ"}])
    assert read_lines(path).lines == [CharacterLine("ですわ")]


def test_of_a_dialogue_every_exchange_counts(tmp_path: Path) -> None:
    messages = [
        {"role": "system", "content": "役"},
        {"role": "user", "content": "一"},
        {"role": "assistant", "content": "二"},
        {"role": "user", "content": "三"},
        {"role": "assistant", "content": "四"},
    ]
    assert read_lines(table(tmp_path / "a.jsonl", [{"messages": messages}])).lines == [
        CharacterLine("二", "一"),
        CharacterLine("四", "三"),
    ]


@pytest.mark.parametrize("messages", [[], [{"role": "user", "content": "一"}], [3, {"role": "assistant"}]])
def test_a_dialogue_without_a_reply_has_no_line(tmp_path: Path, messages: list[object]) -> None:
    good = {"messages": [{"role": "assistant", "content": "四"}]}
    assert read_lines(table(tmp_path / "a.jsonl", [{"messages": messages}, good])).lines == [CharacterLine("四")]


@pytest.mark.parametrize("text", ["一\r\n二\r\n", "一\n\n　\n二", "\ufeff一\n二", "一\u2028二\n"])
def test_plain_text_has_a_line_of_the_character_per_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode("utf-8"))
    assert [line.reply for line in read_lines(tmp_path / "a.txt").lines] == ["一", "二"]


def test_utf_16_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("ですわ\nますわ\n".encode("utf-16"))
    assert [line.reply for line in read_lines(tmp_path / "a.txt").lines] == ["ですわ", "ますわ"]


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.csv"):
        with pytest.raises(UsageError):
            read_lines(path)


def test_an_instruction_that_all_lines_share_is_nothing_that_is_said(tmp_path: Path) -> None:
    rows = [{"instruction": "お嬢様として答えて。", "input": f"質問{n}", "output": f"答え{n}"} for n in range(3)]
    assert read_lines(table(tmp_path / "a.jsonl", rows)).lines[0] == CharacterLine("答え0", "質問0")


def test_rows_without_a_line_are_told(tmp_path: Path) -> None:
    found = read_lines(table(tmp_path / "a.jsonl", [{"reply": "ですわ"}, {"reply": None}]))
    assert [bad.row for bad in found.unreadable] == [2]
