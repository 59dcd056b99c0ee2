"""The table of the first page, and where its cells lead."""

import pytest

from kikime.harness.reports.ranking.records import AreaUse
from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.ranking import EMPTY, Ranking
from kikime.leaderboard.page.download import as_csv
from kikime.leaderboard.views.board import table, view
from kikime.leaderboard.views.board.rows import SORTS, Row, ordered

T = Translator("ja")
AREA = AreaUse(id="style", ja="口調", en="voice", about="", counts=True, terms=[], why_not=None, why_not_code=None)
UNUSED = AreaUse(
    id="stability", ja="安定", en="stability", about="", counts=False, terms=[], why_not="", why_not_code=None
)


def row(name, **more):
    return Row(run=f"run-{name}", name=name, model="m", suite="quick", **more)


ROWS = [
    row("八月", rank=1, rank_low=1, rank_high=2, overall=61.25, ci_low=58.04, ci_high=64.06, areas={"style": 40.0}),
    row("九月", rank=2, overall=50.0, gate=True, critical=0.3, params=1_300_000_000),
]


def cells(drawn):
    return drawn.tables[0].set_index(T("board.model"))


def test_a_row_shows_its_rank_its_interval_and_its_areas(visit):
    drawn = visit()
    table.draw(T, ROWS, [AREA, UNUSED], {}, {})
    shown = cells(drawn).loc["八月"]
    assert shown[T("board.overall")] == 61.25
    assert shown[T("board.ci")] == "58.0–64.1"
    assert shown[T("board.ranks")] == "1–2"
    assert shown[T("area.style")] == 40.0
    assert T("area.stability") not in drawn.tables[0].columns


def test_what_a_model_lacks_is_a_dash_and_never_a_zero(visit):
    drawn = visit()
    table.draw(T, ROWS, [AREA], {}, {})
    shown = cells(drawn).loc["⚠ 九月"]
    assert shown[T("board.ci")] == shown[T("board.ranks")] == "—"
    assert shown[T("area.style")] != 0
    assert shown[T("board.params")] == "1.3B"


def test_a_model_over_the_limit_of_failures_is_marked_and_explained(visit):
    drawn = visit()
    table.draw(T, ROWS, [AREA], {}, {})
    assert any("%" in text for text in drawn.said("caption"))
    calm = visit()
    table.draw(T, ROWS[:1], [AREA], {}, {})
    assert not any(name.startswith("⚠") for name in calm.tables[0][T("board.model")])
    assert calm.said("caption") == [T("board.select_hint")]


def test_a_slice_adds_its_columns_and_says_what_it_is(visit):
    drawn = visit()
    sliced = {"run-八月": {"length_fit": 0.5}}
    table.draw(T, ROWS, [AREA], sliced, {"persona": ["bushi"], "shots": ["0"]})
    assert cells(drawn).loc["八月"][f"▽{T.metric('length_fit')}"] == 0.5
    assert any(T("facet.persona") in text and T("facet.shots") in text for text in drawn.said("caption"))


def test_nothing_to_show_is_said(visit):
    drawn = visit()
    table.draw(T, [], [AREA], {}, {})
    assert drawn.said("info") == [T("board.nothing")]
    assert drawn.tables == []


def test_chosen_rows_lead_to_their_pages(visit):
    drawn = visit(sel=["run-九月", "run-八月"])
    table.draw(T, ROWS, [AREA], {}, {})
    assert drawn.links == [
        ("model", {"run": "run-九月"}),
        ("samples", {"run": "run-九月"}),
        ("compare", {"a": "run-八月", "b": "run-九月"}),
    ]


def test_a_run_that_is_not_in_the_table_cannot_be_chosen(visit):
    drawn = visit(sel=["run-x", "../run-八月"], cell="run-x:overall")
    table.draw(T, ROWS, [AREA], {}, {})
    assert drawn.links == []


@pytest.mark.parametrize("cell", ["run-八月:nothing", "run-八月", ":", "run-八月:area_stability", "x:overall"])
def test_a_cell_that_is_not_in_the_table_leads_nowhere(visit, cell):
    drawn = visit(cell=cell)
    table.draw(T, ROWS, [AREA, UNUSED], {}, {})
    assert drawn.links == []


def test_a_chosen_cell_leads_to_its_replies_and_to_the_model(visit):
    drawn = visit(cell="run-八月:slice_length_fit")
    table.draw(T, ROWS, [AREA], {"run-八月": {}}, {"format": ["chatml"]})
    assert drawn.links == [
        ("samples", {"run": "run-八月", "format": ["chatml"], "order": "worst", "metric": "length_fit"}),
        ("model", {"run": "run-八月"}),
    ]


def test_models_without_a_rank_stand_in_a_table_of_their_own(visit):
    drawn = visit()
    table.draw_unranked(T, [row("八月", coverage=0.5, params=3_000_000_000)])
    (shown,) = drawn.tables
    assert shown[T("board.coverage")].tolist() == [0.5]
    assert shown[T("board.params")].tolist() == ["3.0B"]
    assert drawn.said("header") == [T("board.unranked")]
    empty = visit()
    table.draw_unranked(T, [])
    assert empty.texts == []


def test_runs_that_cannot_be_shown_are_listed_with_their_state(visit):
    drawn = visit()
    entries = [
        Entry("r1", (0, 0), "broken", "summary", "r1"),
        Entry("r2", (0, 0), "newer", "newer", "r2"),
        Entry("r3", (0, 0), "running", "no_summary", "r3"),
    ]
    table.draw_others(T, [], entries)
    (shown,) = drawn.tables
    assert shown[T("board.run")].tolist() == ["r1", "r2", "r3"]
    assert shown[T("board.state")].tolist() == [T("state.broken"), T("state.newer"), T("state.running")]


def test_a_download_is_safe_to_open_and_keeps_every_digit():
    flat = table.plain_rows([row("=HYPERLINK(1)", overall=1 / 3)], {})
    text = as_csv(flat).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert str(1 / 3) in text


@pytest.mark.parametrize(
    ("asked", "weight"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("2.5", 2.5),
        ("99", 5.0),
        ("-1", 1.0),
        ("1e3", 1.0),
        ("２", 1.0),
        ("", 1.0),
        (".", 1.0),
        ("nan", 1.0),
    ],
)
def test_a_weight_is_a_number_from_zero_to_five(visit, asked, weight):
    visit(**({"w_style": asked} if asked else {}))
    assert view._weight("style", "口調") == weight


def ranked(*areas):
    return type(EMPTY)(version="", suite=None, judge=None, seed=0, n_resamples=0, areas=list(areas))


def test_only_areas_that_count_can_be_weighed_and_sorted_by(visit):
    visit(w_style="3", w_stability="4", sort="area_stability")
    assert view._weights(ranked(AREA, UNUSED)) == {"style": 3.0}
    assert view._sort(ranked(AREA, UNUSED), sliced=False) == SORTS[0]
    visit(sort="area_style")
    assert view._sort(ranked(AREA, UNUSED), sliced=False) == "area_style"


def test_without_areas_there_is_nothing_to_weigh(visit):
    visit(w_style="3")
    assert view._weights(ranked()) == {}


def test_a_choice_of_suite_and_judge_is_offered_where_there_are_several(visit, entries):
    visit(suite="tiny", by="judge-b")
    assert view._scope(list(entries.values())) == (None, "judge-b")
    visit(by="nobody")
    assert view._scope(list(entries.values())) == (None, None)


def test_filters_are_read_from_the_address_and_empty_ones_left_out(visit, entries):
    visit(persona="bushi", shots=["0", "2", "99"], q=" アイ ", size=["s", "?"])
    filters, wanted = view._filters(list(entries.values()), EMPTY, {})
    assert filters == {"persona": ["bushi"], "shots": ["0", "2"]}
    assert (wanted.text, wanted.sizes) == ("アイ", ["s"])


def test_hidden_rows_are_counted_once_ranks_are_there(visit):
    drawn = visit()
    view._notes(Ranking(EMPTY), 2, 3)
    view._notes(Ranking(EMPTY), 3, 3)
    view._notes(Ranking(EMPTY, ready=False), 2, 3)
    assert drawn.said("caption") == [T("board.hidden", shown=2, ranked=3)]


def test_a_click_on_a_heading_sorts_in_the_address_and_a_second_one_changes_nothing(visit, monkeypatch):
    again = []
    monkeypatch.setattr(table.st, "rerun", lambda: again.append(1))
    for column, by in {"n_params": "params", "area_style": "area_style", "ci": "overall", "revision": None}.items():
        drawn = visit()
        table._sort_by_heading([column])
        assert drawn.address.get("sort") == by
    assert len(again) == 3
    drawn = visit(sort="critical")
    table._sort_by_heading(["critical"])
    assert drawn.address.get("sort") == "critical"
    table._sort_by_heading(["rank"])
    assert drawn.address.get("sort") is None


def test_rows_are_sorted_by_what_the_slice_shows(visit):
    rows = table.with_slices(ROWS, {"run-八月": {"style_level": 0.2}, "run-九月": {"style_level": 0.9}})
    assert [each.name for each in ordered(rows, "slice_style_level")] == ["九月", "八月"]
    failing = table.with_slices(ROWS, {"run-八月": {"critical_failure": 0.2}, "run-九月": {"critical_failure": 0.9}})
    assert [each.name for each in ordered(failing, "slice_critical_failure")] == ["八月", "九月"]


def test_a_slice_without_any_reply_says_so(visit):
    drawn = visit()
    table.draw(T, ROWS, [AREA], {}, {"shots": ["2"]})
    assert drawn.said("info") == [T("board.slice_empty")]
