"""Runs that were computed in different precisions are told apart."""

from __future__ import annotations

import pytest

from kikime.harness.reports.comparison.comparability import precision_notes
from tests.support.builders import IN_VOICE, make_run


def computed(runs, name, dtype):
    run = make_run(runs, name, IN_VOICE)
    session = {"engine": {"dtype": dtype} if dtype else {}, "load_seconds": 1.0}
    run.write_status({**run.status(), "sessions": [session]})
    return run


@pytest.mark.parametrize(
    ("left", "right", "code"),
    [
        ("float32", "float32", None),
        (None, "float32", None),
        ("served", "served", None),
        ("float32", "bfloat16", "precision_differs"),
        ("float32", "served", "precision_unknown"),
        ("served", "float32", "precision_unknown"),
    ],
)
def test_another_precision_is_a_note(tmp_path, left, right, code):
    a, b = computed(tmp_path, "a", left), computed(tmp_path, "b", right)
    notes = precision_notes(a, b, a.manifest(), b.manifest())
    assert [note.code for note in notes] == ([code] if code else [])
    if code == "precision_unknown":
        here = "a" if right == "served" else "b"
        assert notes[0].values == {"here": here, "known": "float32", "served": {"a": "b", "b": "a"}[here]}
