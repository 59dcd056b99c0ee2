"""``kikime push`` and ``--runs ADDRESS`` as a user calls them."""

from __future__ import annotations

import json

import pytest

from tests.support.builders import IN_VOICE, PLAIN, invoke, make_run


@pytest.fixture
def shared(tmp_path):
    """The address of two published runs."""
    for name, answer in (("august", PLAIN), ("september", IN_VOICE)):
        make_run(tmp_path / "runs", name, answer)
        done = invoke(tmp_path / "runs", "push", name, (tmp_path / "shared").as_uri(), "--lang", "en")
        assert done.exit_code == 0, done.stderr
        assert "files sent" in done.stdout
    return (tmp_path / "shared").as_uri()


def test_commands_that_read_take_the_address(shared):
    shown = json.loads(invoke(shared, "show", "august", "--json").stdout)
    assert shown["name"] == "august"
    compared = json.loads(invoke(shared, "compare", "august", "september", "--json").stdout)
    assert compared["comparable"]
    assert invoke(shared, "verify", "september").exit_code == 0


@pytest.mark.parametrize("command", [["run", "demo:august"], ["resume", "august"], ["judge", "august"]])
def test_commands_that_write_say_how_to_publish(shared, command):
    done = invoke(shared, *command, "--lang", "en")
    assert done.exit_code == 2
    assert f"kikime push RUN {shared}" in done.stderr
