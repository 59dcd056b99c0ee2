"""What says that a run is published, and which files it consists of."""

from __future__ import annotations

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
