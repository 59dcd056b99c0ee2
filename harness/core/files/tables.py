"""Tables that people bring: CSV, TSV, JSON lines, JSON, Parquet and datasets on disk, with the place of every row.

A new kind of file is one function that returns a :class:`Table`; text kinds keep the bytes of each record, so that rows
can be written back as they came.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import AnyStr

import orjson

from kikime.harness.core.errors import EnvironmentFault, FileFormatError, UsageError
from kikime.harness.core.reasons import Phrase, parser_reason, system_reason

Row = Mapping[str, object]
USER_NAMES = (
    *("user", "prompt", "instruction", "question", "input", "query"),
    *("質問", "発話", "ユーザー", "入力"),
)
"""Usual names of the column that holds what is said to the character, the likeliest first."""
REPLY_NAMES = (
    *("completion", "reply", "response", "output", "answer", "assistant", "target", "chosen", "text"),
    *("返答", "応答", "回答", "台詞", "セリフ", "せりふ", "出力"),
)
"""Usual names of the column that holds the character's line."""
DIALOGUE_NAMES = ("messages", "conversations", "conversation")
"""Usual names of the column that holds a list of chat messages."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_CP932 = re.compile("[\x80\xa0\uf8f1-\uf8f3]")
"""What Python reads from bytes that CP932 leaves undefined."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class Table:
    """Rows of one data file, in its order."""

    path: Path
    rows: Sequence[Row]
    places: Sequence[int]
    """Of each row the line where it begins (of files without lines: its number), from 1."""
    write: Callable[[Path, Sequence[int]], None]
    """Writes the rows with these indices to a path, in the format of the input."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The column with the likeliest of ``names``, whatever its case; None where there is none.

    >>> named(["id", " Output", "text"], REPLY_NAMES)
    ' Output'
    """
    plain = {column.strip().casefold(): column for column in reversed(columns)}
    return next((plain[name] for name in names if name in plain), None)


def read_table(path: Path, *, split: str | None = None, other: str | None = None, lenient: bool = False) -> Table:
    """Read a data file by its suffix, whatever its case.

    Args:
        path: ``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson``, ``.json`` (an array, one object, or JSON lines), ``.parquet``, or
            the folder of a saved dataset. Text is UTF-8 or UTF-16 with or without a mark, or CP932.
        split: which split of a dataset.
        other: how to read a file with any other suffix: as if it had this one.
        lenient: take records of CSV with fewer cells than columns, and stray quotation marks.

    Raises:
        UsageError: an unknown kind of file, or a dataset with several splits and none chosen.
        FileFormatError: missing, unreadable, or a broken row (its line is named).
    """
    if path.is_dir():
        return _read_dataset(path, split)
    suffix = path.suffix.lower()
    kind = suffix if suffix in _KINDS else other
    if not path.is_file():
        raise FileFormatError(path, None, "no such file")
    if kind is None:
        raise UsageError(
            "{path}: unknown format",
            hint="CSV, TSV, JSON, JSONL, Parquet, or a dataset directory (save_to_disk)",
            path=path,
        )
    if kind == ".parquet":
        return _read_parquet(path)
    text = read_text(path)
    if kind in {".csv", ".tsv"}:
        return _read_csv(path, text, "\t" if kind == ".tsv" else ",", lenient=lenient)
    return _read_json(path, text) if kind == ".json" and not _is_json_lines(text) else _read_json_lines(path, text)


_KINDS = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"})


@dataclass(frozen=True)
class Text:
    """A text file as text and, line by line, as the bytes that it came in."""

    mark: bytes
    """The byte order mark."""
    encoding: str
    lines: Sequence[str]
    """Split at line feeds only."""
    raw: Sequence[bytes]
    """The bytes of each line."""

    @property
    def content(self) -> str:
        """The whole text."""
        return "".join(self.lines)


def read_text(path: Path) -> Text:
    """Read a text file in whatever encoding people save it.

    Raises:
        FileFormatError: neither UTF-8, UTF-16 nor CP932.
        EnvironmentFault: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault("{path} cannot be read: {reason}", path=path, reason=system_reason(error)) from None
    mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", ""))
    data = data[len(mark) :]
    for candidate in [encoding] if encoding else ["utf-8", "cp932"]:
        try:
            content = data.decode(candidate)
        except UnicodeDecodeError:
            continue
        if candidate == "cp932" and _NOT_CP932.search(content):
            continue
        lines = _split_feeds(content)
        eight_bits = not candidate.startswith("utf-16")
        raw = _split_feeds(data) if eight_bits else [line.encode(candidate) for line in lines]
        return Text(mark, candidate, lines, raw)
    raise FileFormatError(path, None, "neither UTF-8 nor CP932 text", hint="save the file as UTF-8")


def _split_feeds(data: AnyStr) -> list[AnyStr]:
    """Lines with their ends, split at line feeds only: ``splitlines`` also splits at a lone carriage return."""
    feed = b"\n" if isinstance(data, bytes) else "\n"
    parts = data.split(feed)
    return [part + feed for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def parse_json(text: bytes | str) -> object:
    r"""One JSON value, as other programs write it too.

    ``\udXXX`` escapes that are not pairs (Python's own ``json`` writes them) become U+FFFD, ``NaN`` and ``Infinity``
    are the floats (pandas writes them).

    Raises:
        ValueError: anything else; the message says where it stops being JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return _repaired(json.loads(text))
        except (ValueError, RecursionError):
            msg = Phrase(
                "not valid JSON: {reason}, character {position}", reason=parser_reason(error), position=error.pos + 1
            )
            raise ValueError(msg) from None


def _repaired(value: object) -> object:
    """``value`` with every lone surrogate replaced by U+FFFD."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {_repaired(key): _repaired(item) for key, item in value.items()}
    return value


def _read_csv(path: Path, text: Text, delimiter: str, *, lenient: bool) -> Table:
    """Records may hold line breaks, so each one's bytes are cut out by the reader's line count."""
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(text.lines, delimiter=delimiter, strict=not lenient)
    header: list[str] = []
    rows: list[Row] = []
    places, records, head, start = [], [], b"", 0
    try:
        for values in reader:
            begin, start = start, reader.line_num
            record = b"".join(text.raw[begin:start])
            if not header:
                header, head = values, text.mark + record
            elif values:
                if len(values) > len(header) or (len(values) < len(header) and not lenient):
                    raise FileFormatError(
                        path, start, "{n} values for {columns} columns", n=len(values), columns=len(header)
                    )
                rows.append(dict(zip(header, [*values, *[None] * (len(header) - len(values))], strict=True)))
                places.append(begin + 1)
                records.append(record)
    except csv.Error as error:
        raise FileFormatError(path, reader.line_num, "not valid CSV: {reason}", reason=error) from None
    if not header:
        raise FileFormatError(path, None, "the file is empty")
    return Table(path, rows, places, _writer(text, head, records))


def _read_json_lines(path: Path, text: Text) -> Table:
    numbered = [(number, line) for number, line in enumerate(text.lines, 1) if line.strip()]
    rows = [_object(path, number, line) for number, line in numbered]
    records = [text.raw[number - 1] for number, _ in numbered]
    return Table(path, rows, [number for number, _ in numbered], _writer(text, text.mark, records))


def _object(path: Path, line: int, text: str) -> Row:
    try:
        value = parse_json(text)
    except ValueError as error:
        raise FileFormatError(path, line, "{problem}", hint="one JSON object per line", problem=error.args[0]) from None
    if not isinstance(value, dict):
        raise FileFormatError(path, line, "not a JSON object")
    return value


def _writer(text: Text, head: bytes, records: Sequence[bytes]) -> Callable[[Path, Sequence[int]], None]:
    """Writes chosen records byte for byte, each on a line of its own."""
    feed, crlf = "\n".encode(text.encoding), "\r\n".encode(text.encoding)
    first = head if head.endswith(feed) else b"".join(records[:1])

    def write(path: Path, kept: Sequence[int]) -> None:
        newline = crlf if first.endswith(crlf) else feed
        body = [records[index] for index in kept]
        body = [record if record.endswith(feed) else record + newline for record in body[:-1]] + body[-1:]
        path.write_bytes(head + b"".join(body))

    return write


def _is_json_lines(text: Text) -> bool:
    """Whether a ``.json`` file holds one object per line."""
    filled = [line for line in text.lines if line.strip()]
    return len(filled) > 1 and all(line.strip().startswith("{") and line.strip().endswith("}") for line in filled[:2])


def _read_json(path: Path, text: Text) -> Table:
    """An array of objects, or one object; the texts of the elements are kept for writing."""
    content = text.content
    try:
        value = _repaired(json.loads(content))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise FileFormatError(path, line, "not valid JSON: {reason}", reason=error) from None
    if isinstance(value, dict):
        value, spans = [value], [(0, len(content))]
    elif isinstance(value, list):
        spans = _spans(content)
    else:
        raise FileFormatError(path, None, "neither a JSON array of objects nor an object")
    places = [content.count("\n", 0, begin) + 1 for begin, _ in spans]
    for place, item in zip(places, value, strict=True):
        if not isinstance(item, dict):
            raise FileFormatError(path, place, "not a JSON object")

    def write(target: Path, kept: Sequence[int]) -> None:
        first, last = (spans[0][0], spans[-1][1]) if spans else (len(content), len(content))
        between = content[spans[0][1] : spans[1][0]] if len(spans) > 1 else ",\n"
        body = between.join(content[slice(*spans[index])] for index in kept)
        target.write_bytes(text.mark + (content[:first] + body + content[last:]).encode(text.encoding))

    return Table(path, value, places, write)


def _spans(content: str) -> list[tuple[int, int]]:
    """Where each element of a valid JSON array begins and ends."""
    decoder, blank = json.JSONDecoder(), re.compile(r"[\s,]*")
    spans = []
    begin = _after(blank, content, content.index("[") + 1)
    while content[begin] != "]":
        _, end = decoder.raw_decode(content, begin)
        spans.append((begin, end))
        begin = _after(blank, content, end)
    return spans


def _after(pattern: re.Pattern[str], content: str, start: int) -> int:
    match = pattern.match(content, start)
    return match.end() if match else start


def _read_parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise FileFormatError(path, None, "not a Parquet file: {reason}", reason=error) from None

    def write(target: Path, kept: Sequence[int]) -> None:
        pq.write_table(table.take(list(kept)), target)

    return Table(path, table.to_pylist(), range(1, table.num_rows + 1), write)


def _read_dataset(path: Path, split: str | None) -> Table:
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
            raise UsageError(
                "{path} has the splits {splits}", hint="choose one with --split", path=path, splits=", ".join(splits)
            )
        if split is not None and split not in splits:
            raise UsageError(
                "{path} has no split '{split}'",
                hint="there are: {splits}",
                path=path,
                split=split,
                splits=", ".join(splits),
            )
        dataset = dataset[split or splits[0]]

    def write(target: Path, kept: Sequence[int]) -> None:
        dataset.select(list(kept)).save_to_disk(str(target))

    return Table(path, dataset.to_list(), range(1, len(dataset) + 1), write)
