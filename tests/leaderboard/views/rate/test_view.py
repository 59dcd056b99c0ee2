import json

from kikime.leaderboard.data.index import Index
from kikime.leaderboard.data.ratings import Rated, annotate, blind_code, read_annotations, scores_rating
from tests.support.app import frames, named, opened, texts


def test_ratings_are_appended_blind(store):
    runs = named(store)
    app = opened("rate", target=blind_code(runs["アイネス-9月"]), rater="花子")
    shown = texts(app)
    assert "アイネス-9月" not in shown
    for _ in range(8):
        if read_annotations(Index(store).find(runs["アイネス-9月"])):
            break
        app.button(key="score_6").click().run()
    (rating,) = read_annotations(Index(store).find(runs["アイネス-9月"]))
    assert set(rating.human_scores.values()) == {6}
    assert rating.rater == "花子"


def test_the_address_of_a_rating_does_not_tell_the_model(store):
    app = opened("rate", rater="花子")
    assert app.query_params["target"] in {blind_code(run) for run in named(store).values()}
    assert not any(run in str(app.query_params) for run in named(store).values())
    assert len(app.selectbox) == 1  # the language; runs are named only where one is chosen


def test_only_first_turns_are_compared_by_people(store):
    codes = [blind_code(named(store)[name]) for name in ("アイネス-9月", "アイネス-8月")]
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


def test_one_odd_line_of_a_rating_does_not_take_the_results_down(store):
    run = Index(store).find(named(store)["アイネス-9月"])
    sample = Rated("k", "pk", "t", "i", "p")
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


def test_a_preference_is_kept_once(store):
    runs = named(store)
    codes = [blind_code(runs[name]) for name in ("アイネス-9月", "アイネス-8月")]
    app = opened("rate", target=codes[0], other=codes[1], rater="花子", mode="pair")
    assert not any(name in texts(app) for name in ("アイネス-9月", "アイネス-8月"))
    app.button(key="prefer_tie").click().run()
    (rating,) = (r for run in runs.values() for r in read_annotations(Index(store).find(run)))
    assert (rating.mode, rating.preference) == ("pair", "tie")
