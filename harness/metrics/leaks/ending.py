"""How a reply ended: by itself, cut off, stopped by a string, or before it began.

What stopped it (``stop_by_string``) and where its reasoning ends (``reasoning_leak``) only the run knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kikime.harness.metrics.metric import RULES, Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import fold, visible

LONGEST_PIECE = 8
"""Longer replies are no stray pieces."""


_NUMBER = re.compile(r"[\d.,:/%\-]+")
_FRAGMENT = re.compile(r"(?:で|ま)?すか|です|(?:で|ま)した|ません|か{2,}|でしょうか?|(?:ます|です)よ|、+|[をがへ]")
_WORDLESS = re.compile(r"[\[\](){}<>*#\-_=+|/\\\"'`^&$@;:,]+")
_ASKS_FOR_ONE = re.compile(
    r"\d|[何幾]|いく|いつ|どれ|どちら|番号|数[をはで]|記号|文字|選|計算|答え|足[しす]|引[いく]|掛け|割[っりる]|順番|[A-Za-zＡ-Ｚ]|[一二三四五六七八九十]"
)
"""What in a message may be answered by a number or a letter."""
_ENDED = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", "end"})


def no_eos(finish_reason: str | None) -> int | None:
    """Whether a reply did not end by itself; None where nobody knows.

    >>> no_eos("length"), no_eos("stop"), no_eos(None)
    (1, 0, None)
    """
    return int(finish_reason.casefold() not in _ENDED) if finish_reason else None


def stray_piece(reply: str, user: str) -> bool:
    r"""Whether a reply is a stray piece that answers nothing: a number nobody asked for, a torn-off ending, brackets.

    Args:
        reply: folded text.
        user: the message; without it nobody knows what was asked for, and numbers and letters pass.

    >>> [stray_piece(reply, "おはよう。よく眠れた？") for reply in ("1\n\n", "すか。", "はい。", "うん")]
    [True, True, False, False]
    >>> stray_piece("2", "猫は何匹いますか？"), stray_piece("ます。", "ひと月ぶりのしりとり。りす。"), stray_piece("……", "ねえ。")
    (False, False, False)
    """
    bare = visible(reply).rstrip("。.、 \n")
    if not bare or len(bare) > LONGEST_PIECE:
        return False
    if _FRAGMENT.fullmatch(bare) or _WORDLESS.fullmatch(bare):
        return True
    stray = _NUMBER.fullmatch(bare) or (len(bare) == 1 and bare.isascii() and bare.isalnum())
    return bool(stray and user and not _ASKS_FOR_ONE.search(fold(user)))


def is_garbage(reading: Reading) -> bool:
    """Whether the reply is a stray piece; where the question or what is expected asks for a number or a letter, that is none."""
    if "answers" in reading.expect:
        return stray_piece(reading.whole, "")
    return stray_piece(reading.whole, " ".join([reading.user, *_wanted_words(reading.expect)]))


def _wanted_words(expect: Mapping[str, Any]) -> list[str]:
    """What constraints would have the reply say."""
    return [
        str(word) for wanted in expect.get("constraints", ()) for word in wanted.get("words", wanted.get("choices", ()))
    ]


METRICS = (
    Metric(
        name="no_eos",
        pooled=True,
        kind="binary",
        direction="lower",
        group="leak",
        ja="返答が終わらず打ち切られた",
        en="the reply did not end by itself",
        short_ja="打ち切り",
        short_en="cut off",
        critical=True,
        version=RULES,
        function=lambda reading: no_eos(reading.finish_reason),
    ),
    Metric(
        name="stop_by_string",
        kind="binary",
        direction="lower",
        group="leak",
        ja="自力で終わらず停止文字列で止められた",
        en="only a stop string of the format ended it",
        short_ja="停止文字列での終わり",
        short_en="ended by stop string",
        version=RULES,
        function=None,
    ),
    Metric(
        name="empty",
        kind="binary",
        direction="lower",
        group="leak",
        ja="返答が空",
        en="the reply is empty",
        short_ja="空の返答",
        short_en="empty reply",
        critical=True,
        version=RULES,
        function=lambda reading: int(not visible(reading.response)),
    ),
    Metric(
        name="garbage",
        kind="binary",
        direction="lower",
        group="leak",
        ja="意味をなさない切れ端だけの返答",
        en="the reply is a stray piece that answers nothing",
        short_ja="切れ端だけの返答",
        short_en="stray piece",
        version="rules/7",
        function=lambda reading: int(is_garbage(reading)),
        spans=lambda reading: [(0, len(reading.whole))] if is_garbage(reading) else [],
    ),
    Metric(
        name="reasoning_leak",
        kind="binary",
        direction="lower",
        group="leak",
        ja="推論と返事を分けられなかった",
        en="reasoning and reply cannot be told apart",
        short_en="thinking mixed in",
        version=RULES,
        function=None,
    ),
)
