"""Tables that people bring: CSV, TSV, JSON lines, JSON, Parquet and datasets on disk, with the place of every row.

A new kind of file is one function that returns a :class:`~kikime.harness.core.tables.table.Table`; text kinds keep the
bytes of each record, so that rows can be written back as they came.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.tables.columnar import data_files, is_saved, read_folder, read_parquet
from kikime.harness.core.tables.delimited import read_delimited
from kikime.harness.core.tables.jsonfiles import read_json
from kikime.harness.core.tables.names import is_known
from kikime.harness.core.tables.table import Record, Table, line_writer
from kikime.harness.core.tables.text import Text, decode, read_text

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_JSON = frozenset({".json", ".jsonl", ".ndjson"})
_LOOKED_AT = 20
_IS_JSON = re.compile(r"\s*(?:\[\s*)?\{\s*\"")
KINDS = frozenset({*_DELIMITERS, *_JSON, ".parquet"})
"""Suffixes of tables, in lower case."""


def read_table(path: Path, *, split: str | None = None, other: str | None = None, wanted: Sequence[str] = ()) -> Table:
    """Read a data file by its suffix, whatever its case; a record that cannot be read has a ``problem``.

    Args:
        path: ``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson``, ``.json`` (arrays, objects or lines of them, whatever the
            suffix says), ``.parquet``, ``.txt`` with any of these texts in it, the folder of a saved dataset, or a folder
            of such files. Text is UTF-8 or UTF-16 with or without a mark, CP932 or EUC-JP.
        split: which split of a dataset.
        other: how to read a file with any other suffix: as if it had this one; ``.txt`` is a reply per line.
        wanted: columns that are asked for by name.

    Raises:
        UsageError: no such file, an unknown kind of file, or a dataset with several splits and none chosen.
        FileFormatError: unreadable as a whole.
    """
    if path.is_dir():
        return read_folder(path, split, lambda file: read_table(file, wanted=wanted), KINDS)
    suffix = path.suffix.lower()
    kind = suffix if suffix in KINDS else other
    if not path.is_file():
        raise FileFormatError(path, None, "no such file")
    if suffix == ".txt":
        kind = _kind_of_text(read_text(path), wanted) or other
    if kind is None:
        raise UsageError(
            "{path}: unknown format",
            hint="CSV, TSV, JSON, JSONL, Parquet, or a dataset directory (save_to_disk)",
            path=path,
        )
    return read_parquet(path) if kind == ".parquet" else _read(path, read_text(path), kind, wanted)


def read_bytes(data: bytes, name: str) -> Table:
    """JSON that does not lie in a file; ``name`` stands for it in messages."""
    return read_json(Path(name), decode(Path(name), data))


def is_data(path: Path) -> bool:
    """Whether a path is a file, or a folder that holds a data set (and no run)."""
    if not path.is_dir():
        return path.is_file()
    return is_saved(path) or (not (path / "manifest.json").exists() and bool(data_files(path, KINDS)))


def _read(path: Path, text: Text, kind: str, wanted: Sequence[str]) -> Table:
    if kind in _JSON:
        return read_json(path, text)
    delimiter = _delimiter(text, _DELIMITERS.get(kind))
    return read_delimited(path, text, delimiter, wanted) if delimiter else _read_lines(path, text)


def _kind_of_text(text: Text, wanted: Sequence[str]) -> str | None:
    """The suffix that the content of a ``.txt`` file should have: spreadsheets save tables so; None for plain text."""
    lines = [line for line in text.lines[:_LOOKED_AT] if line.strip()]
    if _IS_JSON.match("".join(lines)):
        return ".jsonl"
    for kind, delimiter in ((".tsv", "\t"), (".csv", ",")):
        cells = next(csv.reader(lines[:1], delimiter=delimiter), [])
        if len(cells) > 1 and any(cell in wanted or is_known(cell) for cell in cells):
            return kind
    return ".tsv" if lines and all("\t" in line for line in lines) else None


def _delimiter(text: Text, usual: str | None) -> str | None:
    """What stands between cells: a tab where a spreadsheet wrote ``.csv`` or ``.txt`` with tabs; None in plain text."""
    lines = [line for line in text.lines[:_LOOKED_AT] if line.strip()]
    if usual is None:
        return "\t" if lines and all("\t" in line for line in lines) else None
    return "\t" if lines and "\t" in lines[0] and usual not in lines[0] else usual


def _read_lines(path: Path, text: Text) -> Table:
    """Plain text, a reply per line."""
    pieces = text.content.splitlines(keepends=True)
    numbered = [(number, line) for number, line in enumerate(pieces, 1) if line.strip()]
    records = [Record(number, {"text": line.strip()}) for number, line in numbered]
    return Table(path, records, line_writer(text, text.mark, [text.encode(line) for _, line in numbered]))
