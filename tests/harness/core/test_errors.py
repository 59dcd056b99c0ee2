"""Errors that are raised on purpose: one tree, one exit code each."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from kikime.harness.core import errors
from kikime.harness.core.errors import (
    DiskFull,
    EnvironmentFault,
    FileFormatError,
    KikimeError,
    UsageError,
)
from kikime.harness.core.files import unwritable


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UsageError", 2),
        ("UnfinishedRun", 2),
        ("EnvironmentFault", 3),
        ("EngineFault", 3),
        ("DiskFull", 3),
        ("RunLocked", 3),
        ("PartialResult", 4),
    ],
)
def test_each_kind_has_its_exit_code(name, code):
    kind = getattr(errors, name)
    assert issubclass(kind, KikimeError)
    assert kind.exit_code == code


def test_an_error_tells_what_to_do_next_where_there_is_something():
    assert "run it" in str(UsageError("broken", hint="run it"))
    assert str(UsageError("broken")) == "broken"


@pytest.mark.parametrize(("line", "where"), [(7, "x.yaml:7: "), (None, "x.yaml: "), (0, "x.yaml: ")])
def test_a_wrong_file_is_named_with_its_line(line, where):
    error = FileFormatError(Path("x.yaml"), line, "wrong")
    assert str(error).startswith(where)
    assert error.path == Path("x.yaml")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_kind_of_its_own(code, tmp_path):
    found = unwritable(tmp_path / "x", OSError(code, "full"))
    assert isinstance(found, DiskFull)
    assert found.hint


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EISDIR, None])
def test_other_reasons_name_the_file(code, tmp_path):
    found = unwritable(tmp_path / "月.html", OSError(code, "no") if code else OSError("no"))
    assert type(found) is EnvironmentFault
    assert "月.html" in str(found)
    assert found.hint
