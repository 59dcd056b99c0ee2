import pytest

from kikime.harness.store.summary import summarise
from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ranking import ranking
from tests.support.app import frames, named, opened, texts
from tests.support.builders import add_verdicts


def test_the_board_shows_the_ranks_of_the_command(ranked):
    from kikime.harness.reports.ranking.rank import rank
    from kikime.harness.store.rundir import list_runs

    expected = rank(list_runs(ranked))
    table = frames(opened("board"))[0]
    assert list(table["モデル"].str.removeprefix("⚠ ")) == [row.name for row in expected.rows]
    assert list(table["総合"]) == pytest.approx([row.overall for row in expected.rows])
    assert list(table["順位"]) == [row.rank for row in expected.rows]


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


def test_a_slice_ranks_anew_by_its_own_replies(ranked):
    within = {"persona": ["bushi"]}
    expected = ranking(Index(ranked), within=within).result.rows
    app = opened("board", persona="bushi")
    sliced = frames(app)[0]
    assert any(column.startswith("▽") for column in sliced.columns)
    assert list(sliced["総合"]) == pytest.approx([row.overall for row in expected])
    assert list(sliced["総合"]) != list(frames(opened("board"))[0]["総合"])
    assert list(sliced["▽致命的な失敗"]) == pytest.approx([row.critical_failure_rate for row in expected])
    assert "総合・領域・順位は、選んだ範囲（キャラクター）の返答だけで求めたものです" in texts(app)


def test_the_board_says_what_it_is_over_which_suite_and_whom(ranked):
    shown = texts(opened("board"))
    assert "kikime（効き目）は" in shown
    assert "評価セット tiny" in shown
    assert "桐生一之進" in shown
    assert "小野寺絢音" in shown


def test_damaged_runs_are_listed_with_the_reason(broken_store):
    listed = next(frame for frame in frames(opened("board")) if "状態" in frame.columns)
    states = dict(zip(listed["実行ID"].str.extract(r"-([a-z]+)-")[0], listed["状態"], strict=True))
    assert states == {
        **dict.fromkeys(("torn", "manifest", "types", "tables", "bytes", "empty"), "破損"),
        "newer": "新しい版",
        "half": "途中で停止",
    }
    commands = dict(zip(listed["実行ID"], listed["続けるコマンド"], strict=True))
    (half,) = (path.name for path in broken_store.glob("*-half-*"))
    assert commands[half] == f"kikime resume {half} --runs {broken_store}"
    assert dict(zip(listed["実行ID"], listed["済んだ返答"], strict=True))[half] == "7 / 100"


def test_the_board_shows_the_numbers_of_the_ranking(ranked):
    from kikime.harness.reports.ranking.rank import rank
    from kikime.harness.store.rundir import RunDirectory

    rows = {row.name: row for row in rank([RunDirectory(path) for path in ranked.iterdir()]).rows}
    board = frames(opened("board"))[0].set_index("モデル")
    for name, row in rows.items():
        shown = next(board.loc[label] for label in board.index if label.endswith(name))
        assert shown["致命的な失敗"] == row.critical_failure_rate
        assert shown["平均文字数"] == row.mean_length


def test_the_board_offers_the_panel_of_a_runs_judges(ranked):
    app = opened("board")
    assert any("パネル（judge-a, judge-b の平均）" in str(box.options) for box in app.selectbox)


PANEL = "panel:judge-c,judge-d"


def test_a_panel_ranks_with_the_agreement_of_its_judges(store):
    for entry in Index(store).entries():
        run = Index(store).find(entry.id)
        run.judge_file.unlink(missing_ok=True)
        for judge in ("judge-c", "judge-d"):
            add_verdicts(run, lambda sample: 1 + len(sample["user"]) % 7, judge=judge)
        summarise(run)
    ranking(Index(store), judge=PANEL)
    table = frames(opened("board", by=PANEL))[0]
    assert list(table["ジャッジ間α"]) == [1.0, 1.0]
