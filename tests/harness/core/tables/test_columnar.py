"""Parquet files, datasets on disk, and folders of data files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.tables.columnar import data_files, is_saved, read_folder, read_parquet

KINDS = frozenset({".parquet", ".jsonl"})


def parquet(path: Path, *replies: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"reply": list(replies)}), path)
    return path


def replies(table):
    return [row["reply"] for row in table.rows]


def test_parquet_is_read_and_kept_rows_are_written_back(tmp_path):
    table = read_parquet(parquet(tmp_path / "a.parquet", "甲", "乙", "丙"))
    assert replies(table) == ["甲", "乙", "丙"]
    table.write(tmp_path / "kept.parquet", [0, 2])
    assert replies(read_parquet(tmp_path / "kept.parquet")) == ["甲", "丙"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}"])
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(FileFormatError, match="not a Parquet file"):
        read_parquet(tmp_path / "a.parquet")


def test_files_that_only_tell_of_the_data_hold_none(tmp_path):
    for name in ("dataset_info.json", ".cache.jsonl", "_part.jsonl", "read.me", "train.jsonl"):
        (tmp_path / name).write_text("{}")
    parquet(tmp_path / "data" / "train-0.parquet", "甲")
    found = data_files(tmp_path, KINDS | {".json"})
    assert [file.relative_to(tmp_path).as_posix() for file in found] == ["data/train-0.parquet", "train.jsonl"]


def test_the_parts_of_a_split_are_read_one_after_another(tmp_path):
    parquet(tmp_path / "train-00001-of-00002.parquet", "丙")
    parquet(tmp_path / "train-00000-of-00002.parquet", "甲", "乙")
    table = read_folder(tmp_path, None, read_parquet, KINDS)
    assert replies(table) == ["甲", "乙", "丙"]
    table.write(tmp_path / "kept", [1, 2])
    assert replies(read_folder(tmp_path / "kept", None, read_parquet, KINDS)) == ["乙", "丙"]


def test_of_several_splits_one_has_to_be_chosen(tmp_path):
    for split in ("train", "test"):
        parquet(tmp_path / f"{split}-0.parquet", split)
    with pytest.raises(UsageError, match="has the splits test, train"):
        read_folder(tmp_path, None, read_parquet, KINDS)
    with pytest.raises(UsageError, match="has no split 'dev'"):
        read_folder(tmp_path, "dev", read_parquet, KINDS)
    assert replies(read_folder(tmp_path, "train", read_parquet, KINDS)) == ["train"]


def test_a_folder_without_data_is_refused(tmp_path):
    with pytest.raises(FileFormatError, match="not a dataset on disk") as caught:
        read_folder(tmp_path, None, read_parquet, KINDS)
    assert "save_to_disk" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "whether"), [("state.json", True), ("dataset_dict.json", True), ("dataset_info.json", False)]
)
def test_a_saved_dataset_is_told_from_one_of_the_hub(tmp_path, name, whether):
    (tmp_path / name).write_text("{}")
    assert is_saved(tmp_path) == whether
