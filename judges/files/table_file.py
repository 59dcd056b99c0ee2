"""Training data as files: CSV, JSONL, Parquet, or a Hugging Face dataset on disk; read, and written back filtered.

Rows that are kept come out as they went in: CSV and JSONL lines byte for byte, Parquet and datasets with their schema.
"""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from kikime.harness.core.errors import FileFormatError, UsageError

Row = dict[str, Any]


class TableFile(ABC):
    """Rows of one data file, in its order."""

    def __init__(self, path: Path, rows: Sequence[Row]) -> None:
        self.path = path
        self.rows = rows

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @abstractmethod
    def write(self, path: Path, kept: Sequence[int]) -> None:
        """Write the rows with the indices ``kept`` in the format of the input."""


class _Lines(TableFile):
    """CSV or JSONL: keeps every record's bytes."""

    def __init__(self, path: Path, rows: Sequence[Row], header: bytes, records: Sequence[bytes]) -> None:
        super().__init__(path, rows)
        self._header = header
        self._records = records

    def write(self, path: Path, kept: Sequence[int]) -> None:
        newline = b"\r\n" if (self._header or b"".join(self._records[:1])).endswith(b"\r\n") else b"\n"
        body = [self._records[index] for index in kept]
        body = [record if record.endswith(b"\n") else record + newline for record in body[:-1]] + body[-1:]
        path.write_bytes(self._header + b"".join(body))


class _Parquet(TableFile):
    def __init__(self, path: Path, table: Any) -> None:
        super().__init__(path, table.to_pylist())
        self._table = table

    def write(self, path: Path, kept: Sequence[int]) -> None:
        import pyarrow.parquet as pq

        pq.write_table(self._table.take(list(kept)), path)


class _Dataset(TableFile):
    def __init__(self, path: Path, dataset: Any) -> None:
        super().__init__(path, dataset.to_list())
        self._dataset = dataset

    def write(self, path: Path, kept: Sequence[int]) -> None:
        self._dataset.select(list(kept)).save_to_disk(str(path))


def open_table(path: Path, split: str | None = None) -> TableFile:
    """Read a data file; ``split`` chooses one of a dataset's splits.

    Raises:
        FileFormatError: missing, unreadable, or a broken line (which is named).
        UsageError: an unknown format, or a dataset with several splits and none chosen.
    """
    if path.is_dir():
        return _open_dataset(path, split)
    if not path.is_file():
        raise FileFormatError(path, None, "no such file")
    match path.suffix:
        case ".csv":
            return _open_csv(path)
        case ".jsonl" | ".ndjson" | ".json":
            return _open_jsonl(path)
        case ".parquet":
            return _open_parquet(path)
        case _:
            raise UsageError(
                f"{path}: unknown format", hint="CSV, JSONL, Parquet, or a dataset directory (save_to_disk)"
            )


def _open_csv(path: Path) -> TableFile:
    """Records may hold line breaks, so each one's bytes are cut out by the reader's line count."""
    lines = _split_feeds(path.read_bytes())
    try:
        texts = [line.decode("utf-8-sig" if number == 0 else "utf-8") for number, line in enumerate(lines)]
    except UnicodeDecodeError as error:
        raise FileFormatError(path, None, f"not UTF-8: {error}") from None
    reader = csv.reader(texts, strict=True)
    header: list[str] = []
    rows, records, start = [], [], 0
    try:
        for values in reader:
            record, start = b"".join(lines[start : reader.line_num]), reader.line_num
            if not header:
                header, head_bytes = values, record
            elif values:
                if len(values) != len(header):
                    raise FileFormatError(path, start, f"{len(values)} values for {len(header)} columns")
                rows.append(dict(zip(header, values, strict=True)))
                records.append(record)
    except csv.Error as error:
        raise FileFormatError(path, reader.line_num, f"not valid CSV: {error}") from None
    if not header:
        raise FileFormatError(path, None, "the file is empty")
    return _Lines(path, rows, head_bytes, records)


def _split_feeds(data: bytes) -> list[bytes]:
    """Lines split at line feeds only: ``bytes.splitlines`` also splits at a lone carriage return."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _open_jsonl(path: Path) -> TableFile:
    rows, records = [], []
    for number, line in enumerate(_split_feeds(path.read_bytes()), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise FileFormatError(path, number, f"not valid JSON: {error}", hint="one JSON object per line") from None
        if not isinstance(row, dict):
            raise FileFormatError(path, number, "not a JSON object")
        rows.append(row)
        records.append(line)
    return _Lines(path, rows, b"", records)


def _open_parquet(path: Path) -> TableFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return _Parquet(path, pq.read_table(path))
    except pa.ArrowInvalid as error:
        raise FileFormatError(path, None, f"not a Parquet file: {error}") from None


def _open_dataset(path: Path, split: str | None) -> TableFile:
    from datasets import DatasetDict, load_from_disk

    try:
        dataset = load_from_disk(str(path))
    except FileNotFoundError:
        raise FileFormatError(
            path, None, "not a dataset on disk", hint="save it with dataset.save_to_disk(…)"
        ) from None
    if isinstance(dataset, DatasetDict):
        splits = list(dataset)
        if split is None and len(splits) > 1:
            raise UsageError(f"{path} has the splits {', '.join(splits)}", hint="choose one with --split")
        if split is not None and split not in splits:
            raise UsageError(f"{path} has no split '{split}'", hint=f"there are: {', '.join(splits)}")
        dataset = dataset[split or splits[0]]
    return _Dataset(path, dataset)
