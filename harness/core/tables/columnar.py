"""Parquet files, datasets on disk, and folders of data files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from kikime.harness.core.errors import FileFormatError, UsageError
from kikime.harness.core.tables.table import Record, Row, Table

_INSIDE = ("data", "train", "validation", "test")
"""Folders in which data sets keep their files."""
_ABOUT = frozenset({"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"})
"""Files that tell of a data set, and hold none of it."""


def read_parquet(path: Path) -> Table:
    """Rows of a Parquet file.

    Raises:
        FileFormatError: it is none.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise FileFormatError(path, None, "not a Parquet file: {reason}", reason=error) from None

    def write(target: Path, kept: Sequence[int]) -> None:
        pq.write_table(table.take(list(kept)), target)

    return Table(path, _numbered(table.to_pylist()), write)


def _numbered(rows: Sequence[Row]) -> list[Record]:
    return [Record(number, row) for number, row in enumerate(rows, 1)]


def read_folder(path: Path, split: str | None, read: Callable[[Path], Table], kinds: frozenset[str]) -> Table:
    """A dataset that was saved to disk, or a folder of data files whose names begin with their split.

    Args:
        path: the folder.
        split: which split; needed where there are several.
        read: reads one data file.
        kinds: suffixes of data files.

    Raises:
        UsageError: several splits and none chosen.
        FileFormatError: no data in it.
    """
    if is_saved(path):
        return _saved(path, split)
    files = data_files(path, kinds)
    if not files:
        raise FileFormatError(path, None, "not a dataset on disk", hint="save it with dataset.save_to_disk(…)")
    splits: dict[str, list[Path]] = {}
    for file in files:
        splits.setdefault(file.stem.split("-")[0] if len(files) > 1 else file.stem, []).append(file)
    return _joined(path, [read(file) for file in splits[_chosen(path, list(splits), split)]])


def data_files(path: Path, kinds: frozenset[str]) -> list[Path]:
    """The files of a folder, and of those in it where data sets keep theirs, that hold data."""
    folders = [path, *(path / name for name in _INSIDE if (path / name).is_dir())]
    return sorted(
        file for folder in folders for file in folder.iterdir() if file.suffix.lower() in kinds and _holds_data(file)
    )


def _holds_data(file: Path) -> bool:
    return file.is_file() and file.name not in _ABOUT and not file.name.startswith((".", "_"))


def is_saved(path: Path) -> bool:
    """Whether a folder is a dataset that was saved to disk; one from the Hub may have a ``dataset_info.json`` too."""
    return (path / "dataset_dict.json").exists() or (path / "state.json").exists()


def _joined(folder: Path, tables: Sequence[Table]) -> Table:
    """Several files as one table, written back as a folder of the files."""
    records = [replace(record, path=table.path) for table in tables for record in table.records]
    starts = [sum(len(table.records) for table in tables[:number]) for number in range(len(tables))]

    def write(target: Path, kept: Sequence[int]) -> None:
        for begin, table in zip(starts, tables, strict=True):
            file = target / table.path.relative_to(folder)
            file.parent.mkdir(parents=True, exist_ok=True)
            table.write(file, [index - begin for index in kept if 0 <= index - begin < len(table.records)])

    return Table(folder, records, write)


def _chosen(path: Path, splits: Sequence[str], split: str | None) -> str:
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
    return split or splits[0]


def _saved(path: Path, split: str | None) -> Table:
    from datasets import DatasetDict, load_from_disk

    try:
        dataset = load_from_disk(str(path))
    except (OSError, ValueError, KeyError, TypeError):
        raise FileFormatError(
            path,
            None,
            "a saved dataset of which files are missing or damaged",
            hint="save it with dataset.save_to_disk(…)",
        ) from None
    if isinstance(dataset, DatasetDict):
        dataset = dataset[_chosen(path, list(dataset), split)]

    def write(target: Path, kept: Sequence[int]) -> None:
        dataset.select(list(kept)).save_to_disk(str(target))

    return Table(path, _numbered(dataset.to_list()), write)
