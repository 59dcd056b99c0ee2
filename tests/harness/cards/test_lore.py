"""Which entries of a lorebook a conversation calls."""

from __future__ import annotations

import pytest

from kikime.harness.cards.lore import called, lore_text
from kikime.harness.cards.persona import LoreEntry

LIGHT = LoreEntry(keys=("灯台",), content="灯台はトキが守る。")
TOKI = LoreEntry(keys=("トキ",), content="トキは海図を集めている。")
MAPS = LoreEntry(keys=("海図",), content="海図は鉄の箱にある。")
CROWN = LoreEntry(keys=("王",), secondary_keys=("冠", "crown"), content="冠は隣国に売られた。")
ALWAYS = LoreEntry(constant=True, content="この村に鐘はない。")


def test_an_entry_is_called_by_any_of_its_keys() -> None:
    entry = LoreEntry(keys=("鐘", "鐘楼"), content="五時に鳴る。")
    assert called([entry], ["鐘楼はどこ？"]) == ["五時に鳴る。"]
    assert called([entry], ["橋はどこ？"]) == []


def test_an_earlier_line_calls_too() -> None:
    assert called([TOKI], ["トキさんを知っている？", "はい。", "何をする人？"]) == [TOKI.content]


def test_a_called_entry_calls_further_ones() -> None:
    assert called([MAPS, TOKI, LIGHT], ["灯台に行きたい。"]) == [MAPS.content, TOKI.content, LIGHT.content]


@pytest.mark.parametrize(
    ("line", "found"), [("王の冠は？", 1), ("王の Ｃｒｏｗｎ は？", 1), ("王の剣は？", 0), ("冠は？", 0)]
)
def test_one_of_the_secondary_keys_is_needed_where_there_are_any(line: str, found: int) -> None:
    assert len(called([CROWN], [line])) == found


def test_a_constant_entry_is_always_there() -> None:
    assert called([TOKI, ALWAYS], []) == [ALWAYS.content]


def test_the_text_begins_in_the_language_of_the_card() -> None:
    assert lore_text([ALWAYS], [], language="ja") == "次の資料に従ってください。\nこの村に鐘はない。"
    assert lore_text([ALWAYS], [], language="en") == "Go by this lore:\nこの村に鐘はない。"
    assert lore_text([TOKI], ["橋"], language="ja") == ""
