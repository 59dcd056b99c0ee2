"""``kikime doctor``: what works on this machine and what to install."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.options import json_option, runs_option
from kikime.cli.output import print_records, tell

_SIGNS = {"ok": "✓", "warning": "!", "fault": "✗"}


@click.command()
@runs_option
@json_option
def doctor(runs: Path, as_json: bool) -> int:
    """Check engine, packages, judge key, fonts, disk and runs; say how to mend what is broken."""
    from kikime.workflows.library import doctor as examine

    checks = examine(runs)
    if as_json:
        print_records(checks)
    else:
        for check in checks:
            tell(f"{_SIGNS[check.state]} {check.what}: {check.detail}")
            if check.mend:
                tell(f"    → {check.mend}")
    return 3 if any(check.state == "fault" for check in checks) else 0
