"""Polite (です・ます) and plain sentence endings."""

from __future__ import annotations

import re

from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.voice.markers import sentence_ends
from kikime.harness.metrics.voice.speech import speech

_PARTICLES = (
    r"(?:かしら|けれども|けれど|けど|ですから|ので|のに|もの|こと|って|[わよねなのかがしさぞぜっ]|から|に|て|も|と)*"
)
_POLITE = re.compile(
    r"(?:です|でした|でしょう|ます|ました|ません(?:でした)?|ましょう|まして|ませ|まし|ください|下さい|なさい|ですって|"
    rf"ごめんあそばせ|あそばせ|はべり){_PARTICLES}\Z"
)
_PLAIN = re.compile(
    r"(?:だ|だった|だろ|だろう|である|じゃ|じゃん|や|やん|やろ|[うくぐすつぬぶむる]|[いっしんたれげねえせけめちりきぎびみに]た|[んい]だ|"
    rf"[たなしかきくさすただばまむやよるれろわ]い|[ろよ]う|しろ|[てで]くれ|ねえ|ねぇ|ぬ|ん){_PARTICLES}\Z"
)
_NOT_PREDICATE = re.compile(
    r"(?:ありがとう|おはよう|おめでとう|ごきげんよう|さようなら|そう|どう|こう|もう|よう|はい|ええ|いいえ|だい|せかい|うん|ごめん|"
    r"さん|くん|ちゃん|みたい|くらい|ぐらい|[A-Za-z])[ねよなの]*\Z"
)


def is_polite(tail: str) -> bool | None:
    """Whether a sentence, without its final marks, ends politely; None when it has no predicate at its end.

    >>> [is_polite(s) for s in ("素敵ですわね", "行ってまいりましたの", "帰るわ", "知らないよ", "薔薇", "はい")]
    [True, True, False, False, None, None]
    """
    window = tail[-32:]
    if _POLITE.search(window):
        return True
    if _NOT_PREDICATE.search(window):
        return None
    return False if _PLAIN.search(window) else None


def _polite_ratio(reading: Reading) -> float | None:
    ends = zip(reading.shared(speech) or (), reading.shared(sentence_ends), strict=True)
    polite = [is_polite(reading.voiced[start : start + end]) for (start, _), end in ends]
    judged = [value for value in polite if value is not None]
    return sum(judged) / len(judged) if judged else None


METRICS = (
    Metric(
        name="polite_ratio",
        pooled=True,
        kind="rate",
        low=0,
        high=1,
        group="style",
        ja="丁寧体の文の割合",
        en="share of polite (です・ます) sentences",
        short_ja="丁寧体の割合",
        short_en="polite sentences",
        of_speech=True,
        version="rules/7",
        function=_polite_ratio,
    ),
)
