"""Reports of a run by id, by the path of a Python file, or by an installed package's entry point."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kikime.harness.core.errors import UsageError
from kikime.harness.reports.registry import REPORTS
from kikime.harness.reports.report import Report
from kikime.workflows.loaded import Run, load_run


def report(
    name: str, run: Run | str | Path, *, base: Run | str | Path | None = None, runs: str | Path = "runs"
) -> tuple[msgspec.Struct, Report]:
    """What the report ``name`` says of ``run``, and the report that says it.

    Raises:
        UsageError: no such report or run, the run lacks what the report speaks of, or the base is missing.
    """
    found = REPORTS.find(name)
    if (found.base == "needed") != (base is not None):
        text = f"--report {name} compares two runs" if base is None else f"--base does not go with --report {name}"
        raise UsageError(text, hint=f"kikime show TUNED --report {_with_base(name, found)} --base BASE")
    other = None if base is None else load_run(base, runs=runs).directory
    return found.compute(load_run(run, runs=runs).directory, other), found


def _with_base(name: str, found: Report) -> str:
    return name if found.base == "needed" else "form_facts"
