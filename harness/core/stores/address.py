"""A folder at any address of fsspec, with errors of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kikime.harness.core.errors import EnvironmentFault, UsageError

_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "hf": "huggingface_hub"}
"""Scheme → the package that speaks it."""


def is_address(runs: str | Path) -> bool:
    """Whether ``runs`` is an address and no folder of this machine's.

    >>> is_address("s3://bucket/runs"), is_address("runs"), is_address("file:///srv/runs")
    (True, False, True)
    """
    return "://" in str(runs)


def open_store(address: str) -> Store:
    """The folder at ``address``.

    Raises:
        UsageError: an unknown scheme.
        EnvironmentFault: the package that speaks it is not installed.
    """
    import fsspec

    scheme = address.partition("://")[0]
    try:
        found, root = fsspec.core.url_to_fs(address)
    except ImportError:
        raise EnvironmentFault(
            "{address}: {package} is not installed",
            hint="pip install {package}",
            address=address,
            package=_PACKAGES.get(scheme, scheme),
        ) from None
    except ValueError as error:
        raise UsageError(
            "{address}: no address of a run store: {reason}",
            hint="for example s3://bucket/runs, gs://bucket/runs or file:///srv/runs",
            address=address,
            reason=error,
        ) from None
    return Store(address, found, root.rstrip("/"))


class Store:
    """Files below an address; names are relative to it."""

    def __init__(self, address: str, filesystem: Any, root: str) -> None:
        self.address = address
        self._fs = filesystem
        self._root = root

    def read(self, name: str) -> bytes | None:
        """A small file; None where it is not there."""
        with self._faults():
            try:
                content: bytes = self._fs.cat_file(self._path(name))
            except FileNotFoundError:
                return None
            return content

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """Small files by their names, many at a time; those that are not there are left out."""
        places = {self._path(name): name for name in names}
        with self._faults():
            found: dict[str, bytes] = self._fs.cat(list(places), on_error="omit") if places else {}
        return {places[path]: content for path, content in found.items()}

    def size(self, name: str) -> int | None:
        """A file's size in bytes; None where it is not there."""
        with self._faults():
            self._fs.invalidate_cache()
            try:
                return int(self._fs.info(self._path(name))["size"])
            except FileNotFoundError:
                return None

    def opened(self, name: str) -> Any:
        """A file to read from, of which each read fetches what it asks for."""
        with self._faults():
            return self._fs.open(self._path(name), "rb", cache_type="none")

    def write(self, name: str, content: bytes) -> None:
        """Replace a small file."""
        with self._faults():
            self._fs.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(self._path(name), content)

    def send(self, file: Path, name: str) -> None:
        """Send a file of this machine."""
        with self._faults():
            self._fs.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            self._fs.put_file(str(file), self._path(name))

    def fetch(self, name: str, file: Path) -> None:
        """Fetch a file to this machine."""
        with self._faults():
            self._fs.get_file(self._path(name), str(file))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._faults():
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def folders_with(self, name: str) -> list[str]:
        """Names of the folders right below the address that hold a file ``name``."""
        with self._faults():
            self._fs.invalidate_cache()
            found = self._fs.glob(f"{self._root}/*/{name}")
        return sorted(path.rstrip("/").split("/")[-2] for path in found)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            raise EnvironmentFault(
                "{address}: the run store cannot be read or written: {reason}",
                hint="look at the address, the network and the credentials; the same command goes on",
                address=self.address,
                reason=f"{type(error).__name__}: {error}",
            ) from error
