"""Answers of any shape, for servers that are not to be trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.support.judge_server import Answer

STATUSES = (200, 200, 200, 200, 200, 400, 403, 409, 418, 422, 429, 500, 503)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.just(1e400)
    | st.sampled_from(["", "7", "ですわ", "</think>", "\ud800"])
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["text", "type", "content", "message", "error", "code", "role"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, part in inside for place in _places(part, (*path, name)))]


def _with(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    if not path:
        return part
    copy = value.copy()
    copy[path[0]] = _with(copy[path[0]], path[1:], part)
    return copy


@st.composite
def odd_answers(draw: st.DrawFn, whole: Mapping[str, Any]) -> Answer:
    """``whole``, or something that is wrong in one way or several: its shape, its status, its bytes, the connection."""
    kind = draw(st.sampled_from(["whole", "whole", "shape", "shape", "status", "bytes", "cut", "drop"]))
    if kind == "whole":
        return Answer(body=whole)
    if kind == "drop":
        return Answer(drop=True)
    if kind == "status":
        told = {draw(st.sampled_from(["error", "detail", "message", "x"])): draw(VALUES)}
        return Answer(draw(st.sampled_from(STATUSES)), told)
    raw = json.dumps(whole).encode()
    if kind == "bytes":
        return Answer(draw(st.sampled_from(STATUSES)), raw=draw(st.binary(max_size=40)))
    if kind == "cut":
        return Answer(raw=raw[: draw(st.integers(0, len(raw) - 1))])
    return Answer(body=_with(whole, draw(st.sampled_from(_places(whole))), draw(VALUES)))
