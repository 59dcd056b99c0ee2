"""Data of the evaluation: personas, task banks, suites. No code besides the paths."""

from __future__ import annotations

from pathlib import Path


def data_path(kind: str) -> Path:
    """Folder of one kind of bundled data (``personas``, ``banks``, ``suites``, ``lm_eval``)."""
    return Path(__file__).parent / kind
