from tests.support.app import frames, named, opened, texts


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
