import pytest

from kikime.harness.reports.ranking.rank import rank
from kikime.harness.store.means import means_by
from kikime.harness.store.rundir import list_runs
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.views.board.rows import Row, board_rows
from kikime.leaderboard.views.board.table import SLICE_METRICS, plain_rows, slice_means
from tests.support.app import frames, named, opened, texts


def row(**more):
    return Row(run="r1", name="八月", model="m", suite="quick", **more)


def test_a_download_is_flat_and_has_full_precision():
    (flat,) = plain_rows([row(overall=12.345678, areas={"style": 1 / 3})], {})
    assert flat["overall"] == 12.345678
    assert flat["area_style"] == 1 / 3
    assert "areas" not in flat


def test_a_download_holds_the_slice_that_is_shown():
    (flat,) = plain_rows([row()], {"r1": {"length_fit": 0.5, "turn_leak": 0.1}})
    assert flat["slice_length_fit"] == 0.5
    assert "slice_turn_leak" not in flat


def test_without_a_filter_no_slice_is_computed(store):
    assert slice_means(Index(store).entries(), {}) == {}


def test_a_filter_gives_every_run_the_metrics_of_its_slice(store, monkeypatch):
    found = slice_means(Index(store).entries(), {"persona": ["bushi"]})
    assert set(found) == set(named(store).values())
    assert all(set(means) <= set(SLICE_METRICS) for means in found.values())


def test_filtered_means_are_those_of_comparisons_where_replies_failed(store):
    found = slice_means(Index(store).entries(), {"persona": ["bushi"], "shots": ["2"]})
    for run in list_runs(store):
        expected = means_by(run, ("persona", "shots"))["bushi", 2].metrics
        own = {name: expected[name].mean for name in SLICE_METRICS if name in expected}
        assert found[run.id] == pytest.approx(own), run.id


def test_the_table_says_which_models_fail_too_often(ranked):
    rows = board_rows(Index(ranked).entries(), rank(list_runs(ranked)))[0]
    shown = list(frames(opened("board"))[0]["モデル"])
    assert [name.startswith("⚠ ") for name in shown] == [each.gate for each in rows]


def test_what_people_say_of_models_is_shown_and_chosen_by(ranked_copy):
    runs = named(ranked_copy)
    (ranked_copy / runs["アイネス-9月"] / "about.yaml").write_text(
        "link: https://example.com/m\nlicense: mit\ntype: tuned\nparams: 70000000000\n", encoding="utf-8"
    )
    shown = frames(opened("board"))[0].set_index("モデル")
    (ours,) = (name for name in shown.index if "9月" in name)
    assert list(shown.loc[ours, ["種類", "ライセンス", "ページ", "大きさ"]]) == [
        "調整",
        "mit",
        "https://example.com/m",
        "70.0B",
    ]
    assert list(frames(opened("board", license="mit", type="tuned"))[0]["モデル"]) == [ours]


def test_a_pinned_model_stays_on_top_whatever_the_filter(ranked_copy):
    run = named(ranked_copy)["アイネス-8月"]
    shown = list(frames(opened("board", pin=run, q="9月"))[0]["モデル"])
    assert [name.startswith("◆ ") for name in shown] == [True, False]
    assert "8月" in shown[0]


def test_two_chosen_models_can_be_compared(ranked):
    runs = named(ranked)
    app = opened("board", sel=[runs["アイネス-9月"], runs["アイネス-8月"]])
    links = [link.proto for link in app.get("page_link")]
    (compare,) = (link for link in links if link.page == "compare")
    assert f"b={runs['アイネス-9月']}" in compare.query_string
    assert f"a={runs['アイネス-8月']}" in compare.query_string


def test_a_cell_of_an_area_leads_to_the_replies_of_the_area(ranked):
    run = named(ranked)["アイネス-9月"]
    app = opened("board", cell=f"{run}:area_style")
    leads = [link.proto.query_string for link in app.get("page_link") if link.proto.page == "samples"]
    assert any("order=worst" in lead and "metric=style_level" in lead for lead in leads)


def test_a_cell_that_is_not_there_is_ignored(ranked):
    app = opened("board", cell="../x:rank")
    assert not app.exception
    assert "cell" not in app.query_params or "表" in texts(app)


def test_runs_that_cannot_be_ranked_say_why_in_the_language_of_the_page(ranked):
    japanese, english = (frames(opened("board", lang=language))[1] for language in ("ja", "en"))
    assert list(japanese.iloc[0]) != list(english.iloc[0])
