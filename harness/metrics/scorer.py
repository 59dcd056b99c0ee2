"""All rule metrics of one reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kikime.harness.cards.persona import Persona
from kikime.harness.core.messages import Message
from kikime.harness.core.thinking import split_thinking
from kikime.harness.metrics.metric import Measured, Metric
from kikime.harness.metrics.reading import NOTHING, Card, Reading
from kikime.harness.metrics.registry import CRITICAL, CRITICAL_FAILURE, METRICS
from kikime.harness.metrics.text.fold import Span, fold_spans
from kikime.harness.metrics.voice.pronouns import PronounCheck

_MEASURED = [metric for metric in METRICS.values() if metric.function is not None]
_ALWAYS = [(metric.name, metric.function) for metric in _MEASURED if metric.function and not metric.needs]
_IF_EXPECTED = [metric for metric in _MEASURED if metric.needs]
_EXPLAINED = sorted((metric for metric in _MEASURED if metric.spans), key=lambda metric: metric.name)


class Scorer:
    """Rule metrics of replies of one persona; everything of the card is compiled once.

    Args:
        persona: the character's card.
        role_markers: names of speakers and sections whose appearance at the start of a line is a leak: those of every
            format; :func:`kikime.harness.prompts.scoring.scorer_of` gives them.
        control_strings: strings that only templates write, likewise.
        prose: sentences and headings that only templates write, likewise.

    >>> from kikime.harness.cards.persona import Length
    >>> card = Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(5, 45), target=10))
    >>> measured = Scorer(card, role_markers=["USER:"], control_strings=["</s>"]).score("薔薇が好きですわ", finish_reason="stop")
    >>> measured["length_chars"], measured["length_fit"], measured["critical_failure"], measured["marker_rate"]
    (8, 1, 0, None)
    """

    def __init__(
        self,
        persona: Persona,
        *,
        role_markers: Sequence[str],
        control_strings: Sequence[str],
        prose: Sequence[str] = (),
    ) -> None:
        self.persona = persona
        self._card = Card(persona, role_markers, control_strings, prose)

    def score(
        self,
        response: str,
        *,
        user: str = "",
        history: Sequence[Message] = (),
        system: str = "",
        examples: Sequence[str] = (),
        finish_reason: str | None = None,
        expect: Mapping[str, object] = NOTHING,
        prose: Sequence[str] = (),
        own: Iterable[Metric] = (),
        thinking: str | None = None,
    ) -> Measured:
        """Measure one reply.

        Args:
            response: the reply as the engine gave it; thinking in the usual tags is not measured as speech.
            user: the message that it answers.
            history: the dialogue before ``user``.
            system: the system prompt.
            examples: replies of the shots.
            finish_reason: ``stop``, ``length`` …; None when unknown.
            expect: what the item expects; see :func:`kikime.harness.metrics.answers.expect.check_expect`.
            prose: what the prompt format itself says, sentence by sentence.
            own: metrics of the item's task that are not bundled.
            thinking: what the model thought, where that is known apart; empty where nobody tells what.

        Returns:
            Every bundled metric that the reply's item can have, and ``own``; None = not applicable.

        Raises:
            UsageError: a metric of ``own`` failed.
        """
        said = split_thinking(response)
        reading = Reading(
            self._card,
            said.speech,
            user=user,
            history=history,
            system=system,
            examples=examples,
            finish_reason=finish_reason,
            expect=expect,
            prose=prose,
            thinking=said.thinking if thinking is None else thinking,
        )
        measured: Measured = {name: function(reading) for name, function in _ALWAYS}
        measured[CRITICAL_FAILURE.name] = int(any(measured[name] for name in CRITICAL))
        if expect:
            measured |= {m.name: m.function(reading) for m in _IF_EXPECTED if m.function and _is_asked(m, expect)}
        for metric in own:
            if not metric.needs or _is_asked(metric, expect):
                measured[metric.name] = metric.measure(reading)
        return measured

    def explain(
        self, response: str, *, user: str = "", system: str = "", examples: Sequence[str] = ()
    ) -> dict[str, list[Span]]:
        """Spans of ``response`` that made a metric what it is, by metric; only metrics that have any.

        >>> from kikime.harness.cards.persona import Length
        >>> card = Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(5, 45), target=10))
        >>> Scorer(card, role_markers=["USER:"], control_strings=["</s>"]).explain("ﾊｲですわ</s>")
        {'missing_kuten': [(0, 5)], 'template_leak': [(5, 9)]}
        """
        folded, raw = fold_spans(response)
        reading = Reading(self._card, response, user=user, system=system, examples=examples, folded=folded)
        explained = {}
        for metric in _EXPLAINED:
            found = metric.spans(reading) if metric.spans else []
            if found:
                explained[metric.name] = [(raw[a][0], raw[b - 1][1]) for a, b in found if a < b <= len(raw)]
        return explained

    def first_person(self, texts: Iterable[str]) -> dict[str, int]:
        """First-person pronouns of ``texts``, quotations aside, with their counts, most frequent first."""
        check = PronounCheck.first(self.persona.voice.first_person)
        counts: Counter[str] = Counter()
        for text in texts:
            spoken = Reading(self._card, text).voiced
            counts.update(spoken[start:end] for start, end, _ in check.find(spoken))
        return dict(counts.most_common())


def _is_asked(metric: Metric, expect: Mapping[str, object]) -> bool:
    return any(expect.get(key) for key in metric.needs)
