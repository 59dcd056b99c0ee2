"""``kikime sweep`` as a user calls it."""

from __future__ import annotations

import json

from tests.support.builders import invoke
from tests.support.training import checkpoint


def swept(tmp_path, engine, text, *more):
    common = "suite: smoke\ntasks: [daily]\npersonas: [ojousama]\nformats: [alpaca]\nshots: [0]\nlimit: 3\n"
    (tmp_path / "sweep.yaml").write_text(f"{common}engine: {{engine: {engine}}}\n{text}\n", encoding="utf-8")
    return invoke(tmp_path / "runs", "sweep", tmp_path / "sweep.yaml", *more, "--lang", "en")


def test_models_are_ranked_and_steps_have_their_curve(tmp_path, engine):
    for step in (1, 2):
        checkpoint(tmp_path / "out" / f"step-{step}", seed=step)
    done = swept(tmp_path, engine, "models: [demo:august]\nsteps: out/step-*")
    assert done.exit_code == 0, done.stderr
    assert "out × smoke, steps: 2" in done.stdout
    assert "Leaderboard" in done.stdout or "smoke" in done.stdout
    assert len([line for line in done.stdout.splitlines() if line.startswith(str(tmp_path / "runs"))]) == 3


def test_json_is_a_list_in_the_order_of_the_file(tmp_path, engine):
    found = json.loads(swept(tmp_path, engine, "models: [demo:september, demo:august]", "--json").stdout)
    assert [(one["name"], one["step"]) for one in found] == [("september", None), ("august", None)]


def test_a_wrong_file_is_told_with_its_line(tmp_path, engine):
    done = swept(tmp_path, engine, "modles: [demo:august]")
    assert done.exit_code == 2
    assert "sweep.yaml:8: unknown key 'modles'" in done.stderr
