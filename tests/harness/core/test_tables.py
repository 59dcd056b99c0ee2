"""People's tables, in the encodings and shapes that they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.tables import is_data, read_bytes, read_table

ROWS = [{"user": "調子は？", "reply": "上々ですわ"}, {"user": "名は？", "reply": "絢音、\nと申しますの"}]
CSV = 'user,reply\r\n調子は？,上々ですわ\r\n名は？,"絢音、\nと申しますの"\r\n'
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"]


def problems(path: Path) -> dict[int, str]:
    """What cannot be read, by line."""
    return {record.place: record.problem for record in read_table(path).records if record.problem}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("A.CSV", ","), ("a.tsv", "\t"), ("b.csv", "\t")])
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


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("array", [False, True])
def test_json_is_read_in_every_encoding_whatever_the_suffix_says(tmp_path: Path, encoding: str, array: bool) -> None:
    text = json.dumps(ROWS, ensure_ascii=False) if array else "\n".join(json.dumps(r, ensure_ascii=False) for r in ROWS)
    for name in ("a.jsonl", "A.JSON"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        table = read_table(tmp_path / name)
        assert table.rows == ROWS
        table.write(tmp_path / "copy", [0, 1])
        assert (tmp_path / "copy").read_bytes() == (tmp_path / name).read_bytes()


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


def test_an_object_may_wrap_the_rows(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.json", tmp_path / "copy"
    path.write_text(json.dumps({"data": ROWS}, ensure_ascii=False), encoding="utf-8")
    table = read_table(path)
    assert table.rows == ROWS
    table.write(copy, [1])
    assert json.loads(copy.read_text(encoding="utf-8")) == {"data": ROWS[1:]}


def test_short_records_are_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,reply\nはい\n", encoding="utf-8")
    assert read_table(path).rows == [{"user": "はい", "reply": None}]


def test_a_field_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"reply\n{'あ' * 200_000}\n", encoding="utf-8")
    assert len(str(read_table(path).rows[0]["reply"])) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.jsonl", b'{"reply": "a"}\n{"b\n{"reply": "c"}\n', 2),
        ("a.jsonl", b'{"reply": "a"}\n7\n{"reply": "c"}\n', 2),
        ("a.jsonl", '{"reply": "あ"}\n'.encode() + b'{"reply": "\xe3\x81"}\n' + '{"reply": "い"}\n'.encode(), 2),
        ("a.json", b'[{"reply": "a"},\n {"reply": },\n {"reply": "c"}]', 2),
        ("a.json", b'[{"reply": "a"},\n {"reply": "b"}, {"reply":', 2),
        ("a.csv", b"user,reply\nu,a\nu,b,x\nu,c\n", 3),
        ("a.csv", b"user,reply\nu,a\nu,b\rb\nu,c\n", 3),
        ("a.csv", 'user,reply\nu,あ\nu,"い\nu,う\nu,"え"\n'.encode(), 3),
    ],
    ids=[
        "open object",
        "number",
        "bytes",
        "broken element",
        "cut off array",
        "too many cells",
        "carriage return",
        "open quotation mark",
    ],
)
def test_a_broken_record_is_named_and_the_rest_is_read(tmp_path: Path, name: str, content: bytes, line: int) -> None:
    path, copy = tmp_path / name, tmp_path / "copy"
    path.write_bytes(content)
    table = read_table(path)
    assert list(problems(path)) == [line]
    assert next(record.place for record in table.records if not record.problem) < line
    table.write(copy, range(len(table.records)))
    assert copy.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", b'{"a"\n', "a.jsonl:1: not valid JSON"),
        ("a.json", b"7", "neither a JSON array"),
        ("a.csv", b"a\n\x82\n", "neither UTF-8 nor CP932"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"user,reply\n1,2,3\n", r"a\.csv:2: 3 values for 2 columns"),
        ("a.parquet", b"PAR0", "not a Parquet file"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_names_the_place(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=problem):
        read_table(tmp_path / name)


def test_an_unknown_suffix_is_refused_unless_it_is_said_how_to_read_it(tmp_path: Path) -> None:
    path = tmp_path / "ratings.log"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    assert read_table(path, other=".jsonl").rows == [{"a": 1}]
    with pytest.raises(UsageError, match="unknown format"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("元気ですか,もちろんですわ。\n眠いね,お休みなさいませ\n", 2),
        ("ごきげんよう。\nまた明日お会いしましょう。\n", 2),
        ("1,おはよう,ごきげんよう\n2,やあ,あら\n", 2),
        ("相手,返事のせりふ\nやあ,あら\n", 1),
        ("q,a\nやあ,あら\n", 1),
    ],
    ids=["pairs", "replies", "numbered", "header", "short names"],
)
def test_a_table_may_have_no_header(tmp_path: Path, content: str, rows: int) -> None:
    path, copy = tmp_path / "a.csv", tmp_path / "copy"
    path.write_text(content, encoding="utf-8")
    table = read_table(path)
    assert (len(table.records), table.headed) == (rows, rows == 1)
    table.write(copy, range(rows))
    assert copy.read_bytes() == path.read_bytes()


def test_a_folder_of_data_files_is_a_dataset_written_back_as_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "data").mkdir(parents=True)
    for number in range(2):
        lines = json.dumps({"user": "やあ", "reply": f"{number}ですわ"}, ensure_ascii=False) + "\n"
        (folder / "data" / f"train-{number}.jsonl").write_text(lines * 2, encoding="utf-8")
    (folder / "data" / "test-0.jsonl").write_text('{"reply": "x"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="test, train"):
        read_table(folder)
    table = read_table(folder, split="train")
    assert [row["reply"] for row in table.rows] == ["0ですわ", "0ですわ", "1ですわ", "1ですわ"]
    assert table.where(3).endswith("train-1.jsonl:2")
    table.write(tmp_path / "kept", [1, 2])
    kept = [read_table(tmp_path / "kept" / "data" / f"train-{number}.jsonl").rows for number in range(2)]
    assert [len(rows) for rows in kept] == [1, 1]


@pytest.mark.parametrize("about", ["dataset_info.json", "dataset_infos.json", ".cache.json"])
@pytest.mark.parametrize("data", ["train.jsonl", "data/train-00000.jsonl"])
def test_a_folder_as_on_the_hub_is_read(tmp_path: Path, about: str, data: str) -> None:
    (tmp_path / data).parent.mkdir(exist_ok=True)
    (tmp_path / data).write_text('{"user": "やあ", "reply": "はい"}\n', encoding="utf-8")
    for name in (about, "README.md", ".gitattributes"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert is_data(tmp_path)
    assert read_table(tmp_path).rows == [{"user": "やあ", "reply": "はい"}]


@pytest.mark.parametrize("content", ["{}", "no JSON"])
def test_a_damaged_dataset_is_refused_in_own_words(tmp_path: Path, content: str) -> None:
    for name in ("dataset_info.json", "state.json"):
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(FileFormatError) as raised:
        read_table(tmp_path)
    assert str(raised.value.message) == f"{tmp_path}: a saved dataset of which files are missing or damaged"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("user\treply\nやあ\tはい\n", "utf-16"),
        ("user\treply\nやあ\tはい\n", "cp932"),
        ("user,reply\nやあ,はい\n", "utf-8-sig"),
        ('{"user": "やあ", "reply": "はい"}\n', "utf-8"),
        ('[\n  {"user": "やあ", "reply": "はい"}\n]\n', "utf-8"),
    ],
    ids=["Unicode text", "tabs", "commas", "lines", "array"],
)
@pytest.mark.parametrize("other", [None, ".jsonl", ".txt"])
def test_a_table_may_be_called_text(tmp_path: Path, content: str, encoding: str, other: str | None) -> None:
    (tmp_path / "a.txt").write_bytes(content.encode(encoding))
    assert read_table(tmp_path / "a.txt", other=other).rows == [{"user": "やあ", "reply": "はい"}]


def test_plain_text_stays_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Yes, my lord.\n[微笑む] はい\n", encoding="utf-8")
    assert [row["text"] for row in read_table(tmp_path / "a.txt", other=".txt").rows] == [
        "Yes, my lord.",
        "[微笑む] はい",
    ]


def test_folders_of_data_are_told_from_runs(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").touch()
    assert is_data(tmp_path)
    (tmp_path / "manifest.json").touch()
    assert not is_data(tmp_path)


def test_json_from_a_pipe_is_read() -> None:
    assert read_bytes(json.dumps(ROWS).encode("utf-16"), "-").rows == ROWS


def test_lines_may_end_in_carriage_returns(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.csv", tmp_path / "copy"
    path.write_bytes("user,reply\rやあ,ええ\rそう,はい\r".encode("cp932"))
    table = read_table(path)
    assert [row["reply"] for row in table.rows] == ["ええ", "はい"]
    table.write(copy, [0, 1])
    assert copy.read_bytes() == path.read_bytes()
