"""JSON schemas of what ``--json`` of each command prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from kikime.harness.core.errors import UsageError
from kikime.harness.core.names import or_known
from kikime.harness.core.records import SCHEMA_VERSION, Record
from kikime.harness.store.records import Summary

if TYPE_CHECKING:
    from pydantic import BaseModel

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STAMP = {"const": SCHEMA_VERSION, "description": "Version of this schema."}
_UNSTAMPED = ("score",)
"""Lines that are data for the next program as they are."""


class RunSummary(Summary, kw_only=True):
    """What ``kikime run`` and ``kikime resume`` print: the run's summary and its path."""

    path: str
    judge_stopped: str | msgspec.UnsetType = msgspec.UNSET
    """Why the judge ended early."""
    judge_again: str | msgspec.UnsetType = msgspec.UNSET
    """The command that adds the verdicts."""


class Demo(Record, frozen=True):
    """What ``kikime demo`` prints."""

    runs: list[str]
    summaries: list[Summary]
    report: str


class ScoreLine(Record, frozen=True, kw_only=True):
    """A line of ``kikime score``: of a wrong one ``error`` instead of ``metrics``."""

    id: str | int | msgspec.UnsetType = msgspec.UNSET
    line: int | msgspec.UnsetType = msgspec.UNSET
    metrics: dict[str, float | None] | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


def schema_names() -> list[str]:
    """What has a schema: commands, and ``report.NAME`` for the reports of ``kikime show``."""
    from kikime.harness.reports.registry import REPORTS

    return [*_SCHEMAS, *(f"report.{name}" for name in REPORTS.ids())]


def schema(name: str) -> Schema:
    """The JSON schema of what ``--json`` of a command prints.

    Raises:
        UsageError: no such name.
    """
    if name.startswith("report."):
        from kikime.harness.reports.registry import REPORTS

        found = _of(REPORTS.find(name.removeprefix("report.")).result)
    elif name in _SCHEMAS:
        found = _SCHEMAS[name]()
    else:
        known = schema_names()
        raise UsageError(
            "no schema '{name}'{meant}",
            hint="there are: {known}",
            name=name,
            meant=or_known(name, known),
            known=", ".join(known),
        )
    shape = found if name in _UNSTAMPED else _stamped(found)
    return {"$schema": DIALECT, "title": f"kikime {name}", "version": SCHEMA_VERSION, **shape}


def _stamped(shape: Schema) -> Schema:
    """The schema of what :func:`kikime.harness.core.records.stamped` makes of a result."""
    if shape.get("type") == "array":
        return {**shape, "items": _stamped(shape["items"])}
    if "anyOf" in shape:
        return {**shape, "anyOf": [_stamped(one) for one in shape["anyOf"]]}
    properties = {"schema_version": _STAMP, **shape.get("properties", {})}
    return {**shape, "properties": properties, "required": ["schema_version", *shape.get("required", [])]}


def _of(*types: Any) -> Schema:
    """The schema of one of several types."""
    union = types[0]
    for kind in types[1:]:
        union = union | kind
    found: Schema = msgspec.json.schema(union)
    return found


def _plan() -> Schema:
    from kikime.workflows.plan import Plan

    return _of(Plan)


def _run() -> Schema:
    from kikime.workflows.retention import Retention

    one = {"anyOf": [_ref("RunSummary"), _ref("Retention")]}
    definitions = _of(RunSummary)["$defs"] | _of(Retention)["$defs"]
    return {"anyOf": [*one["anyOf"], {"type": "array", "items": one}], "$defs": definitions}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _compare() -> Schema:
    from kikime.harness.reports.comparison.records import Comparison

    return _of(Comparison)


def _gate() -> Schema:
    from kikime.harness.reports.comparison.records import GateAnswer

    return _of(GateAnswer)


def _rank() -> Schema:
    from kikime.harness.reports.ranking.records import Ranking

    return _of(Ranking)


def _flexibility() -> Schema:
    from kikime.harness.reports.claims.records import FlexibilityTable

    return _of(FlexibilityTable)


def _export() -> Schema:
    from kikime.harness.reports.overview.records import Overview

    return _of(Overview)


def _judge() -> Schema:
    from kikime.judges.verdicts.lines import Line

    return _of(Line)


def _doctor() -> Schema:
    from kikime.workflows.library import Check

    return _of(list[Check])


def _personas() -> Schema:
    from kikime.workflows.library import PersonaSummary

    return _of(list[PersonaSummary])


def _tasks() -> Schema:
    from kikime.workflows.library import TaskSummary

    return _of(list[TaskSummary])


def _formats() -> Schema:
    from kikime.harness.prompts.format import Format

    return _listed(Format, {"hash": {"type": "string", "description": "Changes with any part of the format."}})


def _detection() -> Schema:
    from kikime.harness.prompts.detect import Detection

    return _of(Detection)


def _samples() -> Schema:
    from kikime.harness.store.tables import SAMPLES

    columns: Schema = {name: {} for name in SAMPLES.names}
    metrics = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}
    properties = columns | {"metrics": metrics, "task_metrics": metrics}
    return {"type": "array", "items": {"type": "object", "properties": properties, "required": list(properties)}}


def _listed(model: type[BaseModel], more: Schema) -> Schema:
    """A list of a model's objects with further properties; definitions stand at the top, where references look."""
    item = model.model_json_schema(mode="serialization")
    definitions = item.pop("$defs", {})
    item["properties"] |= more
    item.pop("additionalProperties", None)
    return {"type": "array", "items": item, "$defs": definitions}


_SCHEMAS: dict[str, Callable[[], Schema]] = {
    "demo": lambda: _of(Demo),
    "run": _run,
    "plan": _plan,
    "resume": lambda: _of(RunSummary),
    "score": lambda: _of(ScoreLine),
    "judge": _judge,
    "show": lambda: _of(Summary),
    "samples": _samples,
    "compare": _compare,
    "rank": _rank,
    "flexibility": _flexibility,
    "gate": _gate,
    "export": _export,
    "formats": _formats,
    "formats.detect": _detection,
    "personas": _personas,
    "tasks": _tasks,
    "doctor": _doctor,
}
