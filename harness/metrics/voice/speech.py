"""What of a reply is the character's own speech, which metrics of style read."""

from __future__ import annotations

from kikime.harness.metrics.leaks.ending import is_garbage, no_eos
from kikime.harness.metrics.length import ends_well
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.repeats.copying import is_copy
from kikime.harness.metrics.repeats.echo import is_echo
from kikime.harness.metrics.repeats.repetition import is_loop
from kikime.harness.metrics.text.fold import Span

NOT_SPEECH = (is_copy, is_echo, is_loop, is_garbage)
"""What makes a reply say nothing about its character's voice: it is taken from an example or the prompt, goes round, or is
a stray piece."""


def speech(reading: Reading) -> list[Span] | None:
    """The sentences of ``voiced`` that metrics of style read; None where the reply is not the character's own.

    The unfinished last sentence of a reply that was cut off is left out: nobody knows how it would have ended.
    """
    if any(reading.shared(is_so) for is_so in NOT_SPEECH):
        return None
    sentences = reading.voiced_sentences
    if sentences and no_eos(reading.finish_reason) and not ends_well(reading.voiced, sentences[-1]):
        return sentences[:-1]
    return sentences


METRICS = (
    Metric(
        name="speech",
        kind="binary",
        group="style",
        ja="口調を測れる、本人の言葉がある（例や質問の写し、堂々巡りでなく、言い終えた文がある）",
        en="there is speech of its own to measure the voice on: no copy, echo or loop, and a finished sentence",
        short_ja="口調を測れる返答",
        short_en="measurable speech",
        of_speech=True,
        version="rules/7",
        function=lambda reading: int(bool(reading.shared(speech))),
    ),
)
