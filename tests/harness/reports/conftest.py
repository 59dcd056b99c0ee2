"""Two small runs that the report tests share: september keeps the voice, august loses it in two of three items."""

from __future__ import annotations

from pathlib import Path

import pytest

from kikime.harness.store.rundir import RunDirectory
from tests.support.builders import IN_VOICE, PLAIN, facts_task, make_materials, make_run, talk_task


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDirectory, RunDirectory]:
    runs = tmp_path_factory.mktemp("pair")
    materials = make_materials([talk_task(), facts_task()], formats=("alpaca", "chatml"), shots=(0, 2))
    august = make_run(runs, "august", lambda q: PLAIN if int(q.item_id[-1]) % 3 else IN_VOICE, materials=materials)
    september = make_run(runs, "september", IN_VOICE, materials=materials, n_params=7_000_000)
    return august, september


@pytest.fixture
def runs(pair: tuple[RunDirectory, RunDirectory]) -> Path:
    return pair[0].path.parent
