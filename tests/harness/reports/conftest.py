"""The folder of the two small runs that the report tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.store.rundir import RunDirectory


@pytest.fixture
def runs(pair: tuple[RunDirectory, RunDirectory]) -> Path:
    return pair[0].path.parent
