"""Publishing a run: every file of it at an address that several machines share, and a marker when all are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kikime.harness.core.errors import UsageError
from kikime.harness.core.hashing import file_sha256
from kikime.harness.core.records import Record
from kikime.harness.core.stores.address import Store, open_store
from kikime.harness.core.stores.listing import MARKER, PROGRESS, Listing, PublishedFile, read_listing
from kikime.harness.store.rundir import RunDirectory, json_bytes

_LAST = ("manifest.json", "status.json", "summary.json")


class Pushed(Record, frozen=True):
    """What ``kikime push`` did."""

    run: str
    """Its id."""
    address: str
    """Of the published run."""
    files: int
    bytes: int
    """Of all files together."""
    sent: int
    """Files that were not there yet."""


def push_run(run: RunDirectory, address: str, *, on_file: Callable[[str], None] = lambda _: None) -> Pushed:
    """Publish a complete run at ``address``; what an earlier, interrupted call has sent is not sent again.

    Args:
        run: the run.
        address: any address of fsspec, such as ``s3://bucket/runs``; the run lies below it under its id.
        on_file: told of each file that is sent.

    Raises:
        UsageError: the run is not complete, or nobody knows such an address.
        EnvironmentFault: the store cannot be reached or written; the same call goes on later.
        RunLocked: another process works on the run.
    """
    if not run.is_complete():
        raise UsageError("{path}: only a complete run is published", hint="kikime resume {path}", path=run.path)
    store = open_store(address)
    with run.locked():
        files = {name: _described(run.path / name) for name in _names(run.path)}
        there = _listing(store, run.id, MARKER) or _listing(store, run.id, PROGRESS) or Listing()
        missing = [name for name, file in files.items() if not _is_there(store, run.id, name, file, there)]
        if missing or set(there.files) != set(files):
            _send(store, run, files, missing, on_file)
    total = sum(file.size for file in files.values())
    return Pushed(run.id, f"{address.rstrip('/')}/{run.id}", len(files), total, len(missing))


def _send(
    store: Store,
    run: RunDirectory,
    files: dict[str, PublishedFile],
    missing: list[str],
    on_file: Callable[[str], None],
) -> None:
    progress = Listing(files={name: file for name, file in files.items() if name not in missing})
    store.write(f"{run.id}/{PROGRESS}", json_bytes(progress))
    store.remove(f"{run.id}/{MARKER}")
    for name in missing:
        on_file(name)
        store.send(run.path / name, f"{run.id}/{name}")
        progress.files[name] = files[name]
        store.write(f"{run.id}/{PROGRESS}", json_bytes(progress))
    store.write(f"{run.id}/{MARKER}", json_bytes(Listing(files=files)))
    store.remove(f"{run.id}/{PROGRESS}")


def _names(folder: Path) -> Iterator[str]:
    """The run's files, those that a reader looks at first last."""
    found = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    kept = [name for name in found if not name.startswith(".") and not name.endswith(".tmp")]
    yield from sorted(kept, key=lambda name: (name in _LAST, name))


def _described(path: Path) -> PublishedFile:
    return PublishedFile(path.stat().st_size, file_sha256(path))


def _listing(store: Store, run: str, name: str) -> Listing | None:
    return read_listing(store.read(f"{run}/{name}"))


def _is_there(store: Store, run: str, name: str, file: PublishedFile, there: Listing) -> bool:
    return there.files.get(name) == file and store.size(f"{run}/{name}") == file.size
