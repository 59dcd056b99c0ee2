"""Echo: the reply says the user's message, the system prompt or the format's own prose over again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from kikime.harness.metrics.leaks.ending import no_eos
from kikime.harness.metrics.metric import Metric
from kikime.harness.metrics.reading import Reading
from kikime.harness.metrics.repeats.copying import MIN_SHARED, all_spoken, copies, of_folded
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.sentences import is_formula, split_sentences

SHARE = 0.6
"""Share of a sentence that must be the source's, and share of the reply that such sentences must cover."""

_LONG = 8192
_WHAT = re.compile(
    r"(?:何(?![かも])|誰(?![かも])|どこ(?![かも])|いつ(?![かも])|どれ(?![かも])|どう(?!も)|なぜ|いくつ(?![かも]))"
)
"""What makes the same words no answer even without a mark."""
_ASKS = re.compile(r"\?[!?。♪\s」』]*\Z")


class Sentence(NamedTuple):
    """A sentence as echoes are looked for."""

    words: str
    """Without white space and marks."""
    asks: bool
    """Whether it has a question mark."""

    def answered_by(self, said: Sentence) -> bool:
        """Whether the mark alone makes this a question, so that the same words without it are an answer."""
        return self.asks and not said.asks and not (self.words.endswith("か") or _WHAT.search(self.words))


def sentences_of(text: str) -> tuple[Sentence, ...]:
    """The sentences of a prompt or a message.

    >>> sentences_of("おはよう。よく眠れた？")
    (Sentence(words='おはよう', asks=False), Sentence(words='よく眠れた', asks=True))
    """
    return _remembered(text) if len(text) < _LONG else _found(text)


def _found(text: str) -> tuple[Sentence, ...]:
    folded = fold(text)
    return _sentences(folded, split_sentences(folded))


_remembered = lru_cache(maxsize=512)(_found)


def _long_sentences(text: str) -> tuple[Sentence, ...]:
    """Those of a prompt that can be echoed."""
    return tuple(sentence for sentence in _found(text) if len(sentence.words) >= MIN_SHARED)


_remembered_long = lru_cache(maxsize=512)(_long_sentences)


def _sources_in(text: str) -> tuple[Sentence, ...]:
    return _remembered_long(text) if len(text) < _LONG else _long_sentences(text)


def _sentences(folded: str, spans: Iterable[Span]) -> tuple[Sentence, ...]:
    pieces = [folded[start:end] for start, end in spans]
    return tuple(Sentence(of_folded(piece), "?" in piece and _ASKS.search(piece[-12:]) is not None) for piece in pieces)


def echoes(said: Sentence, sources: Iterable[Sentence]) -> bool:
    """Whether a sentence is mostly one of a prompt and goes on to its end: an answer that takes the question up is none.

    >>> prompt = sentences_of("定休日は月曜日ですね。明日は開いていますか？")
    >>> [echoes(sentences_of(text)[0], prompt) for text in ("あの、明日は開いていますか？", "はい、明日は開いています。")]
    [True, False]
    """
    words = said.words
    needed = max(MIN_SHARED, math.ceil(SHARE * len(words)))
    if len(words) < needed:
        return False
    for one in sources:
        if one.words[-needed:] in words and len(one.words) >= needed and not one.answered_by(said):
            return not is_formula(words)
    return False


def parrots(reply: Sequence[Sentence], message: str) -> bool:
    """Whether a whole reply, however short, is the user's message or its end; greetings are given back, not parroted.

    >>> parrots(sentences_of("星がよく見えるね"), "今夜は星がよく見えるね。"), parrots(sentences_of("よく眠れた。"), "よく眠れた？")
    (True, False)
    """
    heard = sentences_of(message)
    said = "".join(sentence.words for sentence in reply)
    if len(said) < 2 or not heard or heard[-1].answered_by(reply[-1]):
        return False
    return "".join(sentence.words for sentence in heard).endswith(said) and not is_formula(said)


def _own_sentences(reading: Reading) -> tuple[Sentence, ...]:
    if reading.uttered == reading.core:
        return _sentences(reading.spoken, reading.sentences)
    return _sentences(reading.uttered, split_sentences(reading.uttered))


def is_echo(reading: Reading) -> bool:
    """Whether 60 % of the reply, sentence by sentence, is the prompt's; repeating one passage of it is an echo too."""
    said = reading.shared(_own_sentences)
    total = sum(len(sentence.words) for sentence in said)
    if not total:
        return False
    if reading.user and parrots(said, reading.user):
        return True
    sources = [source for text in _prompt(reading) for source in _sources_in(text)]
    taken = {one for one in set(said) if echoes(one, sources)}
    echoed = sum(len(one.words) for one in said if one in taken)
    if no_eos(reading.finish_reason) and said[-1] not in taken:
        echoed += _cut_off(said[-1], sources)
    return echoed >= SHARE * total


def _cut_off(last: Sentence, sources: Iterable[Sentence]) -> int:
    """Characters of a last sentence that was cut off while it said a sentence of the prompt."""
    return len(last.words) if any(copies(last.words, source.words, SHARE) for source in sources) else 0


def _prompt(reading: Reading) -> tuple[str, ...]:
    return (reading.user, reading.system, *reading.prose)


def _prompt_echo(reading: Reading) -> int | None:
    return int(reading.shared(is_echo)) if any(_prompt(reading)) else None


METRICS = (
    Metric(
        name="prompt_echo",
        kind="binary",
        direction="lower",
        group="repetition",
        ja="質問や指示のオウム返し",
        en="the prompt was echoed",
        short_ja="オウム返し",
        short_en="echo of the prompt",
        version="rules/7",
        function=_prompt_echo,
        spans=lambda reading: [all_spoken(reading)] if reading.shared(is_echo) else [],
    ),
)
