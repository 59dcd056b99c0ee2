"""Rating replies: what is asked next, what is kept, and what people said."""

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.judges.verdicts.rubric import load_rubric
from kikime.leaderboard.data import ratings
from kikime.leaderboard.data.index import Entry
from kikime.leaderboard.data.queries import rating_queue
from kikime.leaderboard.data.ratings import Rated, annotate, pair_rating, read_annotations, scores_rating, swapped
from kikime.leaderboard.views.rate import parts
from tests.support.builders import IN_VOICE, PLAIN, make_materials, make_run, talk_task
from tests.support.drawing import noting

T = Translator("ja")
CRITERIA = [criterion.id for criterion in load_rubric(parts.RUBRIC).criteria]
MATERIALS = make_materials([talk_task(3)], personas=["bushi"])


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "runs", "a", IN_VOICE, materials=MATERIALS)


@pytest.fixture
def other(tmp_path):
    return make_run(tmp_path / "runs", "b", PLAIN, materials=MATERIALS)


@pytest.fixture
def rate(monkeypatch, run):
    """Draw the page of scores again and again for one rater, with one session."""
    entry, session = Entry(run.id, (0, 0), "complete", name="a"), {}

    def rate(rater="花子"):
        drawn = noting(monkeypatch)
        monkeypatch.setattr(parts.st, "session_state", session)
        parts.scores(T, entry, run, rater)
        return drawn

    return rate


def given(rate, *values):
    for value in values:
        rate().buttons[f"score_{value}"]()


def test_a_rating_is_kept_when_every_criterion_has_a_score(rate, run):
    given(rate, *range(1, len(CRITERIA)))
    assert read_annotations(run) == []
    given(rate, 7)
    (found,) = read_annotations(run)
    assert found.human_scores == dict(zip(CRITERIA, [*range(1, len(CRITERIA)), 7], strict=True))
    assert (found.rater, found.rubric) == ("花子", parts.RUBRIC)


def test_a_score_can_be_taken_back_before_the_reply_is_done(rate, run):
    given(rate, 1)
    rate().buttons["undo"]()
    given(rate, *[5] * len(CRITERIA))
    (found,) = read_annotations(run)
    assert set(found.human_scores.values()) == {5}


def test_nothing_can_be_taken_back_where_nothing_was_given():
    empty = {}
    parts._undo(empty, parts.Course())
    assert empty == {}


def test_the_last_score_of_a_finished_reply_can_be_corrected(rate, run):
    first = rate().said("code")
    given(rate, *[4] * len(CRITERIA))
    rate().buttons["undo"]()
    assert rate().said("code") == first
    given(rate, 6)
    (found,) = read_annotations(run)
    assert list(found.human_scores.values()) == [*[4] * (len(CRITERIA) - 1), 6]
    assert rate().said("code") != first


def test_a_preference_can_be_taken_back(monkeypatch, run, other):
    session = {}

    def draw():
        drawn = noting(monkeypatch)
        monkeypatch.setattr(parts.st, "session_state", session)
        parts.pairs(T, run, other, "花子")
        return drawn

    first = draw().said("code")
    draw().buttons["prefer_1"]()
    draw().buttons["undo"]()
    assert draw().said("code") == first
    draw().buttons["prefer_tie"]()
    (found,) = read_annotations(run)
    assert found.preference == "tie"


def test_the_next_reply_follows_a_rated_one(rate):
    first = rate().said("code")
    given(rate, *[4] * len(CRITERIA))
    assert rate().said("code") != first
    assert "1" in rate().said("progress")[0]


def test_a_skipped_reply_comes_back_at_the_end(rate, run):
    first = rate().said("code")
    rate().buttons["skip"]()
    assert rate().said("code") != first
    for _ in range(2):
        given(rate, *[4] * len(CRITERIA))
    assert rate().said("code") == first
    given(rate, *[4] * len(CRITERIA))
    assert rate().said("success") == [T("rate.finished")]
    assert len(read_annotations(run)) == 3


def test_raters_do_not_see_each_others_scores(rate):
    given(rate, 2)
    assert any(line.startswith("✓") for line in rate().said("text"))
    assert not any(line.startswith("✓") for line in rate("太郎").said("text"))


def test_a_rating_that_could_not_be_written_is_asked_for_again(rate, run, monkeypatch):
    given(rate, *[4] * (len(CRITERIA) - 1))
    last = rate()
    with monkeypatch.context() as patched:
        patched.setattr(ratings.os, "open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        last.buttons["score_4"]()
    drawn = rate()
    assert drawn.said("error") == [T("rate.not_saved")]
    assert read_annotations(run) == []
    given(rate, 4)
    assert len(read_annotations(run)) == 1


def shown(monkeypatch, *runs, rater="花子"):
    drawn = noting(monkeypatch)
    parts.pairs(T, *runs, rater)
    return drawn


def test_a_preference_is_for_the_reply_that_stood_on_the_chosen_side(monkeypatch, run, other):
    for rater in (f"r{n}" for n in range(6)):
        drawn = shown(monkeypatch, run, other, rater=rater)
        left = drawn.said("code")[1]
        drawn.buttons["prefer_1"]()
        found = next(r for r in read_annotations(min((run, other), key=lambda r: r.id)) if r.rater == rater)
        preferred = {"a": found.run_a, "b": found.run_b}[found.preference]
        assert (IN_VOICE if preferred == run.id else PLAIN) == left
        assert found.swapped == swapped(found.id, rater)


def test_the_order_of_the_runs_in_the_address_changes_no_preference(monkeypatch, run, other):
    one, two = (shown(monkeypatch, *runs).said("code") for runs in ((run, other), (other, run)))
    assert one == two


def test_runs_without_a_shared_request_cannot_be_compared(monkeypatch, run, tmp_path):
    strange = make_run(
        tmp_path / "runs", "c", PLAIN, materials=make_materials([talk_task(2, id="x")], personas=["bushi"])
    )
    assert shown(monkeypatch, run, strange).said("warning") == [T("rate.nothing_shared")]


def test_a_pair_is_finished_when_every_request_was_answered(monkeypatch, run, other):
    for _ in range(3):
        shown(monkeypatch, run, other).buttons["prefer_tie"]()
    assert shown(monkeypatch, run, other).said("success") == [T("rate.finished")]


def test_results_are_means_per_rater_and_criterion(monkeypatch, run):
    replies = [rating_queue.reply(run, key) for key in rating_queue.keys(run)]
    for rater, values in (("花子", (2, 3)), ("太郎", (7,))):
        for reply, value in zip(replies, values, strict=False):
            annotate(run, scores_rating(reply, {"tone": value}, rater=rater, model="a"))
    drawn = noting(monkeypatch)
    parts.results(T, run, None)
    assert [(row["rater"], row["n"], row["mean"]) for row in drawn.downloads["ratings"]] == [
        ("太郎", 1, "7.00"),
        ("花子", 2, "2.50"),
    ]


def test_preferences_are_counted_whichever_run_comes_first(monkeypatch, run, other):
    first, second = sorted((run, other), key=lambda each: each.id)
    sample = Rated("k", "p", "talk", "t00", "bushi")
    for rater, preference in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "tie")):
        annotate(first, pair_rating(sample, sample, preference, rater=rater, run_a=first.id, run_b=second.id))
    lines = []
    for runs in ((run, other), (other, run)):
        drawn = noting(monkeypatch)
        parts.results(T, *runs)
        lines += drawn.said("text")
    assert len(set(lines)) == 1
    assert f"{first.manifest()['name']}: 2" in lines[0]
    assert f"{second.manifest()['name']}: 1" in lines[0]


def test_without_ratings_the_results_say_so(monkeypatch, run, other):
    drawn = noting(monkeypatch)
    parts.results(T, run, other)
    assert drawn.said("caption") == [T("rate.no_scores"), T("rate.no_pairs")]


def test_a_rater_sees_the_card_the_dialogue_and_no_model(monkeypatch, run):
    drawn = noting(monkeypatch)
    sample = rating_queue.reply(run, rating_queue.keys(run)[0])
    history = '[{"role": "user", "content": "やあ"}, {"role": "assistant", "content": "うむ"}]'
    parts._shown(T, run, sample._replace(history=history))
    card = run.manifest()["personas"]["bushi"]
    assert f"{card['name']}: うむ" in drawn.said("text")
    assert drawn.said("code") == [sample.user]
    assert run.id not in drawn.text
