"""Dialogues in the shapes that training data has."""

from __future__ import annotations

import json

import pytest

from kikime.harness.core.messages import assistant, system, user
from kikime.harness.core.tables.turns import CALL, Turn, is_dialogue, messages, speaker_of, text_of, turns_of

WANTED = [Turn("user", "空は？"), Turn("assistant", "青いですわ")]


@pytest.mark.parametrize(
    "value",
    [
        [system("s"), user("空は？"), assistant("青いですわ")],
        [{"from": "human", "value": "空は？"}, {"from": "gpt", "value": "青いですわ"}],
        [["空は？", "青いですわ"]],
        ["空は？", "青いですわ"],
        [{"human": "空は？", "assistant": "青いですわ"}],
        {"role": ["user", "assistant"], "content": ["空は？", "青いですわ"]},
        [{"is_user": True, "mes": "空は？"}, {"is_user": False, "name": "絢音", "mes": "青いですわ"}],
    ],
    ids=["openai", "sharegpt", "pairs", "texts", "exchange", "columns", "chat log"],
)
def test_every_usual_shape_is_read_as_a_value_and_as_json(value):
    assert turns_of(value) == (WANTED, None)
    assert turns_of(json.dumps(value, ensure_ascii=False)) == (WANTED, None)
    assert is_dialogue(value)


@pytest.mark.parametrize("value", ["空は青い", None, 7, {}, [], [1, 2], float("nan")])
def test_other_cells_are_no_dialogues(value):
    assert not is_dialogue(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("空は青い", "no dialogue in it"),
        ([user("空は？"), 7], "turn 2 is no message"),
        ([{"content": "空は？"}], "turn 1 does not say who speaks"),
        ([user("空は？"), {"role": "絢音", "content": "はい"}], "turn 2: who is '絢音'?"),
    ],
)
def test_what_keeps_a_value_from_being_a_dialogue_is_said_with_the_place(value, problem):
    assert turns_of(value)[1] == problem


def test_the_character_may_speak_under_its_name_and_whoever_else_speaks_is_the_user():
    talk = [{"speaker": "旅人", "text": "空は？"}, {"speaker": "絢音", "text": "青いですわ"}]
    assert turns_of(talk, ["絢音"]) == (WANTED, None)
    assert turns_of(talk, ["茜"])[1] == "turn 1: who is '旅人'?"


def test_the_only_other_speaker_talks_to_the_character():
    talk = [system("s"), {"from": "旅人", "value": "空は？"}, {"from": "gpt", "value": "青いですわ"}]
    assert turns_of(talk) == (WANTED, None)
    assert turns_of([{"from": "語り手", "value": "朝。"}, *talk])[1] == "turn 1: who is '語り手'?"


def test_who_answers_a_user_under_an_unknown_name_may_be_another_character():
    assert turns_of([user("空は？"), {"role": "茜", "content": "青だよ"}], ["絢音"])[1] == "turn 2: who is '茜'?"


def test_lines_of_the_user_in_a_row_are_one():
    assert turns_of([user("空は"), user("何色？"), assistant("青")])[0] == [
        Turn("user", "空は\n何色？"),
        Turn("assistant", "青"),
    ]


def test_calls_of_tools_count_only_where_no_reply_follows():
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "t"}]}
    assert turns_of([user("空は？"), call, assistant("青いですわ")])[0] == WANTED
    assert turns_of([user("空は？"), call])[0] == [WANTED[0], CALL]


def test_a_reply_without_text_stays_with_its_problem():
    [_, empty] = turns_of([user("空は？"), {"role": "assistant", "content": None}])[0]
    assert (empty.text, empty.problem) == ("", "turn 2: no text")


def test_thinking_is_not_said():
    [turn] = turns_of([assistant("<think>うーん</think>青いですわ")])[0]
    assert turn.said == "青いですわ"
    assert messages([Turn("user", "空は？"), turn, Turn("assistant", "")]) == (user("空は？"), assistant("青いですわ"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("やあ", "やあ"),
        ({"text": "やあ"}, "やあ"),
        ([{"text": "や"}, "あ"], "やあ"),
        ({"image": 1}, None),
        ([], None),
        (3, None),
    ],
)
def test_the_text_of_a_cell_or_content(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("entry", "speaker"),
    [
        ({"is_user": False, "is_system": True}, "system"),
        ({"name": "絢音", "text": "はい"}, "絢音"),
        ({"role": None, "content": "はい"}, None),
    ],
)
def test_who_speaks(entry, speaker):
    assert speaker_of(entry) == speaker
