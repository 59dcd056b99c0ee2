import pytest

from kikime.harness.core.reasons import Reason
from kikime.harness.reports.ranking.rank import rank
from kikime.harness.store.rundir import list_runs
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.views.board.rows import (
    SIZES,
    SMALL_FIRST,
    SORTS,
    Row,
    Wanted,
    board_rows,
    ordered,
    passing,
    reweighted,
    size_class,
)


def row(name, **more):
    return Row(run=f"run-{name}", name=name, model=f"org/{name}", suite="quick", **more)


@pytest.fixture
def placed(store):
    return board_rows(Index(store).entries(), rank(list_runs(store)))


def test_every_run_with_a_summary_stands_in_one_of_three_lists(store, placed):
    ranked, unranked, others = placed
    assert [each.name for each in ranked] == ["アイネス-9月", "アイネス-8月"]
    assert [each.name for each in unranked] == ["大きなモデル"]
    assert others == []
    assert len({each.run for each in (*ranked, *unranked)}) == len(list(store.iterdir()))


def test_a_ranked_row_joins_the_ranking_with_the_summary(store, placed):
    found = placed[0][0]
    expected = next(each for each in rank(list_runs(store)).rows if each.run == found.run)
    assert (found.rank, found.overall, found.areas) == (expected.rank, expected.overall, expected.areas)
    assert found.critical == expected.critical_failure_rate
    assert found.params == 3_000_000_000
    assert 0 < found.judge_failures < 1


def test_a_run_that_lacks_cells_has_reasons_and_no_rank(placed):
    (found,) = placed[1]
    assert found.rank is None
    assert found.ranks == "—"
    assert found.areas == {}
    assert [type(reason) for reason in found.reasons] == [Reason] * len(found.reasons) != []
    assert found.coverage < 1


def test_without_a_ranking_rows_show_what_the_summaries_say(store):
    from kikime.leaderboard.data.ranking import EMPTY

    ranked, unranked, others = board_rows(Index(store).entries(), EMPTY)
    assert ranked == unranked == []
    assert {each.name for each in others} == {"アイネス-8月", "アイネス-9月", "大きなモデル"}
    assert all(each.critical is not None for each in others)


@pytest.mark.parametrize("text", ["AINES", "aines", "org/aines", "run-aines"])
def test_a_text_is_looked_for_in_names_models_and_ids_in_any_case(text):
    assert [each.name for each in passing([row("Aines"), row("other")], Wanted(text.lower()))] == ["Aines"]


def test_a_size_filters_and_unknown_is_a_size():
    rows = [row("small", params=1_500_000_000), row("large", params=70_000_000_000), row("odd")]
    assert [each.name for each in passing(rows, Wanted(sizes=["s", "unknown"]))] == ["small", "odd"]


@pytest.mark.parametrize(
    ("params", "name"), [(2.9e9, "s"), (3e9, "m"), (1e10, "l"), (3.5e10, "xl"), (None, "unknown"), (0, "unknown")]
)
def test_classes_of_size_meet_without_a_gap(params, name):
    assert size_class(params) == name
    assert params is None or sum(holds(params) for holds in SIZES.values()) == 1


@pytest.mark.parametrize("column", SORTS)
def test_every_column_to_sort_by_is_one_of_a_row(column):
    assert ordered([row("b"), row("a")], column)


def test_smaller_is_better_for_ranks_and_faults():
    assert "rank" in SMALL_FIRST
    rows = [row("a", critical=0.4), row("b", critical=0.1), row("c")]
    assert [each.name for each in ordered(rows, "critical")] == ["b", "a", "c"]


def test_an_area_sorts_by_its_points():
    rows = [row("a", areas={"style": 10.0}), row("b", areas={"style": 30.0}), row("c")]
    assert [each.name for each in ordered(rows, "area_style")] == ["b", "a", "c"]


def test_rows_of_equal_value_keep_their_order():
    rows = [row("b", n=3), row("a", n=3), row("c", n=4)]
    assert [each.name for each in ordered(rows, "n")] == ["c", "b", "a"]


def test_own_weights_take_intervals_away_and_share_ranks_of_ties():
    rows = [
        row("a", areas={"x": 10.0, "y": 30.0}, rank=1, rank_low=1, rank_high=2, ci_low=1.0, ci_high=2.0, p_best=0.9),
        row("b", areas={"x": 30.0, "y": 10.0}, rank=2, rank_low=1, rank_high=2),
    ]
    found = reweighted(rows, {"x": 1.0, "y": 1.0})
    assert [each.rank for each in found] == [1, 1]
    assert all(each.ci_low is None and each.p_best is None and each.ranks == "—" for each in found)
    assert [each.name for each in reweighted(rows, {"x": 2.0, "y": 0.0})] == ["b", "a"]


def test_weights_of_nothing_change_nothing():
    rows = [row("a", rank=1)]
    assert reweighted(rows, {"x": 0.0}) == rows
    assert reweighted([], {"x": 1.0}) == []


@pytest.mark.parametrize(("low", "high", "shown"), [(None, None, "—"), (2, 2, "2"), (2, 5, "2–5")])
def test_an_interval_of_ranks_in_words(low, high, shown):
    assert row("a", rank_low=low, rank_high=high).ranks == shown
