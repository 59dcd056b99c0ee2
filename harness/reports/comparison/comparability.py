"""Whether two runs answer the same questions in the same way, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Json = Mapping[str, Any]

_IGNORED = {
    "run", "created_at", "argv", "schema", "plan", "tasks", "personas", "name",
}  # fmt: skip
"""Parts of a manifest that differ between any two runs, or whose hashes are compared instead."""


class Differences(NamedTuple):
    """Why two runs cannot be compared as they are."""

    sampling: list[str]
    """Generation parameters: no cell of the two runs is the same question, shared or not."""
    scorer: list[str]
    """Versions of the rule metrics: no score of the two runs is the same measurement."""
    content: list[str]
    """Tasks, personas or formats: the cells that are the same on both sides can be compared."""

    @property
    def settings(self) -> list[str]:
        """What keeps every cell of the two runs from being compared."""
        return [*self.sampling, *self.scorer]


def differences(a: Json, b: Json) -> Differences:
    """Compare two manifests' (or summaries') ``hashes``."""
    left, right = a["hashes"], b["hashes"]
    sampling = [
        f"sampling differs: {name} is {left['sampling'].get(name)} in {a['name']} and {right['sampling'].get(name)} in "
        f"{b['name']}"
        for name in sorted({*left["sampling"], *right["sampling"]})
        if left["sampling"].get(name) != right["sampling"].get(name)
    ]
    scorer = [f"the rule metrics differ: {left['scorer']} and {right['scorer']}"] * (left["scorer"] != right["scorer"])
    content: list[str] = []
    for kind, one in (("tasks", "task"), ("personas", "persona"), ("formats", "format")):
        content += _content(one, left[kind], right[kind], a, b)
    return Differences(sampling, scorer, content)


def _content(kind: str, left: Json, right: Json, a: Json, b: Json) -> Iterator[str]:
    for name in sorted({*left, *right}):
        if name in left and name in right:
            if left[name] != right[name]:
                yield f"{kind} {name}: another version{_versions(kind, name, a, b)} (content hashes differ)"
        else:
            there = a["name"] if name in left else b["name"]
            yield f"{kind} {name}: only in {there}"


def _versions(kind: str, name: str, a: Json, b: Json) -> str:
    found = [(side.get(f"{kind}s") or {}).get(name, {}).get("version") for side in (a, b)]
    return f" ({found[0]} and {found[1]})" if None not in found and found[0] != found[1] else ""


def manifest_differences(a: Json, b: Json) -> list[dict[str, Any]]:
    """Every setting that differs, as ``{"path", "a", "b"}``: checkpoint, options, suite, hashes, packages, hardware."""
    left, right = (dict(_leaves({k: v for k, v in side.items() if k not in _IGNORED})) for side in (a, b))
    return [
        {"path": path, "a": left.get(path), "b": right.get(path)}
        for path in sorted({*left, *right})
        if left.get(path) != right.get(path)
    ]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value):
        for position, entry in enumerate(value):
            name = entry.get("id", position) if isinstance(entry, Mapping) else position
            yield from _leaves(entry, f"{path}.{name}")
    else:
        yield path, value
