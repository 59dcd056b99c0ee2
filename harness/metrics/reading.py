"""A reply as the metrics read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TypedDict, TypeVar, cast

from kikime.harness.cards.persona import Length, Persona
from kikime.harness.core.messages import Message
from kikime.harness.metrics.text.boundaries import Boundaries
from kikime.harness.metrics.text.fold import Span, fold
from kikime.harness.metrics.text.narration import narration, voiced
from kikime.harness.metrics.text.sentences import mask, split_sentences, unwrap

T = TypeVar("T")

_HEADING = re.compile(
    r"^[ \t]*(?:【[^】\n]{2,20}】|\[[^\]\n]{4,30}\](?=[ \t]*$)|#{2,6}[ \t]*[^#\n]{2,30}$)", re.MULTILINE
)

NOTHING: Mapping[str, object] = {}


class Expectation(TypedDict, total=False):
    """What metrics read of an item's expectation; see :func:`kikime.harness.metrics.answers.expect.check_expect`."""

    answers: Sequence[str]
    wrong: Sequence[str]
    readings: Sequence[str]
    lure: Sequence[str]
    corrections: Sequence[str]
    disliked: bool
    final: bool
    units: Sequence[str]
    of: str
    abstain: bool
    length: Mapping[str, object] | str
    language: str
    request: str
    mentions: Sequence[str]
    constraints: Sequence[Mapping[str, object]]


class Card:
    """A persona's card with what metrics compile of it, once for all its replies."""

    def __init__(
        self,
        persona: Persona,
        role_markers: Sequence[str] = (),
        control_strings: Sequence[str] = (),
        prose: Sequence[str] = (),
    ) -> None:
        self.persona = persona
        self.names = own_names(persona)
        """The character's names, folded: the full one, its parts, and those that a fact gives as an answer."""
        self.boundaries = Boundaries(
            role_markers,
            control_strings,
            tuple(prose),
            own_names=self.names,
            user_names=(fold(persona.user_name),),
            scenes=persona.voice.narration == "wanted",
        )
        self._compiled: dict[Callable[[Persona], object], object] = {}

    def compiled(self, make: Callable[[Persona], T]) -> T:
        """``make(persona)``, made once per card: patterns, word lists."""
        found = self._compiled.get(make)
        if found is None:
            found = self._compiled[make] = make(self.persona)
        return cast("T", found)


class Reading:
    """One reply with all that a metric may look at; what several metrics need is worked out once.

    >>> from kikime.harness.cards.persona import Length
    >>> card = Card(Persona(id="o", name="絢音", profile="高校生", length=Length(chars=(5, 45), target=10)))
    >>> reading = Reading(card, "絢音「ごきげんよう。薔薇が好きですわ」</s>")
    >>> reading.spoken, reading.sentences
    ('ごきげんよう。薔薇が好きですわ', [(0, 7), (7, 15)])
    """

    def __init__(
        self,
        card: Card,
        response: str,
        *,
        user: str = "",
        history: Sequence[Message] = (),
        system: str = "",
        examples: Sequence[str] = (),
        finish_reason: str | None = None,
        expect: Mapping[str, object] = NOTHING,
        prose: Sequence[str] = (),
        thinking: str | None = None,
        folded: str | None = None,
    ) -> None:
        self.card = card
        self.response = response
        """The reply as the engine gave it, without its thinking."""
        self.thinking = thinking
        """What the model thought before it; empty where a server keeps that to itself, None where it did not."""
        self.user = user
        """The message that it answers."""
        self.history = history
        """The dialogue before ``user``."""
        self.system = system
        """The system prompt."""
        self.examples = examples
        """Replies of the shots."""
        self.finish_reason = finish_reason
        """``stop``, ``length`` …; None when unknown."""
        self.expect = cast("Expectation", expect)
        """What the item expects."""
        self.prose = prose
        """What the prompt format itself says, sentence by sentence."""
        self.whole = fold(response) if folded is None else folded
        """The reply, folded (NFKC, one kind of line end)."""
        self.turns = card.boundaries.turns(self.whole)
        """Spans of ``whole`` that begin another turn."""
        controls = card.boundaries.templates(self.whole)
        self.uttered = _before(self.whole, self.turns + controls)
        """``whole`` before another turn or a control string: what the model says, whosever words it takes."""
        self.templates = sorted(controls + card.boundaries.recited(self.whole, (*prose, *headings(system))))
        """Spans of ``whole`` that are control strings, or sentences and headings of the template and the system prompt."""
        self.core = _before(self.whole, self.turns + self.templates)
        """``whole`` before the first leak: what the character says, and offsets are those of ``whole``."""
        self.begin, end = unwrap(self.core, card.names)
        self.spoken = self.core[self.begin : end]
        """The character's words: ``core`` without ``Name「…」``; it starts at ``begin``."""
        self._shared: dict[Callable[[Reading], object], object] = {}

    @property
    def persona(self) -> Persona:
        """The card of the character that replies."""
        return self.card.persona

    @cached_property
    def wanted_length(self) -> Length | None:
        """The length that the prompt asks for: the instruction's, else the card's; None where the form is free."""
        asked = self.expect.get("length")
        if asked is None:
            return self.persona.length
        return None if isinstance(asked, str) else Length.model_validate(asked)

    @cached_property
    def sentences(self) -> list[Span]:
        """Sentences of ``spoken``."""
        return split_sentences(self.spoken, language=self.persona.language)

    @cached_property
    def told(self) -> list[Span]:
        """Stage directions and narration in ``spoken``."""
        return narration(self.spoken)

    @cached_property
    def voiced(self) -> str:
        """``spoken`` without stage directions and narration, which style is measured on; offsets are those of ``spoken``."""
        return voiced(self.spoken, self.told) if self.told else self.spoken

    @cached_property
    def voiced_sentences(self) -> list[Span]:
        """Sentences of ``voiced``."""
        return split_sentences(self.voiced, language=self.persona.language) if self.told else self.sentences

    @cached_property
    def masked(self) -> str:
        """``voiced`` with quotations and URLs replaced by as many 〓."""
        return mask(self.voiced)

    def shared(self, work_out: Callable[[Reading], T]) -> T:
        """``work_out(self)``, worked out once per reply."""
        if work_out in self._shared:
            return cast("T", self._shared[work_out])
        found = self._shared[work_out] = work_out(self)
        return found

    def in_whole(self, spans: Sequence[Span]) -> list[Span]:
        """Spans of ``spoken`` as spans of ``whole``."""
        return [(start + self.begin, end + self.begin) for start, end in spans]


def _before(text: str, leaks: Sequence[Span]) -> str:
    return text[: min(start for start, _ in leaks)] if leaks else text


@lru_cache(maxsize=512)
def headings(system: str) -> tuple[str, ...]:
    r"""The bracketed headings of a system prompt, each alone on its line or before its text.

    >>> headings("あなたは絢音です。\n【口調】\nお嬢様言葉。\n## 設定\n高校生。")
    ('【口調】', '## 設定')
    """
    return tuple(dict.fromkeys(match[0].strip() for match in _HEADING.finditer(system)))


def own_names(persona: Persona) -> tuple[str, ...]:
    """The full name, its parts, and those pieces of it that a fact of the card or the first person gives."""
    full = fold(persona.name)
    answers = [fold(answer) for fact in persona.facts for answer in fact.answers]
    answers += map(fold, persona.voice.first_person.allowed)
    pieces = [answer for answer in answers if len(answer) > 1 and answer in full]
    return tuple(name for name in dict.fromkeys([full, *re.split(r"[\s・=]+", full), *pieces]) if name)
