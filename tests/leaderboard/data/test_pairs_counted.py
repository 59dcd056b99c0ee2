"""What changed between two runs, against the two tables joined in pandas."""

import os

import pytest

from kikime.harness.metrics.registry import METRICS
from kikime.leaderboard.data import pairs
from kikime.leaderboard.data.pairs import flips, most_changed
from tests.support.app import measured
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task

FLIPPED = ("critical_failure", "length_fit", "first_person_ok", "length_chars", "turn_leak", "no_eos")


@pytest.fixture(scope="module")
def both(shelf):
    return shelf["アイネス-8月"], shelf["アイネス-9月"]


@pytest.fixture(scope="module")
def joined(both):
    a, b = map(measured, both)
    return a.merge(b, on="pair_key", suffixes=("", "_b"))


@pytest.mark.parametrize("worse", [True, False])
@pytest.mark.parametrize("metric", FLIPPED)
def test_flips_are_the_pairs_whose_values_differ_in_the_asked_direction(both, joined, metric, worse):
    sign = -1 if METRICS[metric].direction == "lower" else 1
    change = sign * (joined[f"{metric}_b"] - joined[metric])
    expected = joined[(change < 0) if worse else (change > 0)]
    found = flips(*both, metric, worse=worse, limit=10_000)
    assert {row.pair_key for row in found} == set(expected["pair_key"])
    assert [row.change for row in found] == pytest.approx(
        sorted(change[expected.index], key=abs, reverse=True), abs=1e-9
    )
    values = joined.set_index("pair_key")
    assert all(
        (row.value_a, row.value_b) == tuple(values.loc[row.pair_key, [metric, f"{metric}_b"]]) for row in found[:20]
    )


def test_pairs_of_one_size_of_change_stand_in_the_order_of_the_plan(both, joined):
    found = flips(*both, "length_fit", worse=False)
    order = joined.set_index("pair_key").index.get_indexer([row.pair_key for row in found])
    assert list(order) == sorted(order) != []


@pytest.mark.parametrize("axis", ["persona", "task", "format", "shots"])
def test_conditions_keep_the_pairs_under_them(both, joined, axis):
    whole = flips(*both, "length_chars", worse=True, limit=10_000)
    for value in joined[axis].unique():
        some = flips(*both, "length_chars", worse=True, within={axis: [str(value)]}, limit=10_000)
        assert some == [row for row in whole if getattr(row, axis) == value]


def test_a_condition_that_is_no_axis_of_a_comparison_restricts_nothing(both):
    whole = flips(*both, "length_fit", worse=True)
    assert flips(*both, "length_fit", worse=True, within={"turn": ["9"], "x'": ["1"]}) == whole


def test_a_run_compared_with_itself_changes_nowhere(both):
    assert flips(both[0], both[0], "length_chars", worse=True) == []
    examples = most_changed(both[0], both[0], {}, common=False)
    assert all(example.change == 0 for found in examples.values() for example in found)


def test_the_other_way_round_a_loss_is_a_gain(both):
    lost = {(row.pair_key, -row.change) for row in flips(*both, "length_fit", worse=True)}
    assert {(row.pair_key, row.change) for row in flips(*both[::-1], "length_fit", worse=False)} == lost != set()


def test_a_metric_that_nobody_measured_never_changed(both):
    assert flips(*both, "label_correct", worse=True) == []


@pytest.mark.parametrize("within", [{"format": ["chatml"]}, {"shots": ["2"], "persona": ["bushi"]}])
def test_examples_hold_to_all_conditions(both, within):
    found = most_changed(*both, within, common=False)
    shown = [example for examples in found.values() for example in examples]
    assert shown
    for name, values in within.items():
        assert {str(getattr(example, name)) for example in shown} == set(values)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    materials = make_materials([talk_task(2)], personas=["bushi"])
    folder = tmp_path_factory.mktemp("tiny")
    return make_run(folder, "a", IN_VOICE, materials=materials), make_run(folder, "b", PLAIN, materials=materials)


def test_only_the_newest_comparisons_are_kept(tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = pairs.cache_folder()
    folder.mkdir(parents=True)
    for number in range(45):
        (folder / f"compare-{number:03}.json").write_text("{}")
        os.utime(folder / f"compare-{number:03}.json", (number, number))
    pairs.comparison(*tiny, slices=False)
    names = {path.name for path in folder.glob("compare-*.json")}
    assert len(names) == pairs._KEPT
    assert "compare-005.json" not in names
    assert "compare-044.json" in names


def test_a_comparison_is_not_lost_where_nothing_can_be_kept(tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pairs.cache_folder().parent.mkdir(parents=True)
    pairs.cache_folder().write_text("a file where a folder should be")
    assert pairs.comparison(*tiny, slices=False).comparable
