"""What a model thought before it spoke: how much, and whether it ever came out of it."""

from __future__ import annotations

from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import visible


def _length(reading: Reading) -> int | None:
    return len(visible(reading.thinking)) if reading.thinking else None


def _unfinished(reading: Reading) -> int | None:
    return None if reading.thinking is None else int(not visible(reading.response))


METRICS = (
    Metric(
        name="reasoning_chars",
        kind="int",
        low=0,
        group="length",
        ja="話す前の思考の文字数（思考した返答のみ）",
        en="characters of the thinking before the reply (replies that have some)",
        short_ja="思考の文字数",
        short_en="thinking characters",
        version="rules/6",
        function=_length,
    ),
    Metric(
        name="reasoning_unfinished",
        kind="binary",
        direction="lower",
        group="leak",
        ja="思考から出てこず、何も言わなかった（思考した返答のみ）",
        en="never came out of its thinking and said nothing (replies that have some)",
        short_ja="終わらない思考",
        short_en="unfinished thinking",
        version="rules/6",
        function=_unfinished,
    ),
)
