"""Published runs as folders of this machine: summaries at once, tables when they are looked at."""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.errors import EnvironmentFault
from kikime.harness.core.files import cache_home, write_atomically
from kikime.harness.core.hashing import digest, file_sha256
from kikime.harness.core.stores.address import Store, is_address, open_store
from kikime.harness.core.stores.listing import MARKER, Listing, PublishedFile, read_listing

_FIRST = ("manifest.json", "status.json", "summary.json")
WHOLE_BYTES = 32 * 2**20
"""A table of at most this size is fetched whole when it is looked at, checked and kept; a larger one is read by range."""
_ADDRESS = "address.txt"
"""In a mirror: where its runs are published."""


def local_runs(runs: str | Path) -> Path:
    """The folder of the runs: as it is, or of an address the mirror, brought up to date.

    Raises:
        UsageError: an unknown kind of address.
        EnvironmentFault: the store cannot be reached.
    """
    return mirrored(str(runs)) if is_address(runs) else Path(runs)


def mirrored(address: str) -> Path:
    """Bring the mirror of an address up to date and return its folder.

    A run that is half published is not there; one that is published anew is fetched anew.
    """
    store = open_store(address)
    folder = cache_home("stores") / digest("store", address.rstrip("/"))
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _ADDRESS, address.encode())
    there = [name for name in store.folders_with(MARKER) if "/" not in name and name not in {".", ".."}]
    markers = store.read_all([f"{name}/{MARKER}" for name in there])
    for name in there:
        _update(store, name, folder / name, markers.get(f"{name}/{MARKER}"))
    for gone in {path.name for path in folder.iterdir() if path.is_dir()} - set(there):
        _forget(folder / gone)
    return folder


def address_of(folder: Path) -> str | None:
    """The address that a folder mirrors; None of any other folder."""
    file = folder / _ADDRESS
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _forget(folder: Path) -> None:
    """Remove what was fetched of a run; what people wrote beside it, such as ratings, stays."""
    for name in [*listing_of(folder).files, MARKER]:
        (folder / name).unlink(missing_ok=True)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()


def listing_of(folder: Path) -> Listing:
    """The files of a mirrored run; none of any other folder."""
    file = folder / MARKER
    return (read_listing(file.read_bytes()) if file.is_file() else None) or Listing()


def _update(store: Store, name: str, folder: Path, marker: bytes | None) -> None:
    known = folder / MARKER
    if marker is not None and known.is_file() and known.read_bytes() == marker:
        return
    if folder.is_dir():
        _forget(folder)
    listing = read_listing(marker)
    if marker is None or listing is None:
        return
    folder.mkdir(exist_ok=True)
    for file in _FIRST:
        if file in listing.files:
            _fetch(store, listing, name, file, folder)
    write_atomically(known, marker)


def far(path: Path) -> PublishedFile | None:
    """A large table of a mirrored run that is not here; None where it is, or is to be fetched whole."""
    known = None if path.is_file() else listing_of(path.parent).files.get(path.name)
    return None if known is None or known.size <= WHOLE_BYTES or address_of(path.parent.parent) is None else known


def table_state(path: Path) -> tuple[int, int] | None:
    """Changes whenever a table does; None where there is none. A small table of a mirrored run is fetched for it."""
    if there := far(path):
        return int(there.sha256[:12], 16), there.size
    return state_of(fetched(path))


def state_of(path: Path) -> tuple[int, int] | None:
    """Modification time and size of a file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def fetched(path: Path) -> Path:
    """The path of a table; of a mirrored run it is fetched first, where it is published and not here yet."""
    if not path.is_file() and (path.parent / MARKER).is_file():
        fetch_published(path.parent, path.name)
    return path


def fetch_whole(run: Path) -> None:
    """Fetch every file of a mirrored run, its log included; nothing of any other folder.

    Raises:
        EnvironmentFault: the store cannot be reached, or what came is not what was published.
    """
    for name in listing_of(run).files:
        if not (run / name).is_file():
            fetch_published(run, name)


def fetch_published(run: Path, name: str) -> None:
    """Fetch one file of a mirrored run; nothing where it was not published, or the folder is no mirror.

    Raises:
        EnvironmentFault: the store cannot be reached, or what came is not what was published.
    """
    listing, address = listing_of(run), address_of(run.parent)
    if name in listing.files and address is not None:
        _fetch(open_store(address), listing, run.name, name, run)


def _fetch(store: Store, listing: Listing, run: str, name: str, folder: Path) -> None:
    target = folder / name
    part = target.with_name(f".{target.name}.part")
    part.parent.mkdir(exist_ok=True)
    try:
        store.fetch(f"{run}/{name}", part)
        intact = file_sha256(part) == listing.files[name].sha256
    except FileNotFoundError:
        intact = False
    if not intact:
        part.unlink(missing_ok=True)
        raise EnvironmentFault(
            "{address}/{run}/{name}: not what was published",
            hint="publish the run again: kikime push RUN {address}",
            address=store.address,
            run=run,
            name=name,
        )
    part.replace(target)
