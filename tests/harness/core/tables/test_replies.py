"""Every reply of the character, whatever a row looks like."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import assistant, user
from kikime.harness.core.tables import read_table
from kikime.harness.core.tables.replies import FileReply, replies_of, replies_of_row

Said = tuple[str, str]


def read(tmp_path: Path, rows: list[Any], **options: Any) -> list[FileReply]:
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return replies_of(read_table(path), **options)


def said(found: list[FileReply]) -> list[Said]:
    return [(each.user, each.reply) for each in found if each.problem is None]


def why(found: list[FileReply]) -> list[str]:
    return [str(each.problem) for each in found if each.problem is not None]


def turn(role: str, content: object, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


ONE = [("空は？", "青いですわ")]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "空は？", "completion": "青いですわ"},
        {"instruction": "空は？", "input": "", "output": "青いですわ"},
        {"instruction": "空は？", "input": None, "output": "青いですわ", "system": "s"},
        {"Question": "空は？", "Answer": "青いですわ", "score": float("nan")},
        {"messages": [turn("system", "s"), turn("user", "空は？"), turn("assistant", "青いですわ")]},
        {
            "messages": [
                turn("developer", "s"),
                turn("user", [{"type": "text", "text": "空は？"}, {"type": "image_url"}]),
                turn("assistant", [{"type": "text", "text": "青い"}, {"type": "text", "text": "ですわ"}]),
            ]
        },
        {
            "messages": [
                turn("user", "空は？"),
                turn("assistant", None, tool_calls=[{"id": "t"}]),
                turn("tool", "晴れ"),
                turn("assistant", "青いですわ"),
            ]
        },
        {"prompt": "空は？", "completion": "<think>\n俺は考える。\n</think>\n\n青いですわ"},
        {"messages": [turn("user", "空は？"), turn("assistant", "[THINK]色だ。[/THINK]青いですわ")]},
        {"conversations": [{"from": "human", "value": "空は？"}, {"from": "gpt", "value": "青いですわ"}]},
        {"conversations": [{"from": "prompter", "value": "空は？"}, {"from": "Bard", "value": "青いですわ"}]},
        {"conversations": {"from": ["human", "gpt"], "value": ["空は？", "青いですわ"]}},
        {"conversations": [{"human": "空は？", "assistant": "青いですわ"}]},
        {"conversation": ["空は？", "青いですわ"]},
        {"dialogue": [["空は？", "青いですわ"]]},
        {"messages": json.dumps([turn("user", "空は？"), turn("assistant", "青いですわ")])},
        {
            "contents": 1,
            "messages": [
                {"role": "user", "parts": [{"text": "空は？"}]},
                {"role": "model", "parts": [{"text": "青いですわ"}]},
            ],
        },
        {"prompt": [turn("user", "空は？")], "completion": [turn("assistant", "青いですわ")]},
        {"prompt": "空は？", "chosen": [turn("assistant", "青いですわ")], "rejected": [turn("assistant", "知らん")]},
        {"conversations": [{"from": "human", "value": "空は？"}], "chosen": {"from": "gpt", "value": "青いですわ"}},
        [turn("user", "空は？"), turn("assistant", "青いですわ")],
        {"dialogue": [{"speaker": "太郎", "text": "空は？"}, {"speaker": "紗良", "text": "青いですわ"}]},
    ],
)
def test_one_exchange_is_read_from_every_usual_shape(tmp_path: Path, row: Any) -> None:
    found = read(tmp_path, [row], own_names=["紗良"])
    assert (said(found), why(found)) == (ONE, [])


def test_instruction_and_input_are_one_line_of_the_user(tmp_path: Path) -> None:
    row = {"instruction": "お嬢様として答えて。", "input": "空は？", "output": "青いですわ"}
    assert said(read(tmp_path, [row])) == [("お嬢様として答えて。\n空は？", "青いですわ")]


def test_every_reply_of_a_dialogue_is_one_with_what_was_before(tmp_path: Path) -> None:
    first, second = read(
        tmp_path,
        [
            {
                "messages": [
                    turn(r, c) for r, c in (("user", "一"), ("assistant", "二"), ("user", "三"), ("assistant", "四"))
                ]
            }
        ],
    )
    assert (first.user, first.reply, first.history, first.turn) == ("一", "二", (), 1)
    assert (second.user, second.reply, second.history, second.turn) == ("三", "四", (user("一"), assistant("二")), 2)


def test_a_greeting_and_two_lines_in_a_row_are_replies_too(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [
            {
                "messages": [
                    turn("assistant", "ようこそ"),
                    turn("assistant", "お入りになって"),
                    turn("user", "一"),
                    turn("user", "二"),
                    turn("assistant", "三"),
                ]
            }
        ],
    )
    assert said(found) == [("", "ようこそ"), ("", "お入りになって"), ("一\n二", "三")]


def test_history_of_pairs_goes_before(tmp_path: Path) -> None:
    (found,) = [
        each
        for each in read(tmp_path, [{"instruction": "三", "input": "", "output": "四", "history": [["一", "二"]]}])
        if each.turn == 2
    ]
    assert found.history == (user("一"), assistant("二"))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"messages": [turn("user", "今何時？"), turn("assistant", None, tool_calls=[{}])]}, "a tool is called"),
        ({"messages": [turn("user", "やあ"), turn("assistant", None)]}, "turn 2: no text"),
        (
            {"messages": [turn("user", "やあ"), turn("narrator", "風が吹く"), turn("assistant", "ええ")]},
            "who is 'narrator'",
        ),
        ({"messages": [turn("user", "やあ")]}, "ends with the user's line"),
        ({"messages": []}, "no dialogue"),
        ({"messages": None}, "no dialogue"),
    ],
)
def test_a_row_without_a_reply_has_a_status_and_the_rest_goes_on(tmp_path: Path, row: Any, problem: str) -> None:
    good = {"messages": [turn("user", "空は？"), turn("assistant", "青いですわ")]}
    found = read(tmp_path, [good, row, good])
    assert said(found) == ONE * 2
    (bad,) = [each for each in found if each.problem]
    assert problem in str(bad.problem)
    assert (bad.row, bad.status) == (2, "unreadable")
    assert bad.where.endswith("d.jsonl:2")


@pytest.mark.parametrize("missing", [None, "", "nan", "N/A", float("nan"), []])
def test_a_missing_reply_is_none(tmp_path: Path, missing: object) -> None:
    found = read(
        tmp_path, [{"prompt": "空は？", "completion": "青いですわ"}, {"prompt": "海は？", "completion": missing}]
    )
    assert (said(found), why(found)) == (ONE, ["there is no text of a reply in it"])


def test_an_open_dialogue_keeps_its_replies(tmp_path: Path) -> None:
    found = read(
        tmp_path, [{"messages": [turn("user", "空は？"), turn("assistant", "青いですわ"), turn("user", "海は？")]}]
    )
    assert said(found) == ONE
    assert why(found) == ["it ends with the user's line, without a reply"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("元気ですか。,もちろんですわ。\n", [("元気ですか。", "もちろんですわ。")]),
        ("1,おはよう。,ごきげんよう。\n", [("おはよう。", "ごきげんよう。")]),
        ("ごきげんよう。\nさようなら。\n", [("", "ごきげんよう。"), ("", "さようなら。")]),
    ],
)
def test_columns_without_names_are_told_by_their_place(tmp_path: Path, content: str, expected: list[Said]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert said(replies_of(read_table(path))) == expected


def test_columns_are_named_by_the_caller_or_by_custom(tmp_path: Path) -> None:
    rows = [{"q": "空は？", "a": "青いですわ"}]
    assert said(read(tmp_path, rows, user="q", reply="a")) == ONE
    assert said(read(tmp_path, rows, reply="a", alone=True)) == [("", "青いですわ")]
    with pytest.raises(UsageError, match="--reply-column"):
        read(tmp_path, rows)
    with pytest.raises(UsageError, match="no column 'x'"):
        read(tmp_path, rows, user="x")


def test_a_chat_log_is_one_dialogue(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        [
            {"user_name": "私", "character_name": "紗良", "create_date": "2026"},
            {"name": "紗良", "is_user": False, "mes": "ようこそ"},
            {"name": "私", "is_user": True, "mes": "空は？"},
            {"name": "紗良", "is_user": False, "mes": "青いですわ"},
        ],
    )
    assert said(found) == [("", "ようこそ"), *ONE]
    assert (found[1].row, found[1].history) == (4, (assistant("ようこそ"),))


def test_a_table_of_utterances_is_read_dialogue_by_dialogue(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = [
            ("1", "太郎", "空は？"),
            ("1", "紗良", "青いですわ"),
            ("2", "太郎", "海は？"),
            ("2", "紗良", "広いですわ"),
        ]
        csv.writer(stream).writerows([("dialogue_id", "speaker", "utterance"), *rows])
    found = replies_of(read_table(path), own_names=["紗良"])
    assert said(found) == [*ONE, ("海は？", "広いですわ")]
    assert found[1].history == ()


def test_a_row_tells_its_columns_where_none_is_known() -> None:
    (found,) = replies_of_row({"x": 1, "y": 2}, 1, "a:1")
    assert "x, y" in str(found.problem)
