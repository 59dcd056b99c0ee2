"""The reports of ``kikime show RUN --report``: the bundled ones, those of packages, and those of a Python file."""

from __future__ import annotations

from pathlib import Path

from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts, python_file
from kikime.harness.reports.report import Report


def _bundled() -> dict[str, Report | Path]:
    from kikime.harness.reports.claims import dialogue, form_facts, icl, shots, techniques, turns
    from kikime.harness.reports.conversations import address, memory
    from kikime.harness.reports.trends import steps

    modules = (icl, turns, dialogue, memory, address, techniques, shots, steps, form_facts)
    return {module.REPORT.id: module.REPORT for module in modules}


REPORTS = Parts(Phrase("report"), Report, _bundled, load=python_file("REPORT", Report), suffixes=(".py",))
