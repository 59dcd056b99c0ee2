"""One reply in full."""

import json

import pytest

from kikime.harness.words.catalogue import Translator
from kikime.leaderboard.data.queries.samples import Judgement, Sample, one
from kikime.leaderboard.page import safe
from kikime.leaderboard.views.samples import detail
from tests.support.app import measured
from tests.support.builders import IN_VOICE, make_materials, make_run, talk_task

T = Translator("ja")


@pytest.fixture(scope="module")
def run(shelf):
    return shelf["アイネス-8月"]


@pytest.fixture(scope="module")
def replies(run):
    return measured(run)


def key_where(replies, condition):
    return replies[condition]["key"].iloc[0]


def sample(**more):
    blank = dict.fromkeys(
        ("key", "pair_key", "task", "item_id", "persona", "format", "user", "prompt", "response"), "x"
    )
    return Sample(**{**blank, "shots": 0, **more})


def test_a_key_that_the_run_does_not_have_is_told(visit, run):
    drawn = visit()
    detail.draw(T, run, "' OR 1=1 --")
    assert drawn.said("warning") == [T("detail.none")]


def test_question_reply_and_prompt_are_shown_as_they_are(visit, run, replies):
    row = replies[replies["error"].isna()].iloc[0]
    drawn = visit()
    detail.draw(T, run, row["key"])
    assert {row["user"], row["response"], row["prompt"]} <= set(drawn.said("code"))
    assert ("compare", {"b": run.id, "pair": row["pair_key"], "view": "pair"}) in drawn.links


def test_a_failed_reply_says_why(visit, run, replies):
    drawn = visit()
    detail.draw(T, run, key_where(replies, replies["error"].notna()))
    assert drawn.said("error") == [T("detail.failed")]
    assert "the engine refused it" in drawn.said("text")


def test_a_later_turn_shows_what_was_said_before(visit, run, replies):
    drawn = visit()
    row = replies[(replies["turn"] == 2) & replies["error"].isna()].iloc[0]
    detail.draw(T, run, row["key"])
    said = [turn["content"] for turn in json.loads(row["history"])]
    (bubbles,) = [text for text in drawn.said("html") if said[0] in text]
    at = 0
    for text in said:
        found = bubbles.find(text, at)
        assert found >= 0, text
        at = found + len(text)


def test_metrics_are_shown_with_their_values(visit, run, replies):
    row = replies[replies["error"].isna()].iloc[0]
    drawn = visit()
    detail.draw(T, run, row["key"])
    table = drawn.tables[0].set_index(T("detail.metric_id"))[T("detail.metric_value")]
    assert table["length_chars"] == f"{row['length_chars']:.3g}"
    assert T("detail.not_applicable") in set(table)


def test_every_verdict_is_shown_with_its_judge(visit, run, replies):
    found = one(run, replies["key"].iloc[0])
    drawn = visit()
    detail._verdicts(T, found)
    lines = [text for text in drawn.said("text") if "/ 7" in text]
    assert len(lines) == len(found.verdicts)
    assert all(any(v.judge_id in line for line in lines) for v in found.verdicts)


def test_the_expected_score_is_shown_before_the_whole_one(visit):
    verdict = Judgement(
        "審査員", "logprob", "character_v1", "tone", "ok", 5, 4.625, "理由", ["引用１", "引用２"], "誤り"
    )
    drawn = visit()
    detail._verdicts(T, sample(verdicts=[verdict]))
    assert drawn.said("text")[0].split("　")[1] == "4.62 / 7"
    assert drawn.said("code") == ["引用１", "引用２"]
    assert drawn.said("text")[1:] == ["理由", "誤り"]


def test_a_score_is_out_of_the_highest_point_of_its_own_scale(visit):
    drawn = visit()
    detail._verdicts(T, sample(verdicts=[Judgement("審査員", "cot", "rp_bench_v1", "enjoyment", "ok", 4, scale=5)]))
    assert drawn.said("text")[0].split("　")[1] == "4 / 5"


def test_what_went_wrong_is_told_in_the_readers_language(visit):
    drawn = visit()
    verdict = Judgement("審査員", "cot", "character_v1", "tone", "error", error="Connection refused")
    detail._verdicts(T, sample(verdicts=[verdict]))
    assert drawn.said("text")[1:] == ["接続を拒否されました"]


def test_a_reply_that_nobody_judged_says_so(visit):
    drawn = visit()
    detail._verdicts(T, sample())
    assert drawn.said("caption") == [T("detail.no_verdicts")]


def test_a_leak_is_marked_where_it_stands(run, replies):
    row = replies[replies["turn_leak"] == 1]
    row = row[row["response"].str.contains("ユーザー:")].iloc[0]
    found = one(run, row["key"])
    spans = detail.spans_of(run, found)
    marked = [found.response[start:end] for start, end in spans["turn_leak"]]
    assert any("ユーザー" in text for text in marked)


def test_nothing_is_marked_in_an_empty_or_endless_reply(run):
    assert detail.spans_of(run, sample(response="", persona="bushi")) == {}
    assert detail.spans_of(run, sample(response="長" * 200_001, persona="bushi")) == {}


def test_nothing_is_marked_where_the_card_is_not_known(run):
    assert detail.spans_of(run, sample(response="はい。\nユーザー: 次", persona="nobody")) == {}


def test_a_manifest_that_cannot_be_read_marks_nothing(tmp_path):
    run = make_run(tmp_path, "x", IN_VOICE, materials=make_materials([talk_task(1)], personas=["bushi"]))
    run.manifest_file.write_text("{")
    assert detail.spans_of(run, sample(response="はい。\nユーザー: 次", persona="bushi")) == {}


def test_a_long_reply_is_cut_and_can_be_taken_whole(visit, run):
    text = "長い。" * 10_000
    drawn = visit()
    detail._reply(T, run, sample(response=text, persona="bushi"))
    assert [len(code) for code in drawn.said("code")] == [safe.SHOWN]
    assert drawn.files[T("detail.download")].decode() == text
    whole = visit(full="1")
    detail._reply(T, run, sample(response=text, persona="bushi"))
    assert whole.said("code") == [text]


def test_lone_surrogates_do_not_stop_a_download(visit, run):
    drawn = visit()
    detail._reply(T, run, sample(response="\ud800" + "あ" * 30_000, persona="bushi"))
    assert drawn.files[T("detail.download")].decode().startswith("?あ")


def test_characters_without_a_shape_are_marked_in_any_reply(visit, run):
    drawn = visit()
    detail._reply(T, run, sample(response="左\u202e右", persona="nobody"))
    assert any("[U+202E]" in text for text in drawn.said("html"))
    plain = visit()
    detail._reply(T, run, sample(response="左右", persona="nobody"))
    assert plain.said("html") == []


@pytest.mark.parametrize("expect", [None, "", "{}", "[1]", "{broken"])
def test_an_item_that_expects_nothing_readable_shows_nothing(visit, expect):
    drawn = visit()
    detail.expected(T, sample(prompt="問い", expect=expect))
    assert drawn.texts == []


def test_what_an_item_expects_is_shown_in_its_own_script(visit):
    drawn = visit()
    detail.expected(T, sample(prompt="問い", expect='{"fact": "紅茶"}'))
    assert "紅茶" in drawn.said("code")[0]


@pytest.mark.parametrize("history", [None, "[]", "{", '[{"role": 3}]'])
def test_no_dialogue_draws_nothing(visit, history):
    drawn = visit()
    detail.history(T, sample(history=history))
    assert drawn.texts == []


def test_a_button_goes_on_to_the_next_reply(visit, run, replies):
    drawn = visit(p="2")
    after = detail.Place(3, replies["key"].iloc[1])
    detail.draw(T, run, replies["key"].iloc[0], before=detail.Place(1, "x"), after=after)
    drawn.buttons["next_sample"]()
    assert (drawn.address["sample"], drawn.address["p"]) == ([after.key], ["3"])
    drawn.buttons["previous_sample"]()
    assert "p" not in drawn.address
