"""The nearest known names."""

from __future__ import annotations

import pytest

from kikime.harness.core.names import did_you_mean, nearest, one_of, or_known
from kikime.harness.words.catalogue import Translator

KNOWN = ("quick", "standard", "retention", "お嬢様")


@pytest.mark.parametrize(
    ("typed", "near"),
    [("quik", "quick"), ("QUICK", None), ("standrad", "standard"), ("お嬢さま", "お嬢様"), ("", None)],
)
def test_one_slip_finds_the_name(typed, near):
    assert nearest(typed, KNOWN, n=1) == ([near] if near else [])


def test_no_more_names_than_asked_the_nearest_first():
    assert nearest("formats", ["form", "formats", "format"], n=2) == ["formats", "format"]


def test_where_no_name_is_near_all_are_told():
    assert or_known("zzz", KNOWN).count(",") == len(KNOWN) - 1
    assert "quick" in or_known("quik", KNOWN)
    assert "standard" not in or_known("quik", KNOWN)
    assert did_you_mean("zzz", KNOWN) == ""


def test_names_may_come_from_an_iterator():
    assert "quick" in or_known("zzz", iter(KNOWN))


@pytest.mark.parametrize(
    ("names", "english", "japanese"),
    [(["a"], "a", "a"), (["a", "b"], "a or b", "a か b"), (["a", "b", "c"], "a or b or c", "a か b か c")],
)
def test_names_to_choose_from_are_joined_in_the_readers_language(names, english, japanese):
    assert one_of(names) == english
    assert Translator("ja").message(one_of(names)).replace(" ", "") == japanese.replace(" ", "")
