"""Every page as streamlit runs it, over filled, empty and broken stores."""

import json

import pytest

from kikime.harness.engines import EngineOptions
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.plan.prepare import prepare
from kikime.harness.run.execute import execute, start_run
from kikime.harness.suites.grid import gather_materials
from kikime.harness.suites.suite import Suite
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ranking import ranking
from kikime.leaderboard.data.ratings import annotate, blind_code, read_annotations, scores_rating
from kikime.leaderboard.page.registry import pages
from tests.support.app import frames, opened, texts
from tests.support.canned import Canned

VIEWS = tuple(pages())
PARTS = {
    "board": ("intervals", "formats", "size", "radar", "formulas"),
    "model": ("areas", "slices", "lengths", "stops", "formats", "turns", "shots", "provenance"),
    "compare": ("metrics", "slices", "lengths", "capability", "flips", "pair", "settings"),
    "judge": ("distribution", "agreement", "length", "drift", "failures"),
    "rate": ("scores", "pair", "results"),
}
ICL_TASK = {"id": "icl_sentiment", "limit": 36}
PARAMETER = {"board": "view", "compare": "view", "model": "part", "judge": "part", "rate": "mode"}


def follow_the_examples(request):
    """Log-probabilities under which the label that the examples give wins."""
    return [-1.0 if candidate.name == f"label.{request.expect['label']}" else -1.5 for candidate in request.candidates]


def named(store):
    return {entry.name: entry.id for entry in Index(store).entries()}


@pytest.fixture
def ranked(store):
    ranking(Index(store))
    return store


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_filled_store(ranked, view, language):
    app = opened(view, lang=language)
    assert not app.exception
    assert app.title[0].value != ""
    assert len(texts(app)) > 40


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_store(empty_store, view):
    app = opened(view)
    assert not app.exception
    assert "まだ結果がありません" in texts(app) or view == "live"


@pytest.mark.parametrize("view", VIEWS)
def test_a_broken_store(broken_store, view):
    ranking(Index(broken_store))
    app = opened(view)
    assert not app.exception


@pytest.mark.parametrize("run", ["torn", "newer", "tables", "manifest", "types", "half", "empty", "bytes"])
@pytest.mark.parametrize("view", ["model", "samples", "judge", "compare"])
def test_a_damaged_run_does_not_take_a_page_down(broken_store, view, run):
    (damaged,) = (path.name for path in broken_store.glob(f"*-{run}-*"))
    app = opened(view, run=damaged, a=damaged)
    assert not app.exception


@pytest.mark.parametrize(("view", "part"), [(view, part) for view, parts in PARTS.items() for part in parts])
def test_every_part(ranked, view, part):
    runs = named(ranked)
    app = opened(
        view, run=runs["アイネス-9月"], a=runs["アイネス-8月"], b=runs["アイネス-9月"], rater="花子", **{PARAMETER[view]: part}
    )  # fmt: skip
    assert not app.exception
    assert "読み込めませんでした" not in texts(app)


def test_the_board_shows_the_ranks_of_the_command(ranked):
    from kikime.harness.reports.ranking.rank import rank
    from kikime.harness.store.rundir import list_runs

    expected = rank(list_runs(ranked))
    table = frames(opened("board"))[0]
    assert list(table["モデル"].str.removeprefix("⚠ ")) == [row["name"] for row in expected["rows"]]
    assert list(table["総合"]) == pytest.approx([row["overall"] for row in expected["rows"]])
    assert list(table["順位"]) == [row["rank"] for row in expected["rows"]]


def test_hidden_rows_do_not_move_ranks(ranked):
    before = frames(opened("board"))[0].set_index("モデル")["順位"]
    last = before.index[-1]
    after = frames(opened("board", q=last.removeprefix("⚠ ")))[0].set_index("モデル")["順位"]
    assert dict(after) == {last: before[last]}


def test_an_unranked_model_has_its_own_block(ranked):
    app = opened("board")
    assert "大きなモデル" not in set(frames(app)[0]["モデル"])
    assert any("大きなモデル" in set(frame.get("モデル", [])) for frame in frames(app)[1:])


def test_custom_weights_say_so(ranked):
    app = opened("board", w_style="3")
    assert "カスタム順位" in texts(app)
    assert set(frames(app)[0]["順位の幅"]) == {"—"}


def test_a_sort_moves_rows_but_not_their_ranks(ranked):
    before, after = frames(opened("board"))[0], frames(opened("board", sort="length"))[0]
    assert list(after["平均文字数"]) == sorted(after["平均文字数"], reverse=True)
    assert dict(zip(after["モデル"], after["順位"], strict=True)) == dict(
        zip(before["モデル"], before["順位"], strict=True)
    )


def test_a_chosen_cell_leads_to_the_replies_behind_it(ranked):
    run = named(ranked)["アイネス-9月"]
    app = opened("board", cell=f"{run}:critical")
    (lead,) = (link.proto for link in app.get("page_link") if "致命的な失敗" in link.proto.label)
    assert "flag=critical_failure" in lead.query_string
    assert f"run={run}" in lead.query_string


def test_a_judge_that_drifted_is_announced_from_the_summary(ranked):
    path = ranked / named(ranked)["アイネス-9月"] / "summary.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"judge_drift": "![](http://x) has drifted"}, indent=2) + "\n"
    )
    app = opened("judge", run=path.parent.name)
    assert "採点の基準が" in texts(app)
    assert "![](http://x) has drifted" in [text.value for text in app.text]


def test_a_slice_adds_columns_and_keeps_the_overall(ranked):
    whole, sliced = frames(opened("board"))[0], frames(opened("board", persona="bushi"))[0]
    assert any(column.startswith("▽") for column in sliced.columns)
    assert list(whole["総合"]) == list(sliced["総合"])


def test_damaged_runs_are_listed_with_the_reason(broken_store):
    ranking(Index(broken_store))
    listed = next(frame for frame in frames(opened("board")) if "状態" in frame.columns)
    assert {"破損", "新しい版", "実行中"} <= set(listed["状態"])


def test_a_filter_lands_in_the_url(ranked):
    app = opened("samples", run=named(ranked)["アイネス-8月"])
    app.multiselect(key="w_persona").set_value(["bushi"]).run()
    assert app.query_params["persona"] in ("bushi", ["bushi"])
    assert not app.exception


def test_wrong_values_in_the_url_are_ignored(ranked):
    app = opened(
        "samples", run="../../etc/passwd", persona="<b>", p="-3", order="; DROP", flag="nothing", sample="x' OR 1=1"
    )
    assert not app.exception
    assert "ありません" in texts(app)


def test_a_sample_is_linked_by_its_key(ranked):
    import pyarrow.parquet as pq

    run = named(ranked)["アイネス-8月"]
    row = next(r for r in pq.read_table(ranked / run / "samples.parquet").to_pylist() if "ユーザー:" in r["response"])
    app = opened("samples", run=run, sample=row["key"])
    assert row["response"] in [code.value for code in app.code]
    assert row["prompt"] in [code.value for code in app.code]
    assert any("<mark" in html.body for html in (element.proto for element in app.get("html")))


def test_what_cannot_be_compared_is_refused_with_the_reason(ranked):
    runs = named(ranked)
    app = opened("compare", a=runs["大きなモデル"], b=runs["アイネス-9月"])
    assert "比べられません" in texts(app)
    assert "評価した条件がそろっていません" in texts(app)
    assert "cells" not in texts(app)


def test_the_board_shows_the_numbers_of_the_ranking(ranked):
    from kikime.harness.reports.ranking.rank import rank
    from kikime.harness.store.rundir import RunDirectory

    rows = {row["name"]: row for row in rank([RunDirectory(path) for path in ranked.iterdir()])["rows"]}
    board = frames(opened("board"))[0].set_index("モデル")
    for name, row in rows.items():
        shown = next(board.loc[label] for label in board.index if label.endswith(name))
        assert shown["致命的な失敗"] == row["critical_failure_rate"]
        assert shown["平均文字数"] == row["mean_length"]


def test_changes_of_quality_follow_the_conditions(ranked):
    runs = named(ranked)
    pair = {"a": runs["アイネス-8月"], "b": runs["アイネス-9月"], "view": "flips", "way": "better"}
    shown = {
        form: set(
            frames(opened("compare", **pair, in_format=form))[0]["キャラクター・書式・例示"].str.split(" · ").str[1]
        )
        for form in ("alpaca", "chatml")
    }
    assert shown == {"alpaca": {"alpaca"}, "chatml": {"chatml"}}


def test_ratings_are_appended_blind(ranked):
    runs = named(ranked)
    app = opened("rate", target=blind_code(runs["アイネス-9月"]), rater="花子")
    shown = texts(app)
    assert "アイネス-9月" not in shown
    for _ in range(8):
        if read_annotations(Index(ranked).find(runs["アイネス-9月"])):
            break
        app.button(key="score_6").click().run()
    (rating,) = read_annotations(Index(ranked).find(runs["アイネス-9月"]))
    assert set(rating["human_scores"].values()) == {6}
    assert rating["rater"] == "花子"


def test_the_address_of_a_rating_does_not_tell_the_model(ranked):
    app = opened("rate", rater="花子")
    assert app.query_params["target"] in {blind_code(run) for run in named(ranked).values()}
    assert not any(run in str(app.query_params) for run in named(ranked).values())
    assert len(app.selectbox) == 1  # the language; runs are named only where one is chosen


def test_only_first_turns_are_compared_by_people(ranked):
    codes = [blind_code(named(ranked)[name]) for name in ("アイネス-9月", "アイネス-8月")]
    asked = set()
    for number in range(12):
        app = opened(
            "rate",
            target=codes[0],
            other=codes[1],
            rater=f"r{number}",
            mode="pair",
        )
        asked |= {code.value for code in app.code}
    assert asked
    assert "趣味は何ですか。" not in asked


def test_one_odd_line_of_a_rating_does_not_take_the_results_down(ranked):
    run = Index(ranked).find(named(ranked)["アイネス-9月"])
    sample = {"key": "k", "persona": "p", "task": "t", "item_id": "i"}
    annotate(run, scores_rating(sample, {"tone": 4}, rater="花子", model="m"))
    odd = [
        {"mode": "scores", "id": "x", "rater": "r"},
        {"mode": "scores", "id": "x", "rater": "r", "human_scores": {"tone": "七"}},
    ]
    with (run.path / "annotations.jsonl").open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in odd)
    app = opened("rate", target=blind_code(run.id), mode="results")
    assert not app.exception
    assert frames(app)[0]["評価者"].tolist() == ["花子"]


def test_a_preference_is_kept_once(ranked):
    runs = named(ranked)
    codes = [blind_code(runs[name]) for name in ("アイネス-9月", "アイネス-8月")]
    app = opened("rate", target=codes[0], other=codes[1], rater="花子", mode="pair")
    assert not any(name in texts(app) for name in ("アイネス-9月", "アイネス-8月"))
    app.button(key="prefer_tie").click().run()
    (rating,) = (r for run in runs.values() for r in read_annotations(Index(ranked).find(run)))
    assert (rating["mode"], rating["preference"]) == ("pair", "tie")


def test_progress_comes_from_the_status_file(broken_store):
    app = opened("live")
    assert "100 件中 7 件" in " ".join(element.proto.text for element in app.get("progress"))


def test_every_table_and_chart_has_an_alternative_text(ranked):
    for view in ("board", "model", "samples", "judge"):
        app = opened(view, run=named(ranked)["アイネス-9月"])
        shown = [*app.dataframe, *app.get("vega_lite_chart")]
        assert shown, view
        assert all(element.proto.alt for element in shown), view


def test_a_run_with_labels_says_whether_they_were_learnt(tmp_path, monkeypatch):
    suite = Suite(
        id="icl", personas=["ojousama"], formats=["alpaca"], shots=[2, 4], tasks=[ICL_TASK], example_sets=[0, 1]
    )
    materials = gather_materials(suite)
    prepared = prepare(resolve_checkpoint("demo:august"), materials, EngineOptions())
    run = start_run(prepared, tmp_path / "runs", "learner")
    execute(run, prepared, engine=Canned(follow_the_examples))
    monkeypatch.setenv("KIKIME_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    app = opened("model", run=run.id, part="shots")
    assert not app.exception
    (table,) = frames(app)
    flipped = table[table["ラベル"] == "入れ替えたラベル（否定 / 肯定）"]
    assert flipped["例示の数"].tolist() == [2, 4]
    assert flipped["何に従うか"].tolist()[-1] == "例示"
