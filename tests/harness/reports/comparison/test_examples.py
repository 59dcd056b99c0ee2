import pytest

from kikime.harness.reports.comparison.examples import changed_replies
from kikime.harness.reports.comparison.pairs import load_pair
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task

MATERIALS = make_materials([talk_task(4)], personas=("ojousama",))


def run(folder, name, **replies):
    return make_run(folder, name, lambda q: replies.get(q.item_id, IN_VOICE), materials=MATERIALS)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """t00 fails in b, t01 loses its voice, t02 wins it, t03 stays."""
    folder = tmp_path_factory.mktemp("examples")
    return load_pair(run(folder, "a", t02=PLAIN), run(folder, "b", t00=None, t01=PLAIN))


def test_the_largest_loss_comes_first(pair):
    worse = changed_replies(pair)["worse"]
    assert [(example.item_id, example.change) for example in worse] == [
        ("t00", -1.0),
        ("t01", pytest.approx(-1 / 3)),
    ]


def test_gains_are_a_list_of_their_own(pair):
    [gain] = changed_replies(pair)["better"]
    assert (gain.item_id, gain.a.response, gain.b.response) == ("t02", PLAIN, IN_VOICE)
    assert (gain.a.score, gain.b.score) == (pytest.approx(2 / 3), 1.0)


def test_no_more_than_wanted_are_shown(pair):
    assert {kind: len(found) for kind, found in changed_replies(pair, n=1).items()} == {"worse": 1, "better": 1}
    assert changed_replies(pair, n=0) == {"worse": [], "better": []}


def test_an_example_says_where_it_stands_and_what_was_asked(pair):
    example = changed_replies(pair)["worse"][0]
    assert (example.task, example.persona, example.format, example.shots, example.turn) == (
        *("talk", "ojousama", "alpaca"),
        *(0, 0),
    )
    assert example.user == "0番目の話を聞かせてください。"
    assert (example.b.error, example.b.response) == ("the engine refused it", "")


def test_an_example_names_the_metrics_that_changed(pair):
    [gain] = changed_replies(pair)["better"]
    assert gain.changed["style_band"] == (
        pair.a.at[gain.pair_key, "style_band"],
        pair.b.at[gain.pair_key, "style_band"],
    )
    assert "length_fit" not in gain.changed
    assert "length_chars" not in gain.changed


def test_a_judge_s_scores_weigh_as_much_as_the_rules(tmp_path):
    a, b = run(tmp_path, "a"), run(tmp_path, "b")
    add_verdicts(a, lambda _: 7)
    add_verdicts(b, lambda sample: 1 if sample["item_id"] == "t03" else 7)
    [loss] = changed_replies(load_pair(a, b))["worse"]
    assert (loss.item_id, loss.a.score, loss.b.score, loss.change) == ("t03", 1.0, 0.5, -0.5)
    assert loss.changed["character_v1.tone"] == (7.0, 1.0)


def test_a_reply_that_one_side_left_unjudged_counts_by_the_rules(tmp_path):
    a, b = run(tmp_path, "a"), run(tmp_path, "b")
    add_verdicts(a, lambda _: 7)
    add_verdicts(b, lambda sample: None if sample["item_id"] == "t03" else 7)
    assert changed_replies(load_pair(a, b)) == {"worse": [], "better": []}


def test_scores_of_different_scales_are_brought_to_one_before_they_are_averaged(tmp_path):
    a, b = run(tmp_path, "a"), run(tmp_path, "b")
    for one, low in ((a, False), (b, True)):
        add_verdicts(one, lambda _: 7)
        peer = {"rubric": "rp_bench_v1", "criteria": ("consistency", "creativity"), "scale": 5}
        add_verdicts(one, lambda sample, low=low: 1 if low and sample["item_id"] == "t03" else 5, **peer)
    pair = load_pair(a, b)
    assert pair.scales["rp_bench_v1.consistency"] == 5
    [loss] = changed_replies(pair)["worse"]
    assert (loss.item_id, loss.a.score, loss.b.score) == ("t03", 1.0, 0.75)
