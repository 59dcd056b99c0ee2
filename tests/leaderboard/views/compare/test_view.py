from kikime.leaderboard.data.index import Index
from kikime.leaderboard.views.compare.view import _suits
from tests.support.app import frames, named, opened, texts
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task


def test_what_cannot_be_compared_is_refused_with_the_reason(ranked):
    runs = named(ranked)
    app = opened("compare", a=runs["大きなモデル"], b=runs["アイネス-9月"])
    assert "比べられません" in texts(app)
    assert "評価した条件がそろっていません" in texts(app)
    assert "cells" not in texts(app)


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


def test_the_first_pair_was_asked_the_same(ranked_copy):
    materials = make_materials([talk_task(2)], id="small")
    make_run(ranked_copy, "小さな評価", IN_VOICE, materials=materials)
    runs = named(ranked_copy)
    assert not _suits(*(_entry(ranked_copy, runs[name]) for name in ("大きなモデル", "アイネス-9月")))
    assert _suits(*(_entry(ranked_copy, runs[name]) for name in ("アイネス-8月", "アイネス-9月")))
    assert not _suits(*(_entry(ranked_copy, runs[name]) for name in ("小さな評価", "アイネス-9月")))
    assert not _suits(*(_entry(ranked_copy, runs[name]) for name in ("アイネス-9月", "アイネス-9月")))


def _entry(store, run):
    return next(entry for entry in Index(store).entries() if entry.id == run)
