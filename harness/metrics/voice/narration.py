"""Stage directions and narration: how much of a reply is told and not said."""

from __future__ import annotations

from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.text.fold import Span, graphemes, visible


def _share(reading: Reading) -> float:
    told = reading.told
    if not told:
        return 0.0
    length = graphemes(visible(reading.spoken))
    return (
        min(1.0, sum(graphemes(visible(reading.spoken[start:end])) for start, end in told) / length) if length else 0.0
    )


def _as_wanted(reading: Reading) -> int | None:
    wanted = reading.persona.voice.narration
    return None if wanted is None else int(bool(reading.told) == (wanted == "wanted"))


def _told(reading: Reading) -> list[Span]:
    return reading.in_whole(reading.told)


METRICS = (
    Metric(
        name="narration_share",
        kind="rate",
        low=0,
        high=1,
        group="style",
        ja="ト書きと地の文（＊…＊、（…）、【…】、「…」の外）が返答に占める割合",
        en="share of the reply that is stage directions and narration (*…*, (…), […], around 「…」)",
        short_ja="地の文の割合",
        of_speech=True,
        version="rules/8",
        function=_share,
        spans=_told,
    ),
    Metric(
        name="narration_ok",
        pooled=True,
        kind="binary",
        direction="higher",
        group="style",
        ja="ト書きや地の文の有無がカードの望むとおり",
        en="stage directions and narration are there, or not, as the card wants",
        short_ja="地の文の適合",
        short_en="narration as wanted",
        of_speech=True,
        version="rules/8",
        function=_as_wanted,
    ),
)
