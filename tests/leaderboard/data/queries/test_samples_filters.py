"""What the filters let pass, against the same question asked of the tables in pandas."""

import pytest

from kikime.harness.metrics.registry import METRICS
from kikime.harness.store.summary import summarise
from kikime.leaderboard.data.queries.samples import (
    FACETS,
    FLAGS,
    PAGE,
    RANKED,
    Filter,
    Sample,
    every,
    facets,
    one,
    page_of,
    partner,
    read_dialogue,
    verdict_values,
)
from tests.support.app import judged, measured
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-8月"]


@pytest.fixture(scope="module")
def replies(run):
    return measured(run)


def passing(run, chosen):
    """Keys of all replies that pass, in the order of the list."""
    total = page_of(run, chosen).total
    found = [row.key for page in range(1, -(-total // PAGE) + 1) for row in page_of(run, chosen, page).rows]
    assert len(found) == total
    return found


@pytest.mark.parametrize("facet", FACETS)
def test_every_facet_keeps_exactly_the_replies_that_have_a_wanted_value(run, replies, facet):
    for value in facets(run)[facet]:
        wanted = replies[replies[facet].astype(str) == value]
        assert passing(run, Filter(values={facet: [value]})) == wanted["key"].tolist() != []


def test_values_of_one_facet_add_and_facets_restrict(run, replies):
    chosen = Filter(values={"task": ["talk", "dialogue"], "persona": ["bushi"], "format": [], "turn": ["0", "2"]})
    wanted = replies[
        replies["task"].isin(["talk", "dialogue"]) & (replies["persona"] == "bushi") & replies["turn"].isin([0, 2])
    ]
    assert passing(run, chosen) == wanted["key"].tolist()


@pytest.mark.parametrize("value", ["xx", "", "2.0", "0 OR 1=1", "'"])
def test_a_value_that_no_reply_has_lets_none_pass(run, value):
    assert passing(run, Filter(values={"shots": [value]})) == []


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_keeps_the_replies_that_are_bad_by_it(run, replies, flag):
    found = passing(run, Filter(flag=flag))
    if flag not in replies:
        assert found == []
        return
    bad = replies[flag] < 1 if METRICS[flag].direction == "higher" else replies[flag] > 0
    assert found == replies[bad]["key"].tolist()


@pytest.mark.parametrize("flag", ["nothing", "' OR 1=1 --", "口調"])
def test_what_is_no_metric_filters_as_little_as_no_flag(run, replies, flag):
    assert page_of(run, Filter(flag=flag)).total == len(replies)


@pytest.mark.parametrize("ends", [(0, 0), (20, 24), (22, 22), (500, 900), (30, 20)])
def test_a_range_takes_both_of_its_ends(run, replies, ends):
    wanted = replies[replies["length_chars"].between(*ends)]
    assert passing(run, Filter(between={"length_chars": ends})) == wanted["key"].tolist()


def test_two_ranges_restrict_each_other(run, replies):
    wanted = replies[replies["length_chars"].between(20, 30) & replies["sentences"].between(1, 1)]
    chosen = Filter(between={"length_chars": (20, 30), "sentences": (1, 1)})
    assert passing(run, chosen) == wanted["key"].tolist() != []


def test_a_text_is_looked_for_in_what_was_said_and_in_what_was_answered(run, replies):
    said = replies["user"].str.contains("趣味", regex=False) | replies["response"].str.contains("趣味", regex=False)
    assert passing(run, Filter(text="趣味")) == replies[said]["key"].tolist() != []


def test_an_item_is_taken_whole_and_not_as_a_part(run, replies):
    assert passing(run, Filter(item="t01")) == replies[replies["item_id"] == "t01"]["key"].tolist() != []
    assert passing(run, Filter(item="t0")) == []


def test_failures_and_conditions_combine(run, replies):
    wanted = replies[replies["error"].notna() & (replies["format"] == "chatml")]
    assert passing(run, Filter(failed=True, values={"format": ["chatml"]})) == wanted["key"].tolist() != []


@pytest.mark.parametrize(
    "wanted",
    [
        {"score": ["3", "4"]},
        {"judge_id": ["judge-a"], "status": ["refused"]},
        {"judge_id": ["judge-a"], "criterion": ["tone"], "score": ["7"]},
        {"criterion": ["no such"]},
    ],
)
def test_one_verdict_has_all_that_is_asked_of_verdicts(run, replies, wanted):
    verdicts = judged(run)
    for name, values in wanted.items():
        column = verdicts[name].astype("Int64") if name == "score" else verdicts[name]
        verdicts = verdicts[column.astype("string").isin(values)]
    expected = replies[replies["key"].isin(verdicts["key"])]["key"].tolist()
    assert passing(run, Filter(verdict=wanted)) == expected


def test_filters_by_verdicts_do_nothing_where_nobody_judged(shelf):
    run = shelf["大きなモデル"]
    assert page_of(run, Filter(verdict={"score": ["1"]})).total == page_of(run, Filter()).total
    assert passing(run, Filter(order="judge_low")) == passing(run, Filter())


@pytest.mark.parametrize("metric", ["critical_failure", "length_fit", "style_band", "fact_correct"])
def test_the_worst_come_first_and_those_without_a_value_last(run, replies, metric):
    assert metric in RANKED
    ordered = replies.sort_values(
        metric, ascending=METRICS[metric].direction == "higher", kind="stable", na_position="last"
    )
    assert passing(run, Filter(order="worst", metric=metric)) == ordered["key"].tolist()


@pytest.mark.parametrize(("order", "ascending"), [("long", False), ("short", True)])
def test_lengths_order_by_what_was_answered(run, replies, order, ascending):
    lengths = replies.assign(n=replies["response"].str.len()).sort_values("n", ascending=ascending, kind="stable")
    assert passing(run, Filter(order=order)) == lengths["key"].tolist()


@pytest.mark.parametrize(("order", "ascending"), [("judge_low", True), ("judge_high", False)])
def test_judges_order_by_the_mean_of_the_scores_that_they_gave(run, replies, order, ascending):
    verdicts = judged(run)
    means = verdicts[verdicts["status"] == "ok"].groupby("key")["score"].mean().rename("mean").reset_index()
    ordered = replies.merge(means, on="key", how="left").sort_values(
        "mean", ascending=ascending, kind="stable", na_position="last"
    )
    assert passing(run, Filter(order=order)) == ordered["key"].tolist()
    assert [row.judge for row in page_of(run, Filter(order=order)).rows] == pytest.approx(
        ordered["mean"].head(PAGE).tolist()
    )


@pytest.mark.parametrize("order", ["", "worst", "; DROP TABLE samples", "判定"])
def test_an_unknown_order_is_that_of_the_plan(run, replies, order):
    assert passing(run, Filter(order=order)) == replies["key"].tolist()


@pytest.mark.parametrize("page", [0, -7, 1])
def test_there_is_no_page_before_the_first(run, page):
    assert [row.key for row in page_of(run, Filter(), page).rows] == [row.key for row in page_of(run, Filter(), 1).rows]


def test_a_line_of_the_list_shows_the_beginning_the_length_and_the_failure(run, replies):
    lines = {row.key: row for row in page_of(run, Filter()).rows}
    for row in replies[replies["key"].isin(lines)].to_dict("records"):
        line = lines[row["key"]]
        assert line.response == row["response"][:300]
        assert (line.task, line.item_id, line.turn) == (row["task"], row["item_id"], row["turn"])
        failed = line.error is not None
        assert failed == (row["error"] == "the engine refused it")
        assert failed or line.length_chars == row["length_chars"]


def test_what_judges_said_is_offered_without_what_they_left_out(run):
    verdicts = judged(run)
    assert verdict_values(run)["score"] == sorted({str(int(s)) for s in verdicts["score"].dropna()})
    assert set(verdict_values(run)["status"]) == set(verdicts["status"])


def test_nothing_is_offered_where_nobody_judged(shelf):
    assert verdict_values(shelf["大きなモデル"]) == {}


def test_one_reply_has_its_metrics_in_the_order_of_tables(run, replies):
    found = one(run, replies["key"].iloc[0])
    known = [name for name in METRICS if name in found.metrics]
    assert [name for name in found.metrics if name in METRICS] == known
    assert found.metrics["length_chars"] == replies["length_chars"].iloc[0]


def test_no_reply_stands_for_a_request_that_was_never_made(run):
    assert partner(run, "nothing") is None
    assert partner(run, "") is None


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Replies of every kind of text, and a metric that this version does not know."""
    texts = ["", "家\U0001f468\u200d\U0001f469\u200d\U0001f467族", "a\nb\r\nc\td", "<b>%_'\"\\", "が\u3099", "長" * 400]
    run = make_run(
        tmp_path_factory.mktemp("odd"),
        "odd",
        lambda q: texts[int(q.item_id[-1])],
        materials=make_materials([talk_task(6)], personas=["bushi"]),
    )
    summarise(run)
    return run, texts


def test_texts_come_back_as_they_were_written(odd):
    run, texts = odd
    assert [row["response"] for row in every(run, Filter())] == texts
    assert [row.response for row in page_of(run, Filter()).rows] == [text[:300] for text in texts]


@pytest.mark.parametrize(("text", "found"), [("%_'", 1), ("\\", 1), ("\U0001f469", 1), ("\n", 1), ("A", 0)])
def test_a_search_takes_every_character_as_itself(odd, text, found):
    assert page_of(odd[0], Filter(text=text)).total == found


def test_a_run_of_one_reply_is_a_page_of_one(tmp_path):
    run = make_run(tmp_path, "one", IN_VOICE, materials=make_materials([talk_task(1)], personas=["bushi"]))
    assert page_of(run, Filter()).total == 1
    assert facets(run)["turn"] == ["0"]


def test_what_the_prompt_showed_is_read_where_it_can_be():
    sample = Sample(
        **dict.fromkeys(("key", "pair_key", "task", "item_id", "persona", "format", "user", "prompt", "response"), "x"),
        shots=0,
        examples='["例１", "例２"]',
        expect='{"fact": "紅茶"}',
        history='[{"role": "user", "content": "やあ"}]',
    )
    assert sample.shown_examples() == ["例１", "例２"]
    assert sample.expected() == {"fact": "紅茶"}
    assert [(turn.role, turn.content) for turn in read_dialogue(sample.history)] == [("user", "やあ")]


@pytest.mark.parametrize("text", [None, "", "[", "[1, 2]", '{"a": 1}', "null"])
def test_a_dialogue_that_cannot_be_read_is_none(text):
    assert read_dialogue(text) == []
