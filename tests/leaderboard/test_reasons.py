import pytest

from kikime.harness.words.catalogue import Translator
from kikime.judges.jobs.sentinel import _compare
from kikime.leaderboard.page.reasons import translated

JA, EN = Translator("ja"), Translator("en")


@pytest.mark.parametrize(
    "text",
    [
        "the runs do not have the same cells: 0 replies only in <b>8月</b>, 2016 only in {9月}",
        "the runs share no cell",
        "sampling differs: temperature is 0.0 in a and 0.7 in b",
        "the rule metrics differ: 3 and 4",
        "task talk: another version (1 and 2) (content hashes differ)",
        "persona bushi: only in 8月",
        "the judges or rubrics differ: a (x) and b (y)",
        "other cells: suite quick",
        "not judged by gpt",
        "cells are missing",
    ],
)
def test_reasons_are_japanese_on_a_japanese_page(text):
    assert translated(JA, text) != text
    assert not any(word in translated(JA, text) for word in ("only in", "differ", "cells", "judged"))
    assert translated(EN, text) == text


def test_several_reasons_are_each_translated():
    text = "task talk: another version (content hashes differ); persona bushi: only in 8月"
    assert translated(JA, text) == "タスク talk の版が違います; キャラクター bushi は 8月 だけにあります"


def test_the_warning_of_the_sentinel_set_is_translated():
    first = {"utc": "2026-11-01T00:00:00+00:00", "scores": {str(n): 1 + n % 3 for n in range(240)}}
    report = _compare("j", "cot", "2026-11-22T00:00:00+00:00", {str(n): 4 + n % 3 for n in range(240)}, first)
    assert report.warning
    assert translated(JA, report.warning).startswith("ジャッジ j の採点が 2026-11-01T00:00:00+00:00 から変わりました。")


def test_what_is_not_known_stays():
    assert translated(JA, "not readable: KeyError('x')") == "not readable: KeyError('x')"
