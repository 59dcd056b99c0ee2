"""Whether two runs answer the same questions in the same way, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kikime.harness.core.manifest import USER_MODEL, Manifest, StoredHashes
from kikime.harness.core.reasons import Reason
from kikime.harness.metrics import versions_of
from kikime.harness.reports.comparison.records import Setting
from kikime.harness.store.rundir import RunDirectory

Json = Mapping[str, Any]

_IGNORED = {"run", "kind", "created_at", "argv", "schema", "plan", "tasks", "personas", "name", "seal", "series"}
"""Parts of a manifest that differ between any two runs, or whose hashes are compared instead."""


class Differences(NamedTuple):
    """Why two runs cannot be compared as they are."""

    sampling: list[Reason]
    """Generation parameters: no cell of the two runs is the same question, shared or not."""
    scorer: list[Reason]
    """That every rule metric has another version: no score of the two runs is the same measurement."""
    metrics: list[str]
    """Rule metrics that have another version, where others have not: they stay out of the comparison."""
    content: list[Reason]
    """Tasks, personas or formats: the cells that are the same on both sides can be compared."""
    conflicts: list[Reason]
    """Those of ``content`` that both runs have, in different versions."""

    @property
    def settings(self) -> list[Reason]:
        """What keeps every cell of the two runs from being compared."""
        return [*self.sampling, *self.scorer]


def plays_itself(manifest: Json) -> bool:
    """Whether the model of a run speaks the user's lines of its dialogues too."""
    return str(manifest["hashes"]["sampling"].get(USER_MODEL, "")).startswith("self:")


def differences(a: Json, b: Json, *, own_users: bool = False) -> Differences:
    """Compare the ``hashes`` of two manifests, whose ``metrics`` are those of :func:`measured_by`.

    ``own_users``: two models that each play the user too do not differ by that.
    """
    left, right = a["hashes"], b["hashes"]
    sampling = [
        _sampling(name, left["sampling"].get(name), right["sampling"].get(name), a, b)
        for name in sorted({*left["sampling"], *right["sampling"]})
        if left["sampling"].get(name) != right["sampling"].get(name)
        and not (own_users and name == USER_MODEL and plays_itself(a) and plays_itself(b))
    ]
    metrics, all_differ = _metrics(versions_of(left), versions_of(right))
    scorer = []
    if all_differ:
        scorer.append(Reason("scorer_differs", {"left": str(left["scorer"]), "right": str(right["scorer"])}))
    content: list[Reason] = []
    conflicts: list[Reason] = []
    for kind, one in (("tasks", "task"), ("personas", "persona"), ("formats", "format")):
        for name in sorted({*left[kind], *right[kind]}):
            if name not in left[kind] or name not in right[kind]:
                there = a["name"] if name in left[kind] else b["name"]
                content.append(Reason(f"{one}_only", {"name": name, "where": there}))
            elif left[kind][name] != right[kind][name]:
                conflicts.append(_other_version(one, name, a, b))
                content.append(conflicts[-1])
    return Differences(sampling, scorer, [] if all_differ else metrics, content, conflicts)


def measured_by(manifest: Manifest, versions: Mapping[str, str]) -> Manifest:
    """The manifest with the versions that its scores were measured by."""
    hashes: StoredHashes = {**manifest["hashes"], "metrics": dict(versions)}
    return {**manifest, "hashes": hashes}


def _metrics(left: Mapping[str, str], right: Mapping[str, str]) -> tuple[list[str], bool]:
    """Metrics of both runs whose versions differ, and whether they are all."""
    both = [name for name in left if name in right]
    differ = [name for name in both if left[name] != right[name]]
    return differ, bool(differ) and len(differ) == len(both)


def metric_version(a: Json, b: Json, *names: str) -> Reason:
    """That metrics, all of the same two versions, stay out of a comparison."""
    left, right = (versions_of(side["hashes"]).get(names[0], "—") for side in (a, b))
    values = {"metric": ", ".join(names), "left": left, "a": a["name"], "right": right, "b": b["name"]}
    return Reason("metric_version", values)


def _sampling(name: str, left: object, right: object, a: Json, b: Json) -> Reason:
    values = {"name": name, "left": str(left), "a": a["name"], "right": str(right), "b": b["name"]}
    return Reason("sampling_differs", values)


def _other_version(kind: str, name: str, a: Json, b: Json) -> Reason:
    """That both runs have it, in different versions; the numbers are named where they tell the versions apart."""
    left, right = ((side.get(f"{kind}s") or {}).get(name, {}).get("version") for side in (a, b))
    if left is None or right is None or left == right:
        return Reason(f"{kind}_differs", {"name": name})
    return Reason(f"{kind}_versions", {"name": name, "left": left, "right": right})


def precision_notes(a: RunDirectory, b: RunDirectory, left: Manifest, right: Manifest) -> list[Reason]:
    """That the two were computed in different precisions, or that only a server knows one of them."""
    of_a, of_b = (run.sessions()[-1].engine.get("dtype") if run.sessions() else None for run in (a, b))
    if of_a == of_b or not of_a or not of_b:
        return []
    if "served" not in {of_a, of_b}:
        return [Reason("precision_differs", {"a": left["name"], "left": of_a, "b": right["name"], "right": of_b})]
    (served, _), (here, known) = sorted(((left["name"], of_a), (right["name"], of_b)), key=lambda x: x[1] != "served")
    return [Reason("precision_unknown", {"here": here, "known": known, "served": served})]


def manifest_differences(a: Json, b: Json) -> list[Setting]:
    """Every setting that differs: checkpoint, options, suite, hashes, packages, hardware."""
    left, right = (dict(_leaves({k: v for k, v in side.items() if k not in _IGNORED})) for side in (a, b))
    return [
        Setting(path, left.get(path), right.get(path))
        for path in sorted({*left, *right})
        if left.get(path) != right.get(path)
    ]


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value):
        for position, entry in enumerate(value):
            name = entry.get("id", position) if isinstance(entry, Mapping) else position
            yield from _leaves(entry, f"{path}.{name}")
    else:
        yield path, value
