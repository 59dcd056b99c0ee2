"""Content addresses: the same content has the same digest on every machine, in every version."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson

_OPTIONS = orjson.OPT_SORT_KEYS


def canonical_json(value: object) -> bytes:
    """Serialise JSON-like ``value`` with sorted keys, without spaces; a NaN becomes null."""
    return orjson.dumps(value, option=_OPTIONS)


def digest(kind: str, value: object) -> str:
    """Hash JSON-like ``value`` as 32 hexadecimal digits (BLAKE2b-128); ``kind`` keeps name spaces apart."""
    return hashlib.blake2b(f"kikime/{kind}/1\n".encode() + canonical_json(value), digest_size=16).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
