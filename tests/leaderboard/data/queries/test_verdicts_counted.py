"""What the page of the judge says, against the verdicts counted in pandas."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from kikime.harness.stats.agreement import agreement
from kikime.leaderboard.data.queries import verdicts
from kikime.leaderboard.data.ratings import Rated, annotate, pair_rating, scores_rating
from tests.support.app import judged, measured
from tests.support.builders import IN_VOICE, PLAIN, add_verdicts, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-9月"]


@pytest.fixture(scope="module")
def lines(run):
    return judged(run)


@pytest.fixture(scope="module")
def scored(run, lines):
    """Verdicts with a score, beside the length of the reply."""
    lengths = measured(run).set_index("key")["response"].str.len().rename("chars")
    return lines[lines["status"] == "ok"].join(lengths, on="key")


JUDGE = ["judge_id", "protocol"]
CRITERION = [*JUDGE, "criterion"]


def test_every_score_is_counted_once(run, scored):
    expected = scored.groupby([*CRITERION, "score"]).size().to_dict()
    found = verdicts.distribution(run)
    assert {(r.judge_id, r.protocol, r.criterion, r.score): r.n for r in found} == expected
    totals = scored.groupby(CRITERION).size()
    for row in found:
        assert row.share == pytest.approx(row.n / totals[row.judge_id, row.protocol, row.criterion])


def test_refusals_are_states_and_no_scores(run, lines):
    expected = lines.groupby([*JUDGE, "status"]).size().to_dict()
    found = verdicts.statuses(run)
    assert {(r.judge_id, r.protocol, r.status): r.n for r in found} == expected
    assert [r.n for r in found if r.judge_id == "judge-a"] == sorted(
        (n for (judge, *_), n in expected.items() if judge == "judge-a"), reverse=True
    )
    assert all(row.grounded == 1.0 for row in found)


def test_a_call_is_counted_once_however_many_criteria_it_answers(run, lines):
    for row in verdicts.costs(run):
        own = lines[lines["judge_id"] == row.judge_id]
        assert (row.lines, row.calls) == (len(own), own["judge_key"].nunique())
        assert (row.n_in, row.n_out, row.cost_usd) == (own["n_in"].sum(), own["n_out"].sum(), 0.0)


def test_quarters_of_length_hold_all_replies_and_grow(run, scored):
    rows = verdicts.length_effect(run)
    for key, own in scored.groupby(CRITERION):
        quarters = [row for row in rows if (row.judge_id, row.protocol, row.criterion) == key]
        assert [row.quarter for row in quarters] == [1, 2, 3, 4]
        assert sum(row.n for row in quarters) == len(own)
        assert [row.chars for row in quarters] == sorted(row.chars for row in quarters)
        assert sum(row.mean * row.n for row in quarters) / len(own) == pytest.approx(own["score"].mean())


def test_the_correlation_with_length_is_that_of_ranks(run, scored):
    for row in verdicts.adjusted(run):
        own = scored[(scored["judge_id"] == row.judge_id) & (scored["criterion"] == row.criterion)]
        ranks = own[["score", "chars"]].rank(method="min")
        assert (row.n, row.mean) == (len(own), pytest.approx(own["score"].mean()))
        assert row.correlation == pytest.approx(ranks["score"].corr(ranks["chars"]))


def test_two_judges_are_compared_on_the_replies_that_both_scored(run, scored, monkeypatch):
    monkeypatch.setattr(verdicts, "MOST_PAIRS", 10_000)
    wide = scored.pivot_table(index=["criterion", "key"], columns="judge_id", values="score").dropna()
    for row in verdicts.between_judges(run):
        both = wide.loc[row.criterion]
        assert (row.a, row.b, row.n) == ("judge-a / cot", "judge-b / cot", len(both))
        assert row.bias == pytest.approx((both["judge-b"] - both["judge-a"]).mean())
        assert row.mae == pytest.approx((both["judge-b"] - both["judge-a"]).abs().mean())


def test_many_pairs_are_thinned_out_evenly():
    pairs = [(1 + at % 7, 1 + at // 300 % 7) for at in range(2_000)]
    found = verdicts._agreement("a", "b", "tone", pairs)
    chosen = [pairs[at * 4] for at in range(500)]
    expected = agreement([one for one, _ in chosen], [other for _, other in chosen])
    assert (found.n, found.bias, found.qwk) == (500, expected.bias, expected.qwk)


@pytest.fixture
def small(tmp_path):
    """Four replies of one persona, judged 2, 4, 6 and not at all."""
    run = make_run(
        tmp_path,
        "small",
        lambda q: IN_VOICE if q.item_id < "t02" else PLAIN,
        materials=make_materials([talk_task(4)], personas=["bushi"]),
    )
    scores = {"t00": 2, "t01": 4, "t02": 6, "t03": None}
    add_verdicts(run, lambda sample: scores[sample["item_id"]])
    return run


def rewritten(run, **columns):
    frame = judged(run).assign(**columns)
    schema = pq.read_schema(run.judge_file)
    frame.to_parquet(run.judge_file, schema=schema, index=False)


def test_a_price_that_is_not_known_makes_the_sum_unknown(small):
    rewritten(small, cost_usd=[None, *[0.5] * 7])
    assert verdicts.costs(small)[0].cost_usd is None
    rewritten(small, cost_usd=[0.25] * 8)
    assert verdicts.costs(small)[0].cost_usd == pytest.approx(2.0)


def test_the_expected_score_counts_before_the_whole_one(small):
    frame = judged(small)
    rewritten(small, expected_score=frame["score"] + 0.5)
    assert {round(row.mean, 3) for row in verdicts.adjusted(small)} == {4.5}
    assert {row.score for row in verdicts.distribution(small)} == {2, 4, 6}


def test_scores_without_spread_have_no_correlation(small):
    rewritten(small, score=pd.array([5, 5] * 4, dtype="Int64"), status="ok")
    assert [row.correlation for row in verdicts.adjusted(small)] == [None, None]


def test_evidence_that_was_not_found_lowers_the_share_that_is_grounded(small):
    rewritten(small, grounded=[False, *[True] * 7], status="ok")
    (row,) = verdicts.statuses(small)
    assert row.grounded == pytest.approx(7 / 8)


def test_protocols_of_one_judge_are_two_judges(small):
    rewritten(small, protocol=["cot", "direct"] * 4)
    assert {row.judge for row in verdicts.distribution(small)} == {"judge-a / cot", "judge-a / direct"}


def rated(run, number):
    row = measured(run).iloc[number]
    return Rated(*(row[name] for name in ("key", "pair_key", "task", "item_id", "persona")))


def test_people_are_a_mean_where_several_rated_one_reply(small):
    for rater, score in (("花子", 1), ("太郎", 5)):
        annotate(small, scores_rating(rated(small, 0), {"tone": score}, rater=rater, model="m"))
    annotate(small, scores_rating(rated(small, 1), {"tone": 4}, rater="花子", model="m"))
    (found,) = verdicts.with_people(small)
    assert (found.criterion, found.n, found.bias) == ("tone", 2, pytest.approx((2 - 3 + 4 - 4) / 2))


def test_what_no_judge_scored_is_compared_with_nobody(small):
    annotate(small, scores_rating(rated(small, 3), {"tone": 4, "other": 2}, rater="花子", model="m"))
    assert verdicts.with_people(small) == []


def test_a_preference_is_no_score_of_a_person(small):
    sample = rated(small, 0)
    annotate(small, pair_rating(sample, sample, "a", rater="花子", run_a=small.id, run_b="other"))
    assert verdicts.with_people(small) == verdicts.between_people(small) == []


def test_people_who_rated_different_replies_do_not_agree_or_disagree(small):
    annotate(small, scores_rating(rated(small, 0), {"tone": 4}, rater="花子", model="m"))
    annotate(small, scores_rating(rated(small, 1), {"tone": 4}, rater="太郎", model="m"))
    annotate(small, scores_rating(rated(small, 0), {"personality": 4}, rater="太郎", model="m"))
    assert verdicts.between_people(small) == []


@pytest.mark.parametrize(
    "content", ["", "[", "[]", "{}", '{"sentinel": null}', '{"sentinel": 3}', '{"sentinel": [3, "x", {"n": "many"}]}']
)
def test_reports_of_the_fixed_replies_that_cannot_be_read_are_none(small, content):
    (small.path / "judge.json").write_text(content)
    assert verdicts.drift(small) == []


def test_reports_of_the_fixed_replies_keep_their_order_and_ignore_new_fields(small):
    reports = [{"utc": f"2026-0{n}-01", "judge_id": "審査員", "mean_change": n / 10, "later": {}} for n in (2, 1, 3)]
    (small.path / "judge.json").write_text(json.dumps({"sentinel": reports}))
    assert [(row.utc, row.mean_change) for row in verdicts.drift(small)] == [
        ("2026-02-01", 0.2),
        ("2026-01-01", 0.1),
        ("2026-03-01", 0.3),
    ]


def test_lines_for_calibration_hold_every_verdict_once(small):
    lines = [json.loads(line) for line in verdicts.lines_for_calibration(small).splitlines()]
    frame = judged(small)
    assert sorted((line["id"], line["criterion"]) for line in lines) == sorted(
        zip(frame["key"], frame["criterion"], strict=True)
    )
    assert {line["score"] for line in lines} == {2, 4, 6, None}


def test_a_run_without_verdicts_has_no_lines_for_calibration(shelf):
    assert verdicts.lines_for_calibration(shelf["大きなモデル"]) == b""
