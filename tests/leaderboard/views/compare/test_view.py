"""Every page as streamlit runs it, over filled, empty and broken stores."""

from kikime.leaderboard.page.registry import pages
from kikime.leaderboard.views.compare import parts as compare_parts
from tests.support.app import frames, named, opened, texts

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


def test_verdict_words_are_those_of_the_reports():
    from kikime.harness.words import labels
    from kikime.harness.words.catalogue import Translator

    t = Translator("ja")
    for verdict, word in labels.VERDICTS.items():
        assert compare_parts.word(t, {"direction": "higher", "verdict": verdict, "change": "up"}) == word
