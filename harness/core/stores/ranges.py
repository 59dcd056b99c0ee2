"""Large tables of published runs, read by range: what a query needs of them, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from fsspec import AbstractFileSystem

from kikime.harness.core.stores.address import Store, open_store
from kikime.harness.core.stores.listing import MARKER
from kikime.harness.core.stores.mirror import address_of, listing_of


class Ranges(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The store as DuckDB reads it: exactly the bytes that it asks for, nothing ahead."""

    protocol = "published"
    cachable = False

    def __init__(self, store: Store, sizes: Mapping[str, int], at: datetime) -> None:
        """``sizes`` of its files, and when they were published: known from the run's listing, so nobody asks for them."""
        super().__init__()
        self._store, self._sizes, self._at = store, sizes, at

    def open(self, path: str, mode: str = "rb", **_: object) -> Any:  # noqa: ARG002  (as fsspec calls it)
        """A file of the store."""
        return self._store.opened(self._strip_protocol(path))

    def info(self, path: str, **_: object) -> dict[str, Any]:
        """Its size, under ``size``."""
        name = self._strip_protocol(path)
        return {"name": name, "size": self._sizes[name], "type": "file"}

    def modified(self, path: str) -> datetime:  # noqa: ARG002  (as fsspec calls it)
        """When it was published, as far as this machine knows."""
        return self._at


class FarTable(NamedTuple):
    """Where DuckDB finds a table, by which file system."""

    url: str
    filesystem: Ranges


def far_table(path: Path) -> FarTable:
    """The place of a table that :func:`kikime.harness.core.stores.mirror.far` finds.

    Raises:
        EnvironmentFault: the store cannot be opened.
    """
    run, address = path.parent, address_of(path.parent.parent)
    assert address is not None
    sizes = {f"{run.name}/{name}": file.size for name, file in listing_of(run).files.items()}
    at = datetime.fromtimestamp((run / MARKER).stat().st_mtime, UTC)
    return FarTable(f"{Ranges.protocol}://{run.name}/{path.name}", Ranges(open_store(address), sizes, at))
