"""The base of records that commands print as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import orjson

if TYPE_CHECKING:
    import pandas as pd


class Printed:
    """What a typed result can be turned into; mixed into a :class:`msgspec.Struct`."""

    __slots__ = ()

    def to_builtins(self) -> dict[str, object]:
        """The record as dicts and lists, in the order of its fields."""
        found: dict[str, object] = msgspec.to_builtins(self)
        return found

    def to_json(self) -> str:
        """The record as ``--json`` prints it."""
        option = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(self, default=msgspec.structs.asdict, option=option).decode()

    def to_frame(self) -> pd.DataFrame:
        """The record's rows as a frame; a record that has no list of rows is one row."""
        import pandas as pd

        return pd.json_normalize(msgspec.to_builtins(self.frame_rows()))

    def frame_rows(self) -> object:
        """What :meth:`to_frame` shows, one record per row."""
        return [self]


class Record(Printed, msgspec.Struct, frozen=True):
    """A frozen typed result."""
