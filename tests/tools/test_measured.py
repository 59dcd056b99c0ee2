"""What a command costs."""

from __future__ import annotations

import sys

import pytest

from tools.measured import Used, measure


def test_a_command_is_measured_to_its_end():
    used = measure(["sleep", "0.05"])
    assert used.wall >= 0.05
    assert used.cpu < used.wall


def test_a_command_that_fails_says_what_it_said():
    with pytest.raises(SystemExit, match="ended with 3:\nno such thing"):
        measure([sys.executable, "-S", "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"])


def test_commands_one_after_the_other_add_time_and_not_memory():
    assert Used(1.0, 2.0, 30.0).plus(Used(1.0, 2.0, 40.0)) == Used(2.0, 4.0, 40.0)
