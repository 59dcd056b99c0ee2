"""People's tables, in the encodings and shapes that they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.files.tables import REPLY_NAMES, named, parse_json, read_table

ROWS = [{"user": "調子は？", "reply": "上々ですわ"}, {"user": "名は？", "reply": "絢音、\nと申しますの"}]
CSV = 'user,reply\r\n調子は？,上々ですわ\r\n名は？,"絢音、\nと申しますの"\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("A.CSV", ","), ("a.tsv", "\t")])
def test_tables_are_read_in_every_encoding_and_written_back_byte_for_byte(
    tmp_path: Path, encoding: str, name: str, delimiter: str
) -> None:
    path, copy = tmp_path / name, tmp_path / "copy"
    path.write_bytes(CSV.replace(",", delimiter).encode(encoding))
    table = read_table(path)
    assert table.rows == ROWS
    assert table.places == [2, 3]
    table.write(copy, [0, 1])
    assert copy.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_json_lines_are_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode(encoding))
    assert read_table(path).rows == ROWS


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_written_back_as_an_array_of_the_kept_elements(tmp_path: Path, indent: int | None) -> None:
    path, copy = tmp_path / "a.json", tmp_path / "copy.json"
    path.write_text(json.dumps([*ROWS, {"user": "[,]"}], ensure_ascii=False, indent=indent), encoding="utf-8")
    table = read_table(path)
    table.write(copy, [0, 1, 2])
    assert copy.read_bytes() == path.read_bytes()
    table.write(copy, [1])
    assert json.loads(copy.read_text(encoding="utf-8")) == ROWS[1:]
    table.write(copy, [])
    assert json.loads(copy.read_text(encoding="utf-8")) == []


def test_a_json_file_may_hold_one_object_or_lines_of_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS[0], indent=2), encoding="utf-8")
    assert read_table(path).rows == ROWS[:1]
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    assert read_table(path).rows == ROWS


def test_a_record_with_too_few_cells_is_only_taken_leniently(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,reply\nはい\n", encoding="utf-8")
    assert read_table(path, lenient=True).rows == [{"user": "はい", "reply": None}]
    with pytest.raises(FileFormatError, match=r"a\.csv:2: 1 values for 2 columns"):
        read_table(path)


def test_a_field_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"reply\n{'あ' * 200_000}\n", encoding="utf-8")
    assert len(str(read_table(path).rows[0]["reply"])) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a"\n', "a.jsonl:2"),
        ("a.json", b'[{"a": 1},\n 2]', "a.json:2: not a JSON object"),
        ("a.json", b"[1", "not valid JSON"),
        ("a.csv", b"a\n\x82\n", "neither UTF-8 nor CP932"),
        ("a.csv", b"", "empty"),
    ],
)
def test_a_broken_file_names_the_place(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=problem):
        read_table(tmp_path / name)


def test_an_unknown_suffix_is_refused_unless_it_is_said_how_to_read_it(tmp_path: Path) -> None:
    path = tmp_path / "ratings.log"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    assert read_table(path, other=".jsonl").rows == [{"a": 1}]
    with pytest.raises(UsageError, match="unknown format"):
        read_table(path)


def test_the_likeliest_name_wins_whatever_its_case() -> None:
    assert named(["text", "Output ", "id"], REPLY_NAMES) == "Output "
    assert named(["id"], REPLY_NAMES) is None


def test_json_of_other_programs_is_read() -> None:
    assert parse_json(r'{"a": "\ud800x", "b": [NaN]}') == {
        "a": "\ufffdx",
        "b": [pytest.approx(float("nan"), nan_ok=True)],
    }
    with pytest.raises(ValueError, match="not valid JSON"):
        parse_json('{"a"')
