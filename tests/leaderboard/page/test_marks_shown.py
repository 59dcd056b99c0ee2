"""Marks and differences of single texts."""

import re
from html import unescape

import pytest

from kikime.leaderboard.page import marks
from kikime.leaderboard.page.marks import diff_html, has_invisible, marked_html, visible


def numbered(shown):
    """The marked pieces of a text with the numbers of their metrics."""
    body = shown.split("</div>")[0]
    found = re.findall(r"<mark[^>]*>(.*?)<sup>(.*?)</sup></mark>", body)
    return [(unescape(text), numbers) for text, numbers in found]


def legend(shown):
    return [(number, name.strip()) for number, name in re.findall(r"<mark[^>]*>(\d+)</mark> ([^<]*)", shown)]


def test_spans_that_overlap_share_a_mark_where_they_do():
    shown = marked_html("あいうえお", {"a": [(0, 3)], "b": [(2, 5)]}, {})
    assert numbered(shown) == [("あい", "1"), ("う", "1·2"), ("えお", "2")]


def test_spans_that_touch_are_two_marks():
    assert numbered(marked_html("あいうえ", {"a": [(0, 2), (2, 4)]}, {})) == [("あい", "1"), ("うえ", "1")]


def test_a_legend_names_only_the_metrics_that_marked_something():
    shown = marked_html("あい", {"a": [(0, 1)], "b": [], "c": [(1, 2)]}, {"a": "漏れ", "c": "<反復>"})
    assert legend(shown) == [("1", "漏れ"), ("2", "&lt;反復&gt;")]


def test_a_metric_without_a_label_goes_by_its_name():
    assert legend(marked_html("あ", {"turn_leak": [(0, 1)]}, {})) == [("1", "turn_leak")]


@pytest.mark.parametrize("span", [(-3, 1), (0, 1), (0, 0), (1, 1), (5, 9), (1, 0)])
def test_spans_outside_of_the_text_do_not_lose_a_character(span):
    shown = marked_html("あい", {"a": [span]}, {})
    body = re.sub(r"<sup>.*?</sup>|<[^>]*>", "", shown.split("</div>")[0])
    assert body == "あい"


def test_a_text_without_marks_has_no_legend():
    assert legend(marked_html("あい", {}, {})) == []
    assert "<mark" not in marked_html("", {"a": []}, {"a": "x"})


def test_more_metrics_than_colours_begin_again():
    spans = {str(n): [(n, n + 1)] for n in range(7)}
    colours = re.findall(r'<mark style="background:(#\w+)', marked_html("あいうえおかき", spans, {}).split("</div>")[0])
    assert colours[0] == colours[6]
    assert len(set(colours)) == 6


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\ufeff", "\t", "\r", "\x00", "\u2028", "\ue000", "\ud800"])
def test_what_has_no_shape_is_named(character):
    assert f"[U+{ord(character):04X}]" in visible(character)
    assert has_invisible(f"あ{character}")


@pytest.mark.parametrize("text", ["", "\n", "あ", "\u3000", "\u00a0", "が", "か\u3099", "\U0001f600", "<&>"])
def test_what_has_a_shape_is_shown(text):
    assert not has_invisible(text)
    assert unescape(visible(text)) == text


def changed(tag, shown):
    return "".join(re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", shown))


def test_only_what_differs_is_struck_out_or_underlined():
    left, right = diff_html("今日は晴れです", "今日は雨です")
    assert changed("del", left) == "晴れ"
    assert changed("ins", right) == "雨"
    assert "<ins" not in left
    assert "<del" not in right


def test_equal_texts_have_nothing_marked():
    for part in diff_html("同じ", "同じ"):
        assert "<del" not in part
        assert "<ins" not in part


def test_against_nothing_everything_differs():
    left, right = diff_html("", "全部")
    assert changed("ins", right) == "全部"
    assert "<del" not in left


def test_very_long_texts_are_shown_without_a_difference():
    left, right = diff_html("あ" * (marks._DIFF_LIMIT + 1), "い")
    assert "<del" not in left
    assert "<ins" not in right
    assert left.count("あ") == marks._DIFF_LIMIT + 1


def test_a_difference_in_an_invisible_character_can_be_seen():
    _, right = diff_html("ab", "a\u200bb")
    assert "[U+200B]" in changed("ins", right)
