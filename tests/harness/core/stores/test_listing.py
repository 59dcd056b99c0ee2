"""What says that a run is published, and which files it consists of."""

from __future__ import annotations

import msgspec
import pytest

from kikime.harness.core.stores.listing import Listing, PublishedFile, read_listing

FILE = PublishedFile(size=3, sha256="ab")


def test_a_listing_goes_there_and_back():
    listing = Listing(files={"summary.json": FILE, "wal/0.jsonl": FILE})
    assert read_listing(msgspec.json.encode(listing)) == listing


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b"{", b'{"files": {"a": 1}}', b'{"files": {"../a": {"size": 1}}}']
)
def test_what_cannot_be_read_is_no_listing(content):
    assert read_listing(content) is None


def test_fields_of_later_versions_are_passed_over():
    assert read_listing(b'{"schema": 9, "files": {}, "signed_by": "x"}') == Listing(schema=9)


@pytest.mark.parametrize("name", ["", "..", "a/../../b", "./a", "/etc/passwd", "a\\b", "C:a", "\\\\host\\a"])
def test_names_that_lead_out_of_the_folder_are_refused(name):
    with pytest.raises(ValueError, match="no file of a run"):
        Listing(files={name: FILE})


@pytest.mark.parametrize("name", ["summary.json", "wal/0.jsonl", "a..b", "..a/b", ".hidden"])
def test_names_with_dots_in_them_are_names(name):
    assert name in Listing(files={name: FILE}).files
