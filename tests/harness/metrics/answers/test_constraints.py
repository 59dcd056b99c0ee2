"""Verifiable form constraints."""

from __future__ import annotations

from typing import Any

import pytest

from kikime.harness.core.errors import UsageError
from kikime.harness.metrics.answers.constraints import (
    check_constraint,
    constraint_kinds,
    loose_variants,
    measure_constraints,
    verify,
)


@pytest.mark.parametrize(
    ("constraint", "kept", "broken"),
    [
        ({"kind": "bullets", "n": 3}, "・薔薇\n・百合\n・菫", "・薔薇\n・百合"),
        ({"kind": "bullets", "n": 2}, "1. 薔薇\n2. 百合", "1.5倍ですわ"),
        ({"kind": "bullets", "min": 2}, "- a\n- b\n- c", "- a"),
        ({"kind": "letter_only"}, " B\n", "Bですわ"),
        ({"kind": "letter_only"}, "Ｃ", "E"),
        ({"kind": "letter_only", "choices": ["はい", "いいえ"]}, "はい", "はいですわ"),
        ({"kind": "chars", "n": 4}, "薔薇です", "薔薇です。"),
        ({"kind": "chars", "max": 5}, "薔薇です", "薔薇が好きです"),
        ({"kind": "chars", "min": 5}, "薔薇が好きです", "薔薇"),
        ({"kind": "chars", "n": 10, "tolerance": 2}, "薔薇が大好きですわ", "薔薇"),
        ({"kind": "sentences", "n": 2}, "はい。薔薇です。", "はい。"),
        ({"kind": "lines", "n": 2}, "一行\n\n二行", "一行"),
        ({"kind": "no_kuten"}, "薔薇です", "薔薇です。"),
        ({"kind": "no_touten"}, "薔薇です", "はい､薔薇です"),
        ({"kind": "no_kanji"}, "ばらです", "薔薇です"),
        ({"kind": "no_hiragana"}, "薔薇", "薔薇です"),
        ({"kind": "no_katakana"}, "薔薇です", "ﾊﾞﾗです"),
        ({"kind": "no_latin"}, "薔薇です", "ＯＫです"),
        ({"kind": "no_digits"}, "薔薇です", "3本です"),
        ({"kind": "no_newline"}, "薔薇です", "薔薇\nです"),
        ({"kind": "only_hiragana"}, "ばらーです！", "バラです"),
        ({"kind": "only_katakana"}, "バラー！", "ばら"),
        ({"kind": "starts_with", "text": "はい"}, "はい、薔薇です", "ええ、はい"),
        ({"kind": "starts_with", "text": "はい"}, "「はい、薔薇です」", "いいえ"),
        ({"kind": "ends_with", "text": "ですわ"}, "薔薇ですわ。", "薔薇ですの"),
        ({"kind": "each_ends_with", "text": "ぽに"}, "雲が見えるぽに。風も強いぽに！", "雲が見えます。風も強いぽに。"),
        (
            {"kind": "each_ends_with", "text": "ぽに"},
            "雲が見えるぽに〜♪\n風も強いぽに",
            "雲が見えるぽに。\n風も強いです。",
        ),
        ({"kind": "each_ends_with", "text": "ぽに"}, "まあ！ 雲が見えるぽに。", "まあ！"),
        (
            {"kind": "each_ends_with", "text": "ぽに"},
            "「雲が見えるぽに。風も強いぽに。」",
            "「雲が見えるぽに。風も強い。」",
        ),
        ({"kind": "each_ends_with", "text": "ぽに"}, "「晴れだ。」と父が言ったぽに。", "ぽにと父が言った。"),
        ({"kind": "each_ends_with", "text": "！"}, "早く走れ！ 前へ進め！", "早く走れ。前へ進め！"),
        ({"kind": "required", "words": ["薔薇", "百合"]}, "薔薇と百合", "薔薇"),
        ({"kind": "required", "words": ["薔薇"], "times": 2}, "薔薇、薔薇", "薔薇"),
        ({"kind": "forbidden", "words": ["薔薇"]}, "百合", "薔薇"),
        ({"kind": "json"}, '{"name": "絢音"}', "名前は絢音"),
        ({"kind": "json"}, "[1]", "1"),
        ({"kind": "quoted"}, "「薔薇」", "薔薇"),
        ({"kind": "taigendome"}, "赤い薔薇。", "薔薇ですわ。"),
        ({"kind": "taigendome"}, "楽しみは紅茶", "薔薇を見る"),
        ({"kind": "taigendome", "where": "last"}, "薔薇です。紅茶。", "紅茶。薔薇です。"),
    ],
)
def test_verifier(constraint: dict[str, Any], kept: str, broken: str) -> None:
    check_constraint(constraint)
    assert verify(kept, constraint)
    assert not verify(broken, constraint)


@pytest.mark.parametrize("kind", constraint_kinds())
def test_an_empty_reply_keeps_no_constraint(kind: str) -> None:
    parameters = {"n": 0, "text": "あ", "words": ["あ"], "choices": "A"}
    assert measure_constraints(" \n", [{"kind": kind, **parameters}])["constraint_ok_loose"] == 0


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ({"kind": "bullet", "n": 3}, "unknown constraint 'bullet'"),
        ({"n": 3}, "'kind'"),
        ("bullets", "'kind'"),
        ({"kind": "bullets"}, "needs either n or min/max"),
        ({"kind": "bullets", "n": 1, "max": 2}, "needs either n or min/max"),
        ({"kind": "bullets", "n": "3"}, "whole number"),
        ({"kind": "bullets", "n": True}, "whole number"),
        ({"kind": "bullets", "n": -1}, "'n' is a whole number ≥ 0, not -1"),
        ({"kind": "bullets", "min": None, "max": 2}, "'min' is a whole number ≥ 0, not None"),
        ({"kind": "required", "words": ["薔薇", ""]}, "needs words"),
        ({"kind": "chars", "min": 5, "max": 2}, "min is larger"),
        ({"kind": "chars", "max": 5, "tolerance": 1}, "tolerance"),
        ({"kind": "no_kuten", "n": 3}, "no parameter 'n'"),
        ({"kind": "starts_with"}, "needs a text"),
        ({"kind": "required", "words": "薔薇"}, "needs words"),
        ({"kind": "required", "words": ["薔薇"], "times": 0}, "times"),
        ({"kind": "taigendome", "where": "first"}, "where"),
        ({"kind": "letter_only", "choices": 3}, "choices"),
    ],
)
def test_wrong_constraint_is_a_usage_error(constraint: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_constraint(constraint)


def test_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(UsageError) as caught:
        check_constraint({"kind": "x"})
    assert "taigendome" in str(caught.value)


def test_loose_forgives_a_preamble() -> None:
    constraints = [{"kind": "letter_only"}]
    assert measure_constraints("お答えしますわ\nB", constraints) == {"constraint_ok": 0, "constraint_ok_loose": 1}


def test_all_constraints_must_hold() -> None:
    constraints = [{"kind": "no_kanji"}, {"kind": "no_katakana"}]
    assert measure_constraints("ばら", constraints)["constraint_ok"] == 1
    assert measure_constraints("バラ", constraints)["constraint_ok"] == 0


def test_loose_variants_of_one_line_hold_nothing_but_it() -> None:
    assert set(loose_variants("**B**")) == {"**B**", "B", ""}
