from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kikime.harness.stats.decisions import decide
from kikime.harness.stats.paired import PairedDifference, paired_difference


def difference(shift: float, n_items: int = 100, *, n_personas: int = 4) -> PairedDifference:
    """A comparison whose observed difference is exactly ``shift``; few personas: items have a deviation of 1."""
    table = np.random.default_rng(0).normal(size=(n_personas, n_items))
    if n_personas < 10:
        table = (table - table.mean(axis=1, keepdims=True)) / table.std(axis=1, ddof=1, keepdims=True)
    d = table.ravel()
    personas = np.repeat([f"p{i:02}" for i in range(n_personas)], n_items)
    frame = pd.DataFrame({"persona": personas, "item": range(len(d)), "a": 0.0, "b": d - d.mean() + shift})
    return paired_difference(frame, margin=0.3)


@pytest.mark.parametrize(
    ("shift", "decision"),
    [(0.5, "pass"), (0.0, "pass"), (-0.15, "pass"), (-0.25, "insufficient evidence"), (-0.5, "fail")],
)
def test_decisions(shift: float, decision: str) -> None:
    assert decide(difference(shift), margin=0.3).decision == decision


def test_a_small_sure_loss_inside_the_margin_passes() -> None:
    result = decide(difference(-0.15), margin=0.3)
    assert result.best is not None
    assert result.best < 0
    assert result.decision == "pass"


@pytest.mark.parametrize(("shift", "decision"), [(0.5, "fail"), (-0.5, "pass")])
def test_lower_is_better_turns_it_around(shift: float, decision: str) -> None:
    result = decide(difference(shift), margin=0.3, higher_is_better=False)
    assert result.decision == decision
    assert result.change == pytest.approx(-shift)
    assert result.worst < result.change < result.best  # type: ignore[operator]


def test_few_items_are_insufficient_and_the_named_n_is_enough() -> None:
    few = difference(0.0, 8)
    answer = decide(few, margin=0.3)
    assert (answer.decision, answer.n, answer.unit) == ("insufficient evidence", 32, "items")
    assert answer.n_needed is not None
    enough = difference(0.0, answer.n_needed // 4 + 1)
    assert decide(enough, margin=0.3).decision == "pass"
    assert enough.mde == pytest.approx(0.3, rel=0.1)


def test_a_likely_loss_needs_what_proves_the_loss() -> None:
    answer = decide(difference(-0.33, 8), margin=0.3)
    assert answer.decision == "insufficient evidence"
    assert decide(difference(-0.33, answer.n_needed // 4 + 1), margin=0.3).decision == "fail"  # type: ignore[operator]


def test_many_personas_are_counted_in_personas() -> None:
    answer = decide(difference(0.0, 2, n_personas=12), margin=0.1)
    assert (answer.unit, answer.n) == ("personas", 12)
    assert answer.n_needed > 12  # type: ignore[operator]


def test_a_settled_answer_needs_nothing() -> None:
    assert decide(difference(0.5), margin=0.3).n_needed is None


def test_a_margin_of_zero_fails_any_sure_loss_and_passes_no_doubt() -> None:
    assert decide(difference(-0.3), margin=0).decision == "fail"
    assert decide(difference(0.3), margin=0).decision == "pass"
    undecided = decide(difference(0.0), margin=0)
    assert (undecided.decision, undecided.n_needed) == ("insufficient evidence", None)


def test_two_items_decide_nothing() -> None:
    assert decide(replace(difference(0.5), n_items=2), margin=0.3).decision == "insufficient evidence"


def test_no_interval_decides_nothing() -> None:
    single = paired_difference(pd.DataFrame({"persona": ["x"], "item": [1], "a": [1.0], "b": [5.0]}), margin=0.3)
    answer = decide(single, margin=0.3)
    assert (answer.decision, answer.n_needed, answer.worst) == ("insufficient evidence", None, None)


def test_a_negative_margin_is_an_error() -> None:
    with pytest.raises(ValueError, match="margin"):
        decide(difference(0.0), margin=-0.1)


def test_models_that_never_fail_need_what_the_rule_of_three_asks_for() -> None:
    def never(n: int) -> PairedDifference:
        return paired_difference(
            pd.DataFrame({"persona": "maid", "item": range(n), "a": 0.0, "b": 0.0}), margin=0.05, n_resamples=99
        )

    answer = decide(never(20), margin=0.05, higher_is_better=False)
    assert answer.decision == "insufficient evidence"
    assert answer.n_needed is not None
    assert 60 <= answer.n_needed <= 120
    assert decide(never(answer.n_needed), margin=0.05, higher_is_better=False).decision == "pass"
