"""Folding and counting."""

from __future__ import annotations

import regex
from hypothesis import given
from hypothesis import strategies as st

from kikime.harness.metrics.text.fold import fold, fold_spans, graphemes, visible


@given(st.text())
def test_graphemes_are_extended_clusters(text: str) -> None:
    assert graphemes(text) == len(regex.findall(r"\X", text))


@given(st.text())
def test_each_folded_character_has_a_span_in_the_text(text: str) -> None:
    folded, spans = fold_spans(text)
    assert len(folded) == len(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text("ﾊﾟがバ㍍①！？．。…abc \r\n～"))
def test_spans_belong_to_the_same_folding(text: str) -> None:
    assert fold_spans(text)[0] == fold(text)


def test_a_decimal_point_stays() -> None:
    assert fold("３．５点です．") == "3.5点です。"


def test_zero_width_characters_are_invisible() -> None:
    assert visible("\u200b\ufeff　\n") == ""
