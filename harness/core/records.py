"""The base of records that commands print as JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import msgspec
import orjson

if TYPE_CHECKING:
    import pandas as pd


SCHEMA_VERSION = 1
"""Of the JSON that commands print: grows when a field changes its meaning. Fields are only ever added."""


def stamped(value: object) -> object:
    """A result as commands print it: with ``schema_version``, which each object of a list has.

    >>> stamped([{"id": "ojousama"}])
    [{'schema_version': 1, 'id': 'ojousama'}]
    """
    if isinstance(value, (list, tuple)):
        return [stamped(entry) for entry in value]
    if isinstance(value, msgspec.Struct):
        value = {name: found for name, found in msgspec.structs.asdict(value).items() if found is not msgspec.UNSET}
    elif is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    return {"schema_version": SCHEMA_VERSION, **value} if isinstance(value, dict) else value


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
        return orjson.dumps(stamped(self), default=msgspec.structs.asdict, option=option).decode()

    def to_frame(self) -> pd.DataFrame:
        """The record's rows as a frame; a record that has no list of rows is one row."""
        import pandas as pd

        return pd.json_normalize(msgspec.to_builtins(self.frame_rows()))

    def frame_rows(self) -> object:
        """What :meth:`to_frame` shows, one record per row."""
        return [self]


class Record(Printed, msgspec.Struct, frozen=True):
    """A frozen typed result."""
