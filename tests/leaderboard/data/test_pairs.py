from kikime.harness.reports.comparison.compare import compare
from kikime.harness.store.rundir import json_bytes
from kikime.leaderboard.data.pairs import comparison, flips


def test_changes_can_be_restricted_to_a_condition(august, september):
    whole = flips(september, august, "length_fit", worse=True)
    some = flips(september, august, "length_fit", worse=True, within={"persona": ["bushi"]})
    assert [row.pair_key for row in some] == [row.pair_key for row in whole if row.persona == "bushi"] != []


def test_flips_are_losses_first_and_real(august, september):
    lost = flips(september, august, "critical_failure", worse=True)
    assert lost
    assert all(row.change < 0 for row in lost)
    assert all(row.change > 0 for row in flips(september, august, "critical_failure", worse=False))


def test_the_comparison_is_that_of_the_command(august, september):
    expected = compare(august, september)
    found = comparison(august, september)
    assert json_bytes(found) == json_bytes(expected)
    assert json_bytes(comparison(august, september)) == json_bytes(found)
