"""The parts of the page of the judge: tables, charts and links."""

import json
from urllib.parse import parse_qs

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.queries import verdicts
from kikime.leaderboard.data.ratings import Rated, annotate, blind_code, scores_rating
from kikime.leaderboard.views.judge import view
from tests.support.app import judged, measured
from tests.support.builders import IN_VOICE, add_verdicts, make_materials, make_run, talk_task

T = Translator("ja")


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-8月"]


@pytest.fixture
def small(tmp_path):
    run = make_run(tmp_path, "small", IN_VOICE, materials=make_materials([talk_task(6)], personas=["bushi"]))
    add_verdicts(run, lambda sample: 7)
    return run


def test_the_head_sums_up_all_judges(visit, run):
    drawn = visit()
    view._head(T, run)
    lines = judged(run)
    assert drawn.figures[T("judge.judges")] == "2"
    assert drawn.figures[T("judge.verdicts")] == f"{len(lines):,}"
    assert drawn.figures[T("judge.scored")] == f"{100 * (lines['status'] == 'ok').mean():.1f}%"
    assert drawn.figures[T("judge.tokens")] == f"{(lines['n_in'] + lines['n_out']).sum():,}"


def test_an_unknown_price_is_no_zero(visit, small):
    frame = judged(small).assign(cost_usd=None)
    import pyarrow.parquet as pq

    frame.to_parquet(small.judge_file, schema=pq.read_schema(small.judge_file), index=False)
    drawn = visit()
    view._head(T, small)
    assert drawn.figures[T("judge.cost")] == T("judge.cost_unknown")


def test_the_chart_of_scores_and_the_table_below_it_have_the_same_numbers(visit, run):
    drawn = visit()
    view.distribution(T, run)
    chart = {(row["name"], row["score"]): (row["n"], row["share"]) for row in drawn.rows_of()}
    table = {
        (f"{view.criterion(T, row['criterion'])} · {row['judge']}", row["score"]): (row["n"], row["share"])
        for row in drawn.downloads["distribution"]
    }
    assert chart == table
    assert len(chart) == len(verdicts.distribution(run))


def test_a_bar_opens_the_replies_that_got_its_score(visit, run):
    drawn = visit()
    view.distribution(T, run)
    opened = {(row["name"], row["score"]): row["href"] for row in drawn.rows_of()}
    for row in verdicts.distribution(run):
        href = opened[f"{view.criterion(T, row.criterion)} · {row.judge}", row.score]
        assert parse_qs(href.partition("?")[2]) == {
            "run": [run.id],
            "judge": [row.judge_id],
            "criterion": [row.criterion],
            "score": [str(row.score)],
        }


def test_a_judge_that_gives_nearly_always_the_same_score_is_warned_of(visit, small, run):
    drawn = visit()
    view.distribution(T, small)
    assert drawn.said("warning") == [T("judge.ceiling")]
    spread = visit()
    view.distribution(T, run)
    assert spread.said("warning") == []


def test_agreement_with_people_is_shown_once_there_are_ratings(visit, small):
    drawn = visit()
    view.agreement(T, small)
    assert drawn.links == [("rate", {"target": blind_code(small.id)})]
    assert drawn.files == {}
    for number, row in enumerate(measured(small).head(4).to_dict("records")):
        sample = Rated(*(row[name] for name in ("key", "pair_key", "task", "item_id", "persona")))
        annotate(small, scores_rating(sample, {"tone": 4 + number % 2}, rater="花子", model="m"))
    rated = visit()
    view.agreement(T, small)
    (row,) = rated.downloads["people"]
    assert (row["judge"], row["criterion"], row["n"], row["may_rank"]) == ("judge-a / cot", "tone", 4, False)
    assert row["bias"] == pytest.approx(2.5)
    assert set(rated.files) == {"annotations.jsonl", "verdicts.jsonl"}
    assert rated.files["verdicts.jsonl"].count(b"\n") == len(judged(small))


def test_one_judge_has_nobody_to_agree_with(visit, small):
    drawn = visit()
    view.agreement(T, small)
    assert T("judge.one_judge") in drawn.said("caption")


def test_quarters_of_length_are_points_of_one_curve_per_criterion(visit, run):
    drawn = visit()
    view.length(T, run)
    expected = {
        (f"{view.criterion(T, r.criterion)} · {r.judge}", r.quarter): r.mean for r in verdicts.length_effect(run)
    }
    assert {(row["series"], row["x"]): row["value"] for row in drawn.rows_of()} == pytest.approx(expected)
    orders = {row["x"]: "short" if "order=short" in row["href"] else "long" for row in drawn.rows_of()}
    assert orders == {1: "short", 2: "short", 3: "long", 4: "long"}


def test_a_run_without_a_fixed_set_has_no_drift(visit, run):
    drawn = visit()
    view.drift(T, run)
    assert drawn.said("caption") == [T("judge.no_drift")]


@pytest.mark.parametrize(("change", "ends"), [(0.2, [-1.0, 1.0]), (-2.5, [-2.5, 2.5])])
def test_the_scale_of_drift_holds_every_change_and_its_opposite(visit, small, change, ends):
    reports = [{"utc": "2026-09-01T10:20:30+00:00", "judge_id": "審査員", "mean_change": change, "n": 12}]
    reports += [{"utc": "2026-08-01T00:00:00+00:00", "judge_id": "審査員"}]
    (small.path / "judge.json").write_text(json.dumps({"sentinel": reports}))
    drawn = visit()
    view.drift(T, small)
    assert drawn.charts[0]["layer"][0]["encoding"]["y"]["scale"]["domain"] == ends
    assert [row["x"] for row in drawn.rows_of()] == ["2026-09-01 10:20"]
    assert len(drawn.downloads["drift"]) == 2


def test_what_became_of_every_verdict_adds_up(visit, run):
    drawn = visit()
    view.failures(T, run)
    assert sum(row["n"] for row in drawn.downloads["failures"]) == len(judged(run))
    assert sum(row["lines"] for row in drawn.downloads["cost"]) == len(judged(run))
    assert {row["status"] for row in drawn.downloads["failures"]} == {T("status.ok"), T("status.refused")}
    assert any("status=refused" in link for link in drawn.tables[0][T("common.replies")])


def test_a_criterion_that_this_version_does_not_know_keeps_its_name():
    assert view.criterion(T, "tone") != "tone"
    assert view.criterion(T, "my_own") == "my_own"


def test_ratings_without_a_judge_are_counted(visit, tmp_path):
    run = make_run(tmp_path, "small", IN_VOICE, materials=make_materials([talk_task(1)], personas=["bushi"]))
    drawn = visit()
    view._people_only(T, run)
    assert drawn.texts == []
    annotate(run, scores_rating(Rated("k", "p", "t", "i", "bushi"), {"tone": 4}, rater="花子", model="m"))
    view._people_only(T, run)
    assert drawn.said("caption") == [T("judge.rated", n=1)]
