"""JSON schemas of what ``--json`` of each command prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, get_type_hints

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
_OK = {"ok": {"type": "boolean", "description": "Whether nothing is to be mended."}}
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


def _push() -> Schema:
    from kikime.harness.run.push import Pushed

    return _of(Pushed)


def _series() -> Schema:
    from kikime.workflows.series.records import BenchmarkedStep

    return _of(BenchmarkedStep)


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _either(*types: Any) -> Schema:
    """The schema of results that are told apart by their fields alone."""
    shapes = [_of(kind) for kind in types]
    definitions = {name: found for shape in shapes for name, found in shape["$defs"].items()}
    return {"anyOf": [{"$ref": shape["$ref"]} for shape in shapes], "$defs": definitions}


def _named(kind: Any) -> Schema:
    """The schema of a named tuple that is printed as an object."""
    return _of(msgspec.defstruct(kind.__name__, list(get_type_hints(kind).items())))


def _with(shape: Schema, more: Schema) -> Schema:
    """The schema of an object with further properties."""
    return {**shape, "properties": shape.get("properties", {}) | more, "required": [*shape.get("required", []), *more]}


def _compare() -> Schema:
    from kikime.harness.reports.comparison.records import Comparison

    return _of(Comparison)


def _gate() -> Schema:
    from kikime.harness.reports.comparison.records import GateAnswer

    return _of(GateAnswer)


def _about() -> Schema:
    from kikime.harness.store.about import AboutRun

    return _of(AboutRun)


def _verify() -> Schema:
    from kikime.harness.reports.integrity.records import Verification

    return _of(Verification)


def _rank() -> Schema:
    from kikime.harness.reports.ranking.records import Ranking

    return _of(Ranking)


def _flexibility() -> Schema:
    from kikime.harness.reports.claims.records import FlexibilityTable

    return _of(FlexibilityTable)


def _explain() -> Schema:
    from kikime.harness.reports.tables.areas import Formulas

    return _of(Formulas)


def _export() -> Schema:
    from kikime.harness.reports.comparison.records import Comparison
    from kikime.harness.reports.overview.records import Overview

    return _either(Overview, Comparison)


def _judged() -> Schema:
    from kikime.harness.reports.overview.records import JudgedRun

    return _of(JudgedRun)


def _judge() -> Schema:
    from kikime.judges.verdicts.lines import Line

    return _of(Line)


def _bridge() -> Schema:
    from kikime.judges.trust.linking import LinkReport

    return _of(LinkReport)


def _canaries() -> Schema:
    from kikime.judges.trust.canaries import CanaryResult

    return _of(CanaryResult)


def _audit() -> Schema:
    from kikime.judges.files.audit import AuditReport

    return _of(AuditReport)


def _calibrate() -> Schema:
    from kikime.judges.trust.calibration import CalibrationReport

    return _of(CalibrationReport)


def _doctor() -> Schema:
    from kikime.workflows.library import Check

    return _of(list[Check])


def _personas() -> Schema:
    from kikime.workflows.library import PersonaSummary

    return _of(list[PersonaSummary])


def _persona() -> Schema:
    from kikime.harness.cards.persona import Persona

    return _model(Persona)


def _persona_check() -> Schema:
    from kikime.harness.authoring.check import PersonaReport

    return _with(_of(PersonaReport), _OK)


def _tasks() -> Schema:
    from kikime.workflows.library import TaskSummary

    return _of(list[TaskSummary])


def _task() -> Schema:
    from kikime.harness.suites.task import Task

    return _model(Task)


def _task_check() -> Schema:
    from kikime.harness.authoring.probes import ProbeReport

    return _with(_of(ProbeReport), _OK)


def _formats() -> Schema:
    one = _one_format()
    definitions = one.pop("$defs", {})
    return {"type": "array", "items": one, "$defs": definitions}


def _format() -> Schema:
    return _with(_one_format(), {"template": {"type": "string", "description": "In Jinja."}})


def _one_format() -> Schema:
    from kikime.harness.prompts.format import Format

    return _with(_model(Format), {"hash": {"type": "string", "description": "Changes with any part of the format."}})


def _rendered() -> Schema:
    from kikime.harness.prompts.renderer import Rendered

    return _named(Rendered)


def _format_cards() -> Schema:
    from kikime.harness.prompts.card import FormatCard

    return _of(list[FormatCard])


def _detection() -> Schema:
    from kikime.harness.prompts.detect import Detection

    return _of(Detection)


def _samples() -> Schema:
    from kikime.harness.store.tables import SAMPLES

    columns: Schema = {name: {} for name in SAMPLES.names}
    metrics = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}
    properties = columns | {"metrics": metrics, "task_metrics": metrics}
    return {"type": "array", "items": {"type": "object", "properties": properties, "required": list(properties)}}


def _model(model: type[BaseModel]) -> Schema:
    """The schema of what people write in YAML, as it is printed."""
    shape = model.model_json_schema(mode="serialization")
    shape.pop("additionalProperties", None)
    return shape


_SCHEMAS: dict[str, Callable[[], Schema]] = {
    "demo": lambda: _of(Demo),
    "run": _run,
    "sweep": lambda: {"type": "array", "items": _ref("BenchmarkedStep"), "$defs": _series()["$defs"]},
    "watch": _series,
    "plan": _plan,
    "resume": lambda: _of(RunSummary),
    "score": lambda: _of(ScoreLine),
    "judge": _judge,
    "judge.bridge": _bridge,
    "judge.canaries": _canaries,
    "show": lambda: _of(Summary),
    "samples": _samples,
    "judged": _judged,
    "compare": _compare,
    "about": _about,
    "verify": _verify,
    "push": _push,
    "rank": _rank,
    "explain": _explain,
    "flexibility": _flexibility,
    "gate": _gate,
    "export": _export,
    "audit": _audit,
    "calibrate": _calibrate,
    "formats": _formats,
    "formats.show": _format,
    "formats.render": _rendered,
    "formats.card": _format_cards,
    "formats.detect": _detection,
    "personas": _personas,
    "personas.show": _persona,
    "personas.check": _persona_check,
    "tasks": _tasks,
    "tasks.show": _task,
    "tasks.check": _task_check,
    "tasks.path": lambda: {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    "doctor": _doctor,
}
