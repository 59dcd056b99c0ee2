"""Distributions and curves, against the same tables counted in pandas."""

import pytest

from kikime.harness.reports.claims.turns import turns_report
from kikime.leaderboard.data.queries import distributions
from kikime.leaderboard.data.queries.distributions import STOPS
from tests.support.app import measured
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task
from tests.support.canned_runs import canned_run


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-9月"]


@pytest.fixture(scope="module")
def replies(run):
    return measured(run)


@pytest.mark.parametrize("persona", [None, "bushi", "ojousama"])
@pytest.mark.parametrize(("unit", "width"), [("length_chars", 1), ("length_chars", 5), ("sentences", 1)])
def test_bins_count_the_replies_of_a_persona(run, replies, unit, width, persona):
    some = replies[replies["error"].isna() & (True if persona is None else replies["persona"] == persona)]
    expected = (some[unit] // width * width).astype(int).value_counts().sort_index()
    found = distributions.histogram(run, unit, persona, width)
    assert {each.start: each.n for each in found} == expected.to_dict()
    assert [each.start for each in found] == sorted(expected.index)
    assert [each.share for each in found] == pytest.approx((expected / expected.sum()).tolist())


@pytest.mark.parametrize(("unit", "persona"), [("length_chars", "nobody"), ("no metric", None)])
def test_what_nobody_said_has_no_bins(run, unit, persona):
    assert distributions.histogram(run, unit, persona) == []


def test_endings_count_every_reply_once(run, replies):
    ended = replies["finish_reason"].where(replies["error"].isna(), "error")
    expected = replies.groupby([replies["format"], ended]).size().to_dict()
    assert {(e.format, e.finish_reason): e.n for e in distributions.endings(run)} == expected


def test_rates_of_leaks_are_means_over_the_replies_that_were_measured(run, replies):
    found = {(rate.format, rate.metric): (rate.rate, rate.n) for rate in distributions.leaks(run)}
    measured_stops = [name for name in STOPS if name in replies]
    assert {metric for _, metric in found} == set(measured_stops)
    for (form, metric), (rate, n) in found.items():
        values = replies[replies["format"] == form][metric].dropna()
        assert (rate, n) == (pytest.approx(values.mean()), len(values))


def test_a_format_costs_what_it_takes_beyond_the_cheapest_for_the_same_question(run, replies):
    first = replies[replies["turn"] == 0]
    axes = ["persona", "task", "item_id", "shots", "technique", "context", "repeat"]
    extra = first["n_prompt_tokens"] - first.groupby(axes)["n_prompt_tokens"].transform("min")
    for cost in distributions.formats(run):
        own = first["format"] == cost.format
        assert cost.n == (own & (first["shots"] == 0)).sum()
        assert cost.tokens == pytest.approx(first[own]["n_prompt_tokens"].mean())
        assert cost.extra == pytest.approx(extra[own].mean())


def test_a_curve_is_over_a_personas_questions_and_then_over_personas(run, replies):
    talked = replies[replies["task"] == "dialogue"]
    found = {(row.metric, row.turn): (row.value, row.n) for row in distributions.drift(run)}
    assert {turn for _, turn in found} == set(talked["turn"])
    for metric in ("length_chars", "length_fit", "critical_failure"):
        questions = talked.groupby(["turn", "persona", "item_id"])[metric].mean()
        means = questions.groupby(["turn", "persona"]).mean().groupby("turn").mean()
        for turn, value in means.items():
            n = talked.loc[talked["turn"] == turn, metric].count()
            assert found[metric, turn] == (pytest.approx(value), n)


def test_the_curve_and_the_report_say_the_same_of_a_turn(tmp_path):
    def answer(request):
        return "ええ。" + IN_VOICE * ((request.turn + int(request.key, 16)) % 3)

    run = canned_run(
        tmp_path, "talks", answer, tasks=[{"id": "steadiness", "limit": 3}], personas=["ojousama", "bushi"]
    )
    curve = {(row.metric, row.turn + 1): row.value for row in distributions.drift(run)}
    shared = ("marker_rate", "first_person_ok", "self_repetition", "length_chars", "critical_failure")
    for row in turns_report(run, n_resamples=50).turns:
        told = {name: getattr(row, name) for name in shared}
        told["marker_rate"] = told["marker_rate"] and told["marker_rate"].value
        assert {name: curve.get((name, row.turn)) for name in shared} == pytest.approx(told)


def test_a_turn_without_a_sentence_has_no_voice(tmp_path):
    task = talk_task(1, id="dialogue")
    item = task.items[0].model_copy(update={"script": ("もう一度。",)})
    materials = make_materials([talk_task(id="dialogue", items=(item,))], personas=["bushi"])
    run = make_run(tmp_path, "mute", lambda q: IN_VOICE if q.turn == 0 else "", materials=materials)
    voiced = [row.turn for row in distributions.drift(run) if row.metric == "marker_rate"]
    assert voiced == [0]


def test_a_run_of_failures_alone_has_endings_and_no_lengths(tmp_path):
    run = make_run(tmp_path, "dead", lambda _: None, materials=make_materials([talk_task(2)], personas=["bushi"]))
    assert distributions.histogram(run, "length_chars", None) == []
    assert [(e.finish_reason, e.n) for e in distributions.endings(run)] == [("error", 2)]
    assert distributions.drift(run) == []
