"""The charts of the first page draw the numbers of its table."""

import pytest

from kikime.harness.reports.ranking.records import AreaUse
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ranking import ranking
from kikime.leaderboard.views.board import charts
from kikime.leaderboard.views.board.rows import Row, board_rows
from tests.support.app import meant, measured

T, EN = Translator("ja"), Translator("en")


def row(name, run=None, **more):
    return Row(run=run or f"run-{name}", name=name, model=name, suite="quick", **more)


@pytest.fixture
def board(built, entries):
    """The ranked rows of the filled store, their labels, and its areas."""
    result = ranking(Index(built)).result
    rows, _, _ = board_rows(list(entries.values()), result)
    return rows, {each.run: f"{each.name} · {each.run[-6:]}" for each in rows}, result.areas


def test_intervals_are_those_of_the_table_in_its_order(visit, board):
    rows, names, _ = board
    drawn = visit()
    charts.intervals(T, rows, names)
    shown = drawn.rows_of()
    assert [row["name"] for row in shown] == [row.name for row in rows]
    assert [(row["overall"], row["ci_low"], row["ci_high"]) for row in shown] == [
        (row.overall, row.ci_low, row.ci_high) for row in rows
    ]
    assert [row["ranks"] for row in shown] == [row.ranks for row in rows]


def test_a_model_without_a_total_is_not_drawn(visit):
    drawn = visit()
    charts.intervals(T, [row("a", overall=50.0), row("b")], {})
    assert [found["name"] for found in drawn.rows_of()] == ["a"]


def test_two_runs_of_one_name_are_told_apart_by_their_labels():
    rows = [row("a", "r1"), row("b", "r2"), row("a", "r3")]
    assert charts._unique(rows, {"r1": "a · 1", "r2": "b · 2", "r3": "a · 3"}) == ["a · 1", "b", "a · 3"]


def test_a_chart_shows_the_first_models_and_says_how_many_there_are(visit):
    drawn = visit()
    rows = [row(str(n), overall=float(n)) for n in range(charts.MOST + 3)]
    charts.intervals(T, rows, {})
    assert len(drawn.rows_of()) == charts.MOST
    assert any(str(charts.MOST + 3) in text for text in drawn.said("caption"))


@pytest.mark.parametrize("metric", ["length_fit", "critical_failure"])
def test_the_heat_map_has_the_means_of_the_replies(visit, board, entries, shelf, metric):
    rows, names, _ = board
    drawn = visit(metric=metric, shots="2")
    charts.formats(T, rows, names, list(entries.values()))
    for cell in drawn.rows_of():
        replies = measured(shelf[cell["name"]])
        own = replies[(replies["format"] == cell["format"]) & (replies["shots"] == 2)]
        assert cell["value"] == pytest.approx(meant(own, metric), rel=0.01)
        assert f"format={cell['format']}" in cell["href"]
        assert "shots=2" in cell["href"]
    assert {cell["format"] for cell in drawn.rows_of()} == {"alpaca", "chatml"}


def test_a_format_that_a_model_did_not_run_is_an_empty_cell(visit, board, entries, shelf):
    rows, names, _ = board
    big = row("大きなモデル", shelf["大きなモデル"].id)
    drawn = visit()
    charts.formats(T, [*rows, big], names, list(entries.values()))
    cells = {(cell["name"], cell["format"]): cell["shown"] for cell in drawn.rows_of()}
    assert cells["大きなモデル", "chatml"] == "—"
    assert cells["大きなモデル", "alpaca"] != "—"


def test_sizes_show_models_with_a_size_and_a_flexibility(visit):
    rows = [
        row("a", params=3_000_000_000, areas={"flexibility": 40.0}, areas_ci={"flexibility": (30.0, 50.0)}),
        row("b", params=None, areas={"flexibility": 40.0}),
        row("c", params=7_000_000_000),
        row("d", params=7_000_000_000, areas={"flexibility": 60.0}),
    ]
    drawn = visit()
    charts.sizes(T, rows, {})
    shown = {found["name"]: found for found in drawn.rows_of() if "value" in found}
    assert {name: (found["value"], found["ci_low"]) for name, found in shown.items()} == {
        "a": (40.0, 30.0),
        "d": (60.0, None),
    }
    assert shown["a"]["size"] == "3B"
    assert "part=formats" in shown["a"]["href"]


def test_without_a_size_the_chart_says_so(visit):
    drawn = visit()
    charts.sizes(T, [row("a")], {})
    assert drawn.said("caption") == [T("board.no_sizes")]


AREAS = [
    AreaUse(id=name, ja=name, en=name, about="", counts=counts, terms=[], why_not=None, why_not_code=None)
    for name, counts in (("style", True), ("length", True), ("stability", True), ("fewshot", False))
]


def test_a_radar_and_its_table_have_the_same_points(visit):
    rows = [row(name, areas={"style": 10.04, "length": 20.0, "stability": 30.0}) for name in "abc"]
    drawn = visit(sel=["run-b", "run-c"])
    charts.radar(T, rows, {}, AREAS)
    (option,) = drawn.radars
    assert [model["name"] for model in option["series"][0]["data"]] == ["b", "c"]
    assert option["series"][0]["data"][0]["value"] == [10.0, 20.0, 30.0]
    (table,) = drawn.tables
    assert table["b"].tolist() == [10.04, 20.0, 30.0]
    assert len(table) == 3  # areas that count


def test_without_a_choice_the_radar_has_the_first_three(visit):
    drawn = visit(sel="run-x")
    charts.radar(T, [row(name, areas={"style": 1.0}) for name in "abcd"], {}, AREAS)
    assert [model["name"] for model in drawn.radars[0]["series"][0]["data"]] == ["a", "b", "c"]
    assert drawn.radars[0]["series"][0]["data"][0]["value"] == [1.0, 0, 0]


def test_two_areas_are_no_radar(visit):
    drawn = visit()
    charts.radar(T, [row("a")], {}, AREAS[:2])
    assert drawn.radars == []
    assert drawn.said("caption") == [T("board.no_radar")]


@pytest.mark.parametrize("t", [T, EN], ids=["ja", "en"])
def test_formulas_are_written_in_the_language_of_the_page(visit, board, t):
    drawn = visit()
    charts.formulas(t, board[2])
    blocks = drawn.said("code")
    assert len(blocks) == len(board[2])
    japanese = any("\u3041" <= character <= "\u3096" for block in blocks for character in block.split("　")[0])
    assert japanese == (t.language == "ja")


def test_a_term_is_named_where_its_metric_has_a_name_of_its_own():
    assert charts._named(T, "mean(style_band)") == f"（{T.metric('style_band')}）"
    assert charts._named(EN, "mean(style_band)") == ""
    assert charts._named(T, "worst format") == ""


def test_every_model_is_set_against_every_other(visit):
    drawn = visit()
    charts.wins(T, [row("a", "r1", p_above={"r2": 0.9996}), row("b", "r2", p_above={"r1": 0.0004})], {})
    (table,) = drawn.tables
    assert table["a"].tolist() == ["—", "<0.1%"]
    assert table["b"].tolist() == [">99.9%", "—"]


def test_the_best_model_below_each_size_is_told(visit):
    drawn = visit()
    charts.sizes(T, [row("小", overall=40.0, params=10**9), row("大", overall=60.0, params=7 * 10**9)], {})
    assert drawn.tables[0][T("board.model")].tolist() == ["小", "大"]
    assert drawn.tables[0][T("board.under")].tolist() == ["2B", "8B"]
