"""What the GPU check makes of what it measured."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tools.gpu_check.results import (
    Check,
    Figure,
    Findings,
    busy_span,
    equal_share,
    hit_rate,
    idle_share,
    table,
)

SAMPLES = [(0.0, 0), (1.0, 40), (2.0, 0), (3.0, 90), (4.0, 100), (5.0, 3), (6.0, 80), (7.0, 0)]
WALL = Figure("wall", 1.02, most=1.05)
HITS = Figure("hits", 0.5, least=0.85)


@pytest.mark.parametrize(
    ("figure", "reached", "goal"),
    [(WALL, True, "≤ 1.05"), (HITS, False, "≥ 0.85"), (Figure("replies", 594), True, "")],
)
def test_a_figure_knows_its_goal(figure, reached, goal):
    assert (figure.reached, figure.goal) == (reached, goal)


def test_a_check_whose_figure_misses_its_goal_is_no_failure_of_the_check():
    assert Check.of("a", 1.23, [WALL]).state == "ok"
    assert Check.of("a", 1.23, [WALL, HITS]).state == "missed"


def test_generation_ends_when_the_card_was_last_busy():
    assert busy_span(SAMPLES, 3.0) == (3.0, 6.0)


def test_the_idle_share_is_of_the_samples_in_between():
    assert idle_share(SAMPLES, *busy_span(SAMPLES, 3.0)) == 0.25


def test_a_card_that_was_never_busy_has_no_idle_share():
    with pytest.raises(ValueError, match="never busy"):
        busy_span([(0.0, 0)], 1.0)
    with pytest.raises(ValueError, match="no sample"):
        idle_share([(0.0, 90)], 1.0, 2.0)


def test_the_hit_rate_is_what_was_not_read():
    assert hit_rate(1000, 100) == 0.9
    assert hit_rate(0, 0) == 0.0


def test_only_replies_in_common_are_compared():
    assert equal_share({"a": "はい", "b": "いいえ", "c": "?"}, {"a": "はい", "b": "うん"}) == 0.5
    with pytest.raises(ValueError, match="in common"):
        equal_share({"a": ""}, {"b": ""})


def findings(*checks, **given):
    return Findings("2026-11-28", ["NVIDIA H100, 80 GiB"], {"vllm": "0.32.0"}, list(checks), **given)


def test_the_table_has_a_row_per_figure_and_names_what_failed():
    text = table(findings(Check.of("speed", 9, [WALL, HITS]), Check("kill", "failed", 2, [], "RuntimeError: a|b")))
    assert "NVIDIA H100, 80 GiB; vllm 0.32.0; 2026-11-28." in text
    assert "| speed | wall | 1.02 | ≤ 1.05 | ✓ |" in text
    assert "| speed | hits | 0.5 | ≥ 0.85 | ✗ |" in text
    assert "| kill | failed: RuntimeError: a/b | | | ✗ |" in text


def test_a_rehearsal_says_that_it_is_none_of_a_gpu():
    assert "nothing here is about a GPU" in table(findings(rehearsed=True))


def test_all_is_good_where_every_check_is():
    assert findings(Check.of("a", 1, [WALL])).good
    assert not findings(Check.of("a", 1, [WALL]), Check("b", "failed", 1)).good


def test_findings_are_read_back_as_they_were_written(tmp_path: Path):
    found = findings(Check.of("a", 1, [WALL, HITS]))
    text = msgspec.json.encode(found)
    assert json.loads(text)["checks"][0]["figures"][0]["name"] == "wall"
    assert msgspec.json.decode(text, type=Findings) == found
