"""Views of a reply: folded for matching, raw for counting."""

from __future__ import annotations

import pytest

from kikime.harness.metrics.text.fold import fold, fold_spans, graphemes, newline_runs, visible


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＵＳＥＲ：", "USER:"),
        ("ﾊﾞｲｵﾘﾝ", "バイオリン"),
        ("か\u3099", "が"),
        ("一\r\n二\r三\u2028四", "一\n二\n三\n四"),
        ("です．", "です。"),
        ("３．５倍", "3.5倍"),
        ("Ｎｏ．Ａ", "No.A"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_what_is_read_alike_is_folded_alike(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["㍍だ", "ﾊﾞｲｵﾘﾝ", "か\u3099き", "です．\r\nはい", "👨‍👩‍👧です"])
def test_each_folded_character_knows_where_it_comes_from(text):
    folded, spans = fold_spans(text)
    assert folded == fold(text)
    assert len(spans) == len(folded)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    assert spans[-1][1] == len(text)


@pytest.mark.parametrize("text", ["\ufeff はい\u200b\n", "\u3000はい\u3164", "\xa0\t\x85はい\u00ad"])
def test_what_nobody_sees_is_taken_off_both_ends(text):
    assert visible(text) == "はい"


def test_joiners_at_the_ends_belong_to_what_is_seen():
    assert visible("👨\u200d👩") == "👨\u200d👩"


@pytest.mark.parametrize(
    ("text", "n"), [("", 0), ("がんばる", 4), ("か\u3099", 1), ("👨‍👩‍👧", 1), ("🇯🇵🇯🇵", 2), ("a\r\nb", 3)]
)
def test_characters_are_counted_as_they_are_seen(text, n):
    assert graphemes(text) == n


@pytest.mark.parametrize(("text", "n"), [("一行", 0), ("一\n二", 1), ("一\n\n \n二", 1), ("\n一\r\n二\n三\n", 2)])
def test_blank_lines_make_one_break(text, n):
    assert newline_runs(text) == n
