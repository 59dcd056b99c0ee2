"""Content addresses."""

from __future__ import annotations

import hashlib

import pytest

from kikime.harness.core.hashing import canonical_json, digest, file_sha256


def test_an_address_never_changes_between_versions():
    """Keys of runs are digests: another value here would make every earlier run unresumable."""
    assert digest("model", "august") == hashlib.blake2b(b'kikime/model/1\n"august"', digest_size=16).hexdigest()
    assert digest("x", {"あ": [1, None, 0.5]}) == digest("x", {"あ": [1, None, 0.5]})
    assert len(digest("x", None)) == 32


def test_the_order_of_keys_makes_no_difference_and_that_of_lists_does():
    assert digest("x", {"a": 1, "b": {"c": 2, "d": 3}}) == digest("x", {"b": {"d": 3, "c": 2}, "a": 1})
    assert digest("x", [1, 2]) != digest("x", [2, 1])


@pytest.mark.parametrize(("one", "other"), [(1, "1"), (1, 1.5), (None, ""), ([], {}), (True, 1), ("が", "か\u3099")])
def test_different_content_has_different_addresses(one, other):
    assert digest("x", one) != digest("x", other)


def test_kinds_are_apart():
    assert digest("task", "x") != digest("persona", "x")
    assert digest("a", "b") != digest("ab", "")


def test_json_has_no_spaces_and_keeps_its_script():
    assert canonical_json({"b": "薔薇", "a": [1, 2]}) == '{"a":[1,2],"b":"薔薇"}'.encode()
    assert canonical_json(float("nan")) == b"null"


def test_a_file_has_the_hash_of_its_bytes(tmp_path):
    path = tmp_path / "x"
    for content in (b"", b"x" * 1_000_000, "薔薇".encode()):
        path.write_bytes(content)
        assert file_sha256(path) == hashlib.sha256(content).hexdigest()
