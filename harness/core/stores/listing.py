"""What says that a run is published, and which files it consists of."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import msgspec

MARKER = "published.json"
"""Written last: without it a run is not there."""
PROGRESS = "publishing.json"
"""What of a run is there already, while it is published."""


class PublishedFile(msgspec.Struct, frozen=True):
    """One file of a published run."""

    size: int
    sha256: str


class Listing(msgspec.Struct):
    """The content of :data:`MARKER` and of :data:`PROGRESS`."""

    schema: int = 1
    files: dict[str, PublishedFile] = {}
    """By their path below the run's folder."""

    def __post_init__(self) -> None:
        """Refuse (ValueError) names that lead out of the folder: whoever may publish could else write anywhere."""
        for name in self.files:
            outside = PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor or "\\" in name
            if outside or not name or {".", ".."} & set(name.split("/")):
                raise ValueError(f"{name!r} is no file of a run")


def read_listing(content: bytes | None) -> Listing | None:
    """A listing, where there is one that can be read."""
    try:
        return None if content is None else msgspec.json.decode(content, type=Listing)
    except msgspec.DecodeError:
        return None
