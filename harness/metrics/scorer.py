"""All rule metrics of one reply."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kikime.harness.cards.persona import Persona
from kikime.harness.core.messages import Message
from kikime.harness.metrics import length
from kikime.harness.metrics.answers.expect import measure_expect
from kikime.harness.metrics.leaks.control import LeakPatterns, placeholders
from kikime.harness.metrics.leaks.identity import is_human, is_machine, self_as_machine
from kikime.harness.metrics.leaks.language import foreign_language
from kikime.harness.metrics.registry import CRITICAL
from kikime.harness.metrics.repeats import repetition
from kikime.harness.metrics.repeats.copying import cached_comparable, comparable, copies
from kikime.harness.metrics.text.fold import Span, fold, fold_spans, graphemes, newline_runs, visible
from kikime.harness.metrics.text.sentences import mask, split_sentences, unwrap
from kikime.harness.metrics.voice.markers import MarkerPatterns, is_eligible, strip_tail
from kikime.harness.metrics.voice.politeness import is_polite
from kikime.harness.metrics.voice.pooled import style_band_of
from kikime.harness.metrics.voice.pronouns import PronounCheck, spans_of
from kikime.harness.metrics.voice.taboo import ForbiddenTerms

Measured = dict[str, int | float | None]
"""Metric name → value; None means not applicable, never pass or fail."""

VERSION = "rules/4"
"""Version of the definitions; it changes whenever a value can change for the same reply."""

_NO_EXPECT: Mapping[str, Any] = {}
_ENDED = frozenset({"stop", "eos", "eos_token", "end_turn", "stop_sequence", "end"})


@dataclass(frozen=True, slots=True)
class _View:
    """A reply as the metrics read it: the folded whole, the character's own part, its sentences."""

    raw: str
    whole: str
    turns: list[Span]
    templates: list[Span]
    core: str
    """Folded text before the first leak; offsets are those of ``whole``."""
    begin: int
    """Start of the character's words in ``core`` (after ``Name「``)."""
    spoken: str
    """The character's words."""
    sentences: list[Span]
    """Sentences of ``spoken``."""
    tails: list[int]
    """Length of each sentence without its final marks."""


class Scorer:
    """Rule metrics of replies of one persona; everything of the card is compiled once.

    Args:
        persona: the character's card.
        role_markers: further names of speakers and sections whose appearance at the start of a line is a leak.
        control_strings: further strings that only templates write.

    >>> from kikime.harness.cards.persona import Length
    >>> scorer = Scorer(Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(5, 45), target=10)))
    >>> measured = scorer.score("薔薇が好きですわ", finish_reason="stop")
    >>> measured["length_chars"], measured["length_fit"], measured["critical_failure"], measured["marker_rate"]
    (8, 1, 0, None)
    """

    version = VERSION

    def __init__(
        self,
        persona: Persona,
        *,
        role_markers: Sequence[str] = (),
        control_strings: Sequence[str] = (),
    ) -> None:
        self.persona = persona
        self._names = _names(persona)
        self._markers = MarkerPatterns(persona)
        self._first = PronounCheck.first(persona.voice.first_person)
        self._second = PronounCheck.second(persona.voice.second_person)
        self._taboo = ForbiddenTerms(persona.voice.forbidden)
        self._leaks = LeakPatterns(
            role_markers, control_strings, own_names=self._names, user_names=(fold(persona.user_name),)
        )
        about = fold(f"{persona.profile}\n{persona.background}")
        self._is_machine = is_machine(about)
        self._is_human = is_human(about)
        self._card = "\n".join((persona.name, about, *(example.reply for example in persona.examples)))

    def score(
        self,
        response: str,
        *,
        user: str = "",
        history: Sequence[Message] = (),
        system: str = "",
        examples: Sequence[str] = (),
        finish_reason: str | None = None,
        expect: Mapping[str, Any] = _NO_EXPECT,
    ) -> Measured:
        """Measure one reply.

        Args:
            response: the reply as the engine gave it.
            user: the message that it answers.
            history: the dialogue before ``user``.
            system: the system prompt.
            examples: replies of the shots.
            finish_reason: ``stop``, ``length`` …; None when unknown.
            expect: what the item expects; see :func:`kikime.harness.metrics.answers.expect.check_expect`.

        Returns:
            Every metric of :data:`kikime.harness.metrics.registry.METRICS` that the reply's item can have; None = not applicable.
        """
        view = self._view(response)
        measured = self._length(view)
        measured |= self._voice(view)
        measured |= self._persona_words(view)
        measured |= self._leak(view, (user, system), finish_reason)
        measured |= _repeats(view, user, system, history, examples)
        measured["empty"] = int(not visible(response))
        measured["critical_failure"] = int(any(measured[name] for name in CRITICAL))
        if expect:
            measured |= measure_expect(
                view.core if view.turns or view.templates else view.whole, response, expect, user=user
            )
        return measured

    def explain(
        self, response: str, *, user: str = "", system: str = "", examples: Sequence[str] = ()
    ) -> dict[str, list[Span]]:
        """Spans of ``response`` that made a metric what it is, by metric; only metrics that have any.

        >>> from kikime.harness.cards.persona import Length
        >>> scorer = Scorer(Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(5, 45), target=10)))
        >>> scorer.explain("ﾊｲですわ</s>")
        {'missing_kuten': [(0, 5)], 'template_leak': [(5, 9)]}
        """
        folded, raw_spans = fold_spans(response)
        view = self._view(response, folded)
        spoken = self._spoken_spans(view)
        spans = {name: [(a + view.begin, b + view.begin) for a, b in found] for name, found in spoken.items()}
        spans |= self._leak_spans(view, (user, system))
        source = comparable(view.spoken)
        sources = {"fewshot_copy": examples, "prompt_echo": (user, system)}
        for name, texts in sources.items():
            if any(copies(source, comparable(text)) for text in texts):
                spans[name] = [(view.begin, view.begin + len(view.spoken))]
        return {
            name: [(raw_spans[a][0], raw_spans[b - 1][1]) for a, b in found if a < b <= len(raw_spans)]
            for name, found in sorted(spans.items())
            if found
        }

    def first_person(self, texts: Iterable[str]) -> dict[str, int]:
        """First-person pronouns of ``texts``, quotations aside, with their counts, most frequent first."""
        counts: Counter[str] = Counter()
        for text in texts:
            spoken = self._view(text).spoken
            counts.update(spoken[start:end] for start, end, _ in self._first.find(spoken))
        return dict(counts.most_common())

    def _view(self, response: str, folded: str | None = None) -> _View:
        whole = fold(response) if folded is None else folded
        turns, templates = self._leaks.turns(whole), self._leaks.templates(whole)
        core = whole[: min(start for start, _ in turns + templates)] if turns or templates else whole
        begin, end = unwrap(core, self._names)
        spoken = core[begin:end]
        sentences = split_sentences(spoken, language=self.persona.language)
        tails = [strip_tail(spoken[start:stop]) for start, stop in sentences]
        return _View(response, whole, turns, templates, core, begin, spoken, sentences, tails)

    def _length(self, view: _View) -> Measured:
        wanted = self.persona.length
        total = graphemes(visible(view.raw))
        own = graphemes(visible(view.core)) if view.turns or view.templates else total
        return {
            "length_chars": total,
            "length_fit": length.inside(own, wanted.chars),
            "length_closeness": length.length_closeness(own, wanted.target),
            "sentences": len(view.sentences),
            "sentence_fit": length.inside(len(view.sentences), wanted.sentences),
            "newlines": newline_runs(view.raw),
        }

    def _voice(self, view: _View) -> Measured:
        markers = self.persona.voice.markers
        eligible = marked = 0
        if self._markers.active:
            weak = self._markers.weak_allowed(view.spoken) if markers.weak else False
            for (start, end), tail in zip(view.sentences, view.tails, strict=True):
                sentence = view.spoken[start:end]
                found = self._markers.find(sentence, weak=weak, end=tail) is not None
                marked += found
                eligible += found or is_eligible(sentence)
        rate = marked / eligible if eligible else None
        return {
            "eligible_sentences": eligible,
            "marker_sentences": marked,
            "marker_rate": rate,
            "marker_spam": int(bool(self._markers.spam(view.spoken, view.sentences))),
            "style_band": style_band_of(marked, eligible, markers.target_rate, markers.tolerance),
        }

    def _persona_words(self, view: _View) -> Measured:
        masked = mask(view.spoken)
        first, second = self._first.find_masked(masked), self._second.find_masked(masked)
        polite = [is_polite(view.spoken[a : a + tail]) for (a, _), tail in zip(view.sentences, view.tails, strict=True)]
        judged = [value for value in polite if value is not None]
        return {
            "first_person_used": int(bool(first)),
            "first_person_ok": _all_good(first) if self._first.judges else None,
            "second_person_ok": _all_good(second) if self._second.judges else None,
            "forbidden_terms": len(self._taboo.find(view.core)),
            "polite_ratio": sum(judged) / len(judged) if judged else None,
            "missing_kuten": int(bool(length.unterminated(view.spoken, view.sentences))),
        }

    def _leak(self, view: _View, context: Sequence[str], finish_reason: str | None) -> Measured:
        return {
            "no_eos": int(finish_reason.casefold() not in _ENDED) if finish_reason else None,
            "turn_leak": int(bool(view.turns)),
            "template_leak": int(bool(view.templates)),
            "role_confusion": int(bool(self._confusion(view.whole))),
            "placeholder_leak": int(bool(placeholders(view.whole))),
            "language_leak": int(bool(self._foreign(view.whole, context))),
        }

    def _confusion(self, whole: str) -> list[Span]:
        machine = [] if self._is_machine else self_as_machine(whole, names=self._names, not_human=self._is_human)
        return machine + self._leaks.user_lines(whole)

    def _foreign(self, whole: str, context: Sequence[str]) -> list[Span]:
        return foreign_language(whole, language=self.persona.language, known=(*context, self._card))

    def _spoken_spans(self, view: _View) -> dict[str, list[Span]]:
        masked = mask(view.spoken)
        weak = self._markers.weak_allowed(view.spoken)
        tails = [(start, self._markers.find(view.spoken[start:end], weak=weak)) for start, end in view.sentences]
        offset = len(view.core[: view.begin])
        return {
            "marker_sentences": [(start + span[0], start + span[1]) for start, span in tails if span],
            "marker_spam": self._markers.spam(view.spoken, view.sentences),
            "first_person_ok": spans_of(self._first.find_masked(masked), in_character=False)
            if self._first.judges
            else [],
            "second_person_ok": spans_of(self._second.find_masked(masked), in_character=False)
            if self._second.judges
            else [],
            "forbidden_terms": [(a - offset, b - offset) for a, b in self._taboo.find(view.core)],
            "missing_kuten": length.unterminated(view.spoken, view.sentences),
        }

    def _leak_spans(self, view: _View, context: Sequence[str]) -> dict[str, list[Span]]:
        return {
            "turn_leak": view.turns,
            "template_leak": view.templates,
            "role_confusion": self._confusion(view.whole),
            "placeholder_leak": placeholders(view.whole),
            "language_leak": self._foreign(view.whole, context),
        }


def _names(persona: Persona) -> tuple[str, ...]:
    """The full name, its parts, and those pieces of it that a fact of the card gives as an answer."""
    full = fold(persona.name)
    answers = (fold(answer) for fact in persona.facts for answer in fact.answers)
    pieces = [answer for answer in answers if len(answer) > 1 and answer in full]
    return tuple(name for name in dict.fromkeys([full, *re.split(r"[\s・=]+", full), *pieces]) if name)


def _all_good(found: Sequence[tuple[int, int, bool]]) -> int | None:
    return int(all(good for _, _, good in found)) if found else None


def _repeats(view: _View, user: str, system: str, history: Sequence[Message], examples: Sequence[str]) -> Measured:
    copy = echo = None
    if examples or user or system:
        reply = comparable(view.core)
        copy = int(any(copies(reply, cached_comparable(text)) for text in examples)) if examples else None
        echo = (
            int(copies(reply, cached_comparable(user)) or copies(reply, cached_comparable(system)))
            if user or system
            else None
        )
    earlier = [fold(message["content"]) for message in history if message["role"] == "assistant"]
    return {
        "repetition": repetition.repetition(view.whole),
        "self_repetition": repetition.self_repetition(view.core, earlier) if earlier else None,
        "fewshot_copy": copy,
        "prompt_echo": echo,
    }
