import json

import pytest

from kikime.harness.reports.comparison.compare import compare
from kikime.harness.store.rundir import json_bytes
from kikime.leaderboard.data.pairs import comparison, flips, most_changed, replies
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task


def test_changes_can_be_restricted_to_a_condition(august, september):
    whole = flips(september, august, "length_fit", worse=True)
    some = flips(september, august, "length_fit", worse=True, within={"persona": ["bushi"]})
    assert [row.pair_key for row in some] == [row.pair_key for row in whole if row.persona == "bushi"] != []


def as_json(report):
    """Numbers as numbers: 1 and 1.0 are the same."""
    return json.loads(json_bytes(report))


def test_flips_are_losses_first_and_real(august, september):
    lost = flips(september, august, "critical_failure", worse=True)
    assert lost
    assert all(row.change < 0 for row in lost)
    assert all(row.change > 0 for row in flips(september, august, "critical_failure", worse=False))


def test_the_comparison_is_that_of_the_command(august, september):
    expected = compare(august, september)
    found = comparison(august, september)
    assert json_bytes(found) == json_bytes(expected)
    assert as_json(comparison(august, september)) == as_json(found)


MATERIALS = make_materials([talk_task(4)], formats=("alpaca", "chatml"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The second run loses the voice in chatml and fails one reply of alpaca for each persona."""
    folder = tmp_path_factory.mktemp("pairs")

    def answer(q):
        if q.format == "chatml":
            return PLAIN
        return None if q.item_id == "t00" else IN_VOICE

    return make_run(folder, "a", IN_VOICE, materials=MATERIALS), make_run(folder, "b", answer, materials=MATERIALS)


def test_a_change_says_what_was_asked_and_both_values(small):
    lost = flips(*small, "length_fit", worse=True)
    assert {(row.item_id, row.format, row.value_a, row.value_b, row.change) for row in lost} == {
        ("t00", "alpaca", 1.0, 0.0, -1.0)
    }
    assert lost[0].user == "0番目の話を聞かせてください。"


def test_more_of_a_fault_is_a_loss(small):
    lost = flips(*small, "critical_failure", worse=True)
    assert {(row.value_a, row.value_b, row.change) for row in lost} == {(0.0, 1.0, -1.0)}
    assert flips(*small, "critical_failure", worse=False) == []


def test_no_more_changes_than_wanted_are_read(small):
    assert len(flips(*small, "critical_failure", worse=True)) == 2
    assert len(flips(*small, "critical_failure", worse=True, limit=1)) == 1


def test_a_condition_without_a_value_restricts_nothing(small):
    assert len(flips(*small, "critical_failure", worse=True, within={"persona": [], "format": ["alpaca"]})) == 2
    assert flips(*small, "critical_failure", worse=True, within={"format": ["chatml"]}) == []


def test_examples_can_be_restricted_as_well(small):
    worse = most_changed(*small, {"format": ["chatml"]}, common=False)["worse"]
    assert {example.format for example in worse} == {"chatml"}
    whole = most_changed(*small, {}, common=False)["worse"]
    assert whole[0].format == "alpaca"


def test_a_reply_is_found_by_its_request(small):
    a, b = small
    [lost, *_] = flips(a, b, "length_fit", worse=True)
    assert replies(a, lost.pair_key).response == IN_VOICE
    assert replies(b, lost.pair_key).error == "the engine refused it"
    assert replies(a, "nothing") is None


def test_a_comparison_is_computed_once_and_anew_when_a_run_changes(small, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = comparison(*small, slices=False)
    [kept] = tmp_path.rglob("compare-*.json")
    written = kept.stat().st_mtime_ns
    assert as_json(comparison(*small, slices=False)) == as_json(first)
    assert kept.stat().st_mtime_ns == written
    comparison(*small[::-1], slices=False)
    assert len(list(tmp_path.rglob("compare-*.json"))) == 2


def test_a_kept_comparison_that_is_broken_is_computed_again(small, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = comparison(*small, slices=False)
    [kept] = tmp_path.rglob("compare-*.json")
    kept.write_bytes(b"{")
    assert as_json(comparison(*small, slices=False)) == as_json(first)
