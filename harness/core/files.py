"""Where bundled data lies and how files are written."""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).parents[2] / "tasks"


def data_path(kind: str) -> Path:
    """Folder or file of one kind of bundled data (``personas``, ``banks``, ``suites``, ``lm_eval``, ``techniques.yaml``)."""
    return _DATA / kind
