"""Which metrics are about the replies of a task."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.belonging import declares, meant, tasks_of

DECLARED = {
    "daily": ("style_level", "length_fit", "critical_failure"),
    "facts": ("fact_correct",),
    "form": ("constraint_ok",),
}
MEASURED = {"marker_rate": 1.0, "length_fit": 1, "turn_leak": 0}


def test_every_reply_is_measured_where_the_character_speaks_freely():
    assert meant(MEASURED, ("fact_correct",), dictated=False) == MEASURED


def test_what_a_form_is_dictated_for_has_no_voice_of_its_own():
    assert meant(MEASURED, ("constraint_ok",), dictated=True)["marker_rate"] is None
    assert meant(MEASURED, ("constraint_ok",), dictated=True)["turn_leak"] == 0


def test_a_declared_metric_is_kept_whatever_is_dictated():
    assert meant(MEASURED, ("marker_rate",), dictated=True)["marker_rate"] == 1.0


@pytest.mark.parametrize("metric", ["style_level", "marker_rate", "style_band", "marker_sentences"])
def test_one_declaration_stands_for_all_that_is_read_from_the_same_sentences(metric):
    assert tasks_of(metric, DECLARED) == {"daily"}


def test_descriptions_are_over_the_tasks_in_which_the_character_speaks():
    assert tasks_of("length_chars", DECLARED) == {"daily", "facts"}


def test_leaks_are_over_all_tasks():
    assert tasks_of("turn_leak", DECLARED) == DECLARED.keys()


def test_a_metric_that_no_task_declares_is_a_description():
    undeclared = {"facts": ("fact_correct",), "form": ("constraint_ok",)}
    assert tasks_of("style_level", undeclared) == {"facts"}


def test_length_is_declared_by_either_of_its_metrics():
    assert declares(("length_closeness",), "length_fit")
    assert not declares(("sentence_fit",), "length_fit")
