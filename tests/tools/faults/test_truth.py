"""What ``make faults`` counts."""

from __future__ import annotations

import pytest

from tools.faults.truth import State, Tally

TRUTH = State(samples={"a": {"text": "はい"}, "b": {"text": "いいえ"}}, scores={}, summary={}, verdicts={}, doubled=0)


def _counts(tally: Tally) -> tuple[int, int, int, int, int]:
    return tally.recovered, tally.lost, tally.doubled, tally.wrong, len(tally.unmended)


def _state(text: str = "はい", doubled: int = 0) -> State:
    return State({"a": {"text": text}, "b": {"text": "いいえ"}}, {}, {}, {}, doubled)


@pytest.mark.parametrize(
    ("state", "told", "counts"),
    [
        (_state(), "", (1, 0, 0, 0, 0)),
        (State({"a": {"text": "はい"}}, {}, {}, {}, 0), "", (0, 1, 0, 1, 0)),
        (_state(doubled=1), "", (0, 0, 1, 1, 0)),
        (_state("うん"), "", (0, 0, 0, 1, 0)),
        (_state("うん"), "rows_changed", (0, 0, 0, 0, 1)),
    ],
    ids=["whole", "lost", "doubled", "changed in silence", "changed and told"],
)
def test_a_trial_is_counted_by_what_is_left_of_the_truth(state, told, counts):
    tally = Tally("kill")
    tally.add(state, TRUTH, told)
    assert _counts(tally) == counts
