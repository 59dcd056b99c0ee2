from kikime.leaderboard.data.index import Index
from tests.support.app import frames, named, opened, table, texts


def test_a_search_shows_who_said_it_and_a_question_shows_everybodys_reply(ranked):
    runs = named(ranked)
    app = opened("across", q="ごきげんよう")
    assert not app.exception
    assert any("アイネス-9月" in model for model in frames(app)[0]["モデル"])
    pair = table(Index(ranked).find(runs["アイネス-9月"]))[0]["pair_key"]
    beside = opened("across", pair=pair)
    assert not beside.exception
    assert {"アイネス-8月", "アイネス-9月"} <= set(texts(beside).splitlines())
    alone = opened("across", pair=pair, only=runs["アイネス-8月"])
    assert "アイネス-9月" not in texts(alone).splitlines()


def test_a_question_that_nobody_was_asked_says_so(ranked):
    assert "この質問に答えた実行は" in texts(opened("across", pair="nothing"))
