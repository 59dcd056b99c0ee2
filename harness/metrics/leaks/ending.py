"""How a reply ended: by itself, cut off, stopped by a string, or before it began.

What stopped it (``stop_by_string``) and where its reasoning ends (``reasoning_leak``) only the run knows.
"""

from __future__ import annotations

from kikime.harness.metrics.metric import RULES, Metric
from kikime.harness.metrics.text.fold import visible

_ENDED = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", "end"})


def no_eos(finish_reason: str | None) -> int | None:
    """Whether a reply did not end by itself; None where nobody knows.

    >>> no_eos("length"), no_eos("stop"), no_eos(None)
    (1, 0, None)
    """
    return int(finish_reason.casefold() not in _ENDED) if finish_reason else None


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
        critical=True,
        version=RULES,
        function=lambda reading: int(not visible(reading.response)),
    ),
    Metric(
        name="reasoning_leak",
        kind="binary",
        direction="lower",
        group="leak",
        ja="推論と返事を分けられなかった",
        en="reasoning and reply cannot be told apart",
        version=RULES,
        function=None,
    ),
)
