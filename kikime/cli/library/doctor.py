"""``kikime doctor``: what works on this machine and what to install."""

from __future__ import annotations

from pathlib import Path

import click

from kikime.cli.options import json_option, runs_option
from kikime.cli.output import print_json

_SIGNS = {"ok": "✓", "warning": "!", "fault": "✗"}


@click.command()
@runs_option
@json_option
def doctor(runs: Path, as_json: bool) -> int:
    """Check engine, packages, judge key, fonts, disk and runs; say how to mend what is broken."""
    from kikime.harness.environment.doctor import diagnose

    findings = list(diagnose(runs))
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{_SIGNS[finding.state]} {finding.what}: {finding.detail}")
            if finding.mend:
                click.echo(f"    → {finding.mend}")
    return 3 if any(finding.state == "fault" for finding in findings) else 0
