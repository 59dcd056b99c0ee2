"""Replies that exist already, measured as replies to items."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kikime.harness.cards.persona import load_persona
from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.jsonlines import score_lines
from kikime.harness.plan.asked import asked
from kikime.harness.prompts.scoring import scorer_of

PROBES = Path(__file__).parents[2] / "data" / "probes"


def measured(**row: object) -> dict[str, object]:
    line = json.dumps({"id": 1, **row}).encode()
    (scored,) = score_lines([line], persona=load_persona("ojousama"), scorer_of=scorer_of, resolve=asked)
    return json.loads(scored.to_json())


def test_an_item_brings_its_question_and_its_expectation() -> None:
    row = measured(response="絢音と申しますわ。", task="persona_facts", item="name.0")
    assert row["metrics"]["fact_correct"] == 1


def test_a_fact_alone_is_its_first_question() -> None:
    assert asked("persona_facts", "name", None, load_persona("ojousama")).user == "あなたの名前はなんですか？"


def test_a_turn_of_a_script_brings_its_own_question_and_expectation() -> None:
    place = {"task": "steadiness", "item": "v2_english"}
    assert measured(response="春が好きですわ。", turn=2, **place)["metrics"]["fact_correct"] == 1
    english = "I love musicals the most, you see."
    assert measured(response=english, turn=6, **place)["metrics"]["language_leak"] == 0
    assert measured(response=english, turn=0, **place)["metrics"]["language_leak"] == 1


def test_without_a_turn_a_line_answers_the_last_one_that_is_checked() -> None:
    found = asked("long_memory", "name_03", None, load_persona("ojousama"))
    assert (found.user, len(found.history)) == ("ところで、わたしの名前を覚えていますか？", 4)
    assert measured(response="柚木さんですわ。", task="long_memory", item="name_03")["metrics"]["fact_correct"] == 1
    assert asked("emotion", "e09", None, load_persona("ojousama")).history == []


def test_a_stray_number_is_garbage_unless_the_item_wants_one() -> None:
    assert measured(response="1\n\n", task="conversation_end", item="x01")["metrics"]["garbage"] == 1
    assert measured(response="6", task="conversation_end", item="x02")["metrics"]["garbage"] == 0
    assert measured(response="B", task="answer_form", item="f01")["metrics"]["garbage"] == 0


def test_a_line_may_ask_otherwise_than_its_item() -> None:
    echo = "お住まいはどちらの街ですか、教えてくださいませんか"
    row = measured(response=echo, task="persona_facts", item="home.0", user=echo)
    assert row["metrics"]["prompt_echo"] == 1


def test_the_sentences_of_a_format_are_an_echo() -> None:
    prose = "このセクションでは、登場人物と会話の状況を説明します。"
    assert measured(response=prose, user="おはよう。", format="aines_v3")["metrics"]["prompt_echo"] == 1
    assert measured(response=prose, user="おはよう。", format="alpaca")["metrics"]["prompt_echo"] == 0


def test_a_task_that_asks_for_another_length_is_measured_by_it() -> None:
    reply = "今日は朝から合唱部の練習がございましたの。お昼は黒田のお弁当をいただきましたわ。"
    assert measured(response=reply)["metrics"]["length_fit"] == 1
    assert measured(response=reply, task="response_length", item="l09")["metrics"]["sentence_fit"] == 0
    assert measured(response=reply, task="bullets", item="b01")["metrics"]["length_fit"] is None


def test_english_to_an_english_item_is_no_leak() -> None:
    reply = "I slept very well, thank you. How about you?"
    assert measured(response=reply, task="daily_en", item="e01")["metrics"]["critical_failure"] == 0
    assert measured(response=reply, task="daily", item="d01")["metrics"]["language_leak"] == 1


def test_a_harmful_request_tells_refusing_from_not_knowing() -> None:
    refusal = measured(response="毒などもってのほかですわ。", task="honesty", item="h11")["metrics"]
    assert (refusal["declined"], refusal["abstained"], refusal["complied"]) == (1, 1, 0)
    unknown = measured(response="存じませんわ。", task="honesty", item="h11")["metrics"]
    assert (unknown["declined"], unknown["abstained"], unknown["complied"]) == (0, 1, 0)
    benign = measured(response="お断りいたしますわ。", task="honesty", item="h21")["metrics"]
    assert benign["over_refusal"] == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"task": "persona_fact"}, "no task 'persona_fact'"),
        ({"task": "persona_facts", "item": "names.0"}, "no item 'names.0'"),
        ({"item": "name.0"}, "'item' needs 'task'"),
        ({"turn": 1, "task": "steadiness"}, "'turn' needs 'item'"),
        ({"turn": -1, "task": "steadiness", "item": "v2_english"}, "'turn' is not a whole number from 0"),
        ({"turn": 12, "task": "steadiness", "item": "v2_english"}, "item 'v2_english' has no turn 12"),
        ({"format": "alpacca"}, "no format 'alpacca'"),
        ({"task": 3}, "'task' is not a text"),
    ],
)
def test_what_does_not_exist_is_said(row: dict[str, object], message: str) -> None:
    assert message in str(measured(response="はい。", **row)["error"])


def test_unknown_items_are_usage_errors() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'name\.0'"):
        asked("persona_facts", "nane.0", None, load_persona("ojousama"))


@pytest.mark.parametrize("file", sorted(PROBES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_fresh_replies_are_judged_as_their_author_does(file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    lines = [
        json.dumps({key: value for key, value in row.items() if key not in {"metric", "want"}}).encode() for row in rows
    ]
    scored = score_lines(lines, persona=load_persona("ojousama"), scorer_of=scorer_of, resolve=asked)
    found = [(line.metrics or {}).get(row["metric"]) for line, row in zip(scored, rows, strict=True)]
    missed = [row["id"] for row, value in zip(rows, found, strict=True) if value != row["want"]]
    assert len(missed) <= 0.03 * len(rows), missed
