"""The persona card: who the character is and how it speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import regex
from pydantic import (
    AfterValidator,
    Field,
    field_validator,
    model_serializer,
    model_validator,
)

from kikime.harness.cards.sniffing import foreign_card, is_foreign
from kikime.harness.core.errors import FileFormatError
from kikime.harness.core.files import data_path
from kikime.harness.core.files.yamlfile import GrownModel, StrictModel, load_yaml, problem_at, second_of_two
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts

USER_NAME = "ユーザー"
"""What the other person is called where a card names nobody."""


def _compiles(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except regex.error as error:
        msg = Phrase("'{pattern}' is not a valid regular expression: {reason}", pattern=pattern, reason=error)
        raise ValueError(msg) from None
    return pattern


def _plain_name(name: str) -> str:
    if not name.strip() or any(c in name for c in "<>\n\r"):
        msg = Phrase("a name is one line, not empty, without < or >")
        raise ValueError(msg)
    return name


Pattern = Annotated[str, AfterValidator(_compiles)]
Name = Annotated[str, AfterValidator(_plain_name)]
NonEmpty = Annotated[str, Field(min_length=1)]


class Pronouns(StrictModel):
    """Pronouns that the character uses, and those that break character."""

    allowed: tuple[NonEmpty, ...] = ()
    forbidden: tuple[NonEmpty, ...] = ()

    @model_validator(mode="after")
    def _not_both(self) -> Pronouns:
        both = next((word for word in self.allowed if word in self.forbidden), None)
        if both is not None:
            msg = Phrase("'{value}' is both allowed and forbidden", value=both)
            raise ValueError(msg)
        return self


class Markers(StrictModel):
    """Sentence endings that carry the voice; patterns match at the tail of an NFKC sentence."""

    strong: tuple[Pattern, ...] = ()
    weak: tuple[Pattern, ...] = ()
    target_rate: float | None = Field(default=None, ge=0, le=1)
    tolerance: float = Field(default=0.30, gt=0, le=1)

    @model_validator(mode="after")
    def _rate_needs_patterns(self) -> Markers:
        for pattern in (*self.strong, *self.weak):
            if regex.fullmatch(pattern, ""):
                msg = Phrase("'{pattern}' matches nothing at all, so every sentence would carry it", pattern=pattern)
                raise ValueError(msg)
        if self.strong and self.target_rate is None:
            msg = Phrase("markers.strong needs a target_rate, measured on the character's own lines")
            raise ValueError(msg)
        return self


class Voice(GrownModel):
    """口調: pronouns, markers, politeness, taboo words."""

    LATER = frozenset({"narration"})

    first_person: Pronouns = Pronouns()
    second_person: Pronouns = Pronouns()
    markers: Markers = Markers()
    polite: bool | None = None
    forbidden: tuple[NonEmpty, ...] = ()
    sheet: str = ""
    """The voice in the character author's words, one or two Japanese sentences; goes into prompts and to the judge."""
    narration: Literal["wanted", "unwanted"] | None = None
    """Whether replies shall carry stage directions or narration (＊…＊, （…）, around 「…」); None: as they like.

    The prompt says it, and ``narration_ok`` measures it."""


def _ordered(bounds: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= bounds[0] <= bounds[1]:
        msg = Phrase("a range is [low, high] with 0 ≤ low ≤ high")
        raise ValueError(msg)
    return bounds


Range = Annotated[tuple[int, int], AfterValidator(_ordered)]


class Length(StrictModel):
    """The wanted reply length."""

    chars: Range
    target: Annotated[int, Field(gt=0)]
    sentences: Range = (1, 2)
    newlines: Annotated[int, Field(ge=0)] = 0


class Probes(StrictModel):
    """Replies by hand that hold the verifier of an item to account."""

    right: tuple[NonEmpty, ...] = ()
    """Replies that do what the item asks for, in several voices."""
    wrong: tuple[NonEmpty, ...] = ()
    """Replies that do not."""
    told: str = ""
    """What the character had said before, where the item asks for that again."""


class Fact(GrownModel):
    """One fact of the profile as a question with accepted and known-wrong answers."""

    LATER = frozenset({"readings", "lure", "corrections", "disliked"})

    id: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")]
    question: NonEmpty
    paraphrases: tuple[NonEmpty, ...] = ()
    answers: Annotated[tuple[NonEmpty, ...], Field(min_length=1)]
    """Texts of which one must be said; whatever the card makes true belongs here."""
    readings: tuple[NonEmpty, ...] = ()
    """Answers in kana, which count as whole words only."""
    wrong: tuple[NonEmpty, ...] = ()
    """Answers that one might give instead."""
    lure: tuple[NonEmpty, ...] = ()
    """Words of the false premise that a paraphrase asks with; denying it is right too."""
    corrections: tuple[NonEmpty, ...] = ()
    """Texts that put that premise right by themselves."""
    disliked: bool = False
    """Whether the question asks for what the character dislikes, fears or cannot do."""
    probes: Probes = Field(default=Probes(), exclude=True)
    """Replies that the verifier must tell apart; they are no part of what a run asks or stores."""


class Question(StrictModel):
    """A question that has no answer in the card; a card may give the question alone."""

    question: NonEmpty
    probes: Probes = Field(default=Probes(), exclude=True)
    """Replies that do not answer it, and replies that make an answer up."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"question": value} if isinstance(value, str) else value

    @model_serializer
    def _as_text(self) -> str:
        return self.question


class Example(StrictModel):
    """One of the character's own exchanges: few-shot material and judge anchor."""

    user: NonEmpty
    reply: NonEmpty


class LoreEntry(StrictModel):
    """A piece of the character's world that enters a prompt when one of its keys is mentioned."""

    keys: tuple[NonEmpty, ...] = ()
    """Words that call it; any of them."""
    content: NonEmpty
    secondary_keys: tuple[NonEmpty, ...] = ()
    """Where there are any, one of them must be mentioned too."""
    constant: bool = False
    """Whether it is always in the prompt."""

    @model_validator(mode="after")
    def _can_be_called(self) -> LoreEntry:
        if not self.keys and not self.constant:
            msg = Phrase("an entry without keys is never called; give keys, or constant: true")
            raise ValueError(msg)
        return self


class Persona(GrownModel):
    """A character card."""

    LATER = frozenset({"greetings", "lorebook"})

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    name: Name
    version: Annotated[int, Field(ge=1)] = 1
    language: Literal["ja", "en", "ja-en"] = "ja"
    user_name: Name = USER_NAME
    """What the interlocutor is called where a format names both speakers."""
    profile: NonEmpty
    background: str = ""
    voice: Voice = Voice()
    length: Length
    facts: tuple[Fact, ...] = ()
    unanswerable: tuple[Question, ...] = ()
    """What the character cannot know or would not tell."""
    examples: tuple[Example, ...] = ()
    greetings: tuple[NonEmpty, ...] = ()
    """What the character says first, unasked: the first message and its alternatives."""
    lorebook: tuple[LoreEntry, ...] = ()

    @field_validator("profile", "background")
    @classmethod
    def _stripped(cls, text: str) -> str:
        return text.strip()

    def __hash__(self) -> int:
        """Cheap, for caches by persona; cards that share it are told apart by comparison."""
        return hash((self.id, self.version, self.name))

    @model_validator(mode="after")
    def _unique_facts(self) -> Persona:
        again = second_of_two([fact.id for fact in self.facts])
        if again is not None:
            raise problem_at(["facts", again, "id"], "duplicate fact id '{fact}'", fact=self.facts[again].id)
        return self


def load_persona_file(path: Path) -> Persona:
    """Load one card file.

    Raises:
        FileFormatError: the card is wrong; with file and line.
        UsageError: it is a card of another program.
    """
    try:
        return load_yaml(path, Persona)
    except FileFormatError:
        if not is_foreign(path):
            raise
    raise foreign_card(path)


PERSONAS = Parts(
    Phrase("persona"),
    Persona,
    lambda: {path.stem: path for path in sorted(data_path("personas").glob("*.yaml"))},
    load=load_persona_file,
)
"""The character cards: bundled, of installed packages, or files."""


def persona_ids() -> list[str]:
    """Ids of the bundled personas and of those that installed packages bring, sorted."""
    return PERSONAS.ids()


def load_persona(reference: str | Path) -> Persona:
    """Load a persona by its id, or a card by its YAML path.

    Raises:
        FileFormatError: the card is wrong (file and line are named).
        UsageError: neither a known id nor a file.
    """
    name = str(reference)
    if name not in PERSONAS.ids() and (PERSONAS.is_path(name) or Path(name).is_file()):
        return load_persona_file(Path(name))
    return PERSONAS.find(name)
