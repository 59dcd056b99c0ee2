"""The commands call the functions that a notebook calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import kikime

CLI = Path(__file__).parents[2] / "kikime" / "cli"
COMMANDS = sorted(
    path for folder in ("judging", "library", "results", "running") for path in (CLI / folder).glob("*.py")
)
ALLOWED = ("kikime.cli", "kikime.workflows", "kikime.harness.core", "kikime.harness.words")
NAMED = {
    "judging/calibrate": {"judges.trust.calibration"},
    "judging/judge": {"judges.jobs.batch", "judges.trust.canaries", "judges.trust.linking"},
    "judging/options": {"judges.verdicts.models"},
    "library/score": {"harness.metrics.totals"},
    "results/compare": {"harness.reports.comparison.pairs"},
    "results/export": {"harness.reports.export"},
    "results/formulas": {"harness.reports.tables.areas", "harness.reports.tables.quality"},
    "results/gate": {"harness.reports.export.markdown"},
    "results/leaderboard": {"leaderboard.launch"},
    "results/reports": {"harness.reports.registry", "harness.reports.report"},
    "results/show": {"harness.metrics.registry", "harness.plan.notes", "harness.store.means"},
    "running/demo": {"harness.store.means"},
    "running/retention": {"harness.retention.report"},
}
"""What a command uses beside the workflows: how a result is worded or written, cards and formats as they are."""


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of kikime that are imported when the module runs: not for types alone, and not what ``kikime`` exports."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("kikime."):
            public = {name for name, home in kikime._HOMES.items() if home == node.module}
            if {alias.name for alias in node.names} - public:
                yield node.module
        yield from imported(node)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_command_goes_through_the_workflows(path):
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    others = {
        name.removeprefix("kikime.") for name in names if not name.startswith(ALLOWED) and not name.endswith(".records")
    }
    assert others == NAMED.get(f"{path.parent.name}/{path.stem}", set())
