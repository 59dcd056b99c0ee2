"""The base of records that commands print as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson


class Record(msgspec.Struct, frozen=True):
    """A typed result; ``--json`` prints its fields in their order."""

    def to_builtins(self) -> dict[str, Any]:
        """The record as dicts and lists."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def to_json(self) -> str:
        """The record as indented JSON."""
        return orjson.dumps(self.to_builtins(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode()
