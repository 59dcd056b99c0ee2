"""kikime: how well does a prompt work on a Japanese character language model?

>>> import kikime
>>> kikime.Scorer("ojousama").score("薔薇が好きですわ")["first_person_ok"] is None
True

Everything is imported when it is first used, so that ``import kikime`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from kikime.harness import __version__

if TYPE_CHECKING:
    from kikime import stats
    from kikime.harness.cards.persona import Persona, load_persona
    from kikime.harness.core.errors import (
        EngineFault,
        EnvironmentFault,
        FileFormatError,
        KikimeError,
        PartialResult,
        RunLocked,
        UsageError,
    )
    from kikime.harness.engines.options import EngineOptions
    from kikime.harness.metrics.jsonlines import ScoredLine
    from kikime.harness.prompts.format import Format
    from kikime.harness.suites.suite import Suite, load_suite
    from kikime.judges.jobs.session import JudgeSettings, judge_settings
    from kikime.workflows.judge import Audited, Verdicts, audit, calibrate, judge
    from kikime.workflows.library import doctor, formats
    from kikime.workflows.listener import Listener
    from kikime.workflows.loaded import Run, load_run
    from kikime.workflows.plan import Plan, plan
    from kikime.workflows.results import compare, export, flexibility, gate, push, rank, report, verify, write_report
    from kikime.workflows.run import describe, resume, run
    from kikime.workflows.score import Scorer, score
    from kikime.workflows.series.sweep import sweep
    from kikime.workflows.series.watch import watch

__all__ = [
    "Audited",
    "EngineFault",
    "EngineOptions",
    "EnvironmentFault",
    "FileFormatError",
    "Format",
    "JudgeSettings",
    "KikimeError",
    "Listener",
    "PartialResult",
    "Persona",
    "Plan",
    "Run",
    "RunLocked",
    "ScoredLine",
    "Scorer",
    "Suite",
    "UsageError",
    "Verdicts",
    "__version__",
    "audit",
    "calibrate",
    "compare",
    "describe",
    "doctor",
    "export",
    "flexibility",
    "formats",
    "gate",
    "judge",
    "judge_settings",
    "load_persona",
    "load_run",
    "load_suite",
    "plan",
    "push",
    "rank",
    "report",
    "resume",
    "run",
    "score",
    "stats",
    "sweep",
    "verify",
    "watch",
    "write_report",
]

_ERRORS = "EngineFault EnvironmentFault FileFormatError KikimeError PartialResult RunLocked UsageError"
_NAMES_BY_MODULE = {
    "harness.cards.persona": "Persona load_persona",
    "harness.core.errors": _ERRORS,
    "harness.engines.options": "EngineOptions",
    "harness.metrics.jsonlines": "ScoredLine",
    "harness.prompts.format": "Format",
    "harness.suites.suite": "Suite load_suite",
    "judges.jobs.session": "JudgeSettings judge_settings",
    "workflows.judge": "Audited Verdicts audit calibrate judge",
    "workflows.library": "doctor formats",
    "workflows.listener": "Listener",
    "workflows.loaded": "Run load_run",
    "workflows.plan": "Plan plan",
    "workflows.results": "compare export flexibility gate push rank report verify write_report",
    "workflows.run": "describe resume run",
    "workflows.score": "Scorer score",
    "workflows.series.sweep": "sweep",
    "workflows.series.watch": "watch",
}
_HOMES = {name: f"kikime.{module}" for module, names in _NAMES_BY_MODULE.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name == "stats":
        return import_module("kikime.stats")
    if name not in _HOMES:
        raise AttributeError(f"module 'kikime' has no attribute '{name}'")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
