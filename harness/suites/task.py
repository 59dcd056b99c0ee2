"""Task banks: versioned YAML files of items that measure one thing each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from kikime.harness.cards.lore import lore_text
from kikime.harness.cards.persona import Fact, Length, LoreEntry, Persona, Probes
from kikime.harness.core.errors import UsageError
from kikime.harness.core.files import data_path
from kikime.harness.core.files.yamlfile import GrownModel, StrictModel, load_yaml, problem_at, second_of_two
from kikime.harness.core.hashing import digest
from kikime.harness.core.names import did_you_mean
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.registry import Parts
from kikime.harness.core.request import Expect
from kikime.harness.metrics import METRICS, Measured, check_expect
from kikime.harness.metrics.answers.again import said_before
from kikime.harness.metrics.belonging import meant

TurnNumber = Annotated[int, Field(ge=1)]
ItemId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]


class Turn(StrictModel):
    """One earlier turn of the dialogue."""

    role: Literal["user", "assistant"]
    content: Annotated[str, Field(min_length=1)]


class Partner(StrictModel):
    """The user's card of a scene: whom a user model plays. The character's prompt holds nothing of it."""

    who: Annotated[str, Field(min_length=1)]
    """Name, age, standing, and how the two know each other."""
    wants: Annotated[str, Field(min_length=1)]
    """What this person wants of the talk, and what they know and will tell."""
    speaks: Annotated[str, Field(min_length=1)]
    """How this person speaks."""


class Calls(StrictModel):
    """Whom the character speaks to or about, in an item on forms of address."""

    who: Literal["user", "stranger", "senior", "elder", "child", "animal"]
    names: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Names by which this one may be called, without a title."""


class Item(GrownModel):
    """One test case: the dialogue so far, the user turn, what is expected."""

    LATER = frozenset(
        {"about", "english", "expects", "scene", "partner", "ends", "lorebook", "recalls", "keeps", "calls"}
    )

    id: ItemId
    user: Annotated[str, Field(min_length=1)]
    history: tuple[Turn, ...] = ()
    personas: tuple[str, ...] = ()
    """Only for these personas; empty: for all."""
    script: tuple[str, ...] = ()
    """Further user turns of a scripted dialogue; each is asked after the model's own reply to the one before."""
    pressure: tuple[TurnNumber, ...] = ()
    """Turns of a script, from 1, that push the character out of role."""
    asks: dict[TurnNumber, str] = {}
    """Turns of a script, from 1, that ask for a fact of the card, by its id; a card without it is not checked there."""
    contexts: dict[str, str] = {}
    """Given facts by kind, e.g. ``relevant``, ``irrelevant``, ``conflicting``; the condition chooses one."""
    instruction: str = ""
    """An extra sentence of the system prompt, for this item only."""
    lorebook: tuple[LoreEntry, ...] = ()
    """Lore of this item beside the card's own: an entry enters the system prompt once one of its keys comes up."""
    about: tuple[str, ...] = ()
    """Facts of the card, by their ids, of which the reply should use one; those that a card lacks are passed over."""
    english: tuple[TurnNumber, ...] = ()
    """Turns, from 1, that speak English or ask for it: an English reply is no leak there."""
    expects: dict[TurnNumber, Expect] = {}
    """What the replies to these turns, from 1, are checked for; ``expect`` holds for the others."""
    recalls: dict[TurnNumber, TurnNumber] = {}
    """Turns, from 1, that ask back what was said, and the turn that said it."""
    keeps: dict[TurnNumber, tuple[tuple[str, ...], ...]] = {}
    """Turns of ``recalls`` that ask for what the character itself made up, and the possible answers, each with its words."""
    calls: Calls | None = None
    """Whom the character is to call by name here."""
    scene: str = ""
    """Of a dialogue: where and when it is, and what both know; part of the system prompt."""
    partner: Partner | None = None
    """Of a dialogue: whom a user model plays instead of the scripted lines."""
    ends: tuple[str, ...] = ()
    """Of a dialogue: words of farewell; a user model's line with one of them is its last. Empty: all turns are spoken."""
    probes: Probes = Field(default=Probes(), exclude=True)
    """Replies that the item's verifier must tell apart; they are no part of what a run asks or stores."""
    expect: Expect = {}
    """What the task's metrics check; see :func:`kikime.harness.metrics.answers.expect.check_expect`."""

    @field_validator("expect")
    @classmethod
    def _expect_is_known(cls, expect: Expect) -> Expect:
        return _checked(expect)

    @field_validator("expects")
    @classmethod
    def _expects_are_known(cls, expects: dict[int, Expect]) -> dict[int, Expect]:
        return {turn: _checked(expect) for turn, expect in expects.items()}

    @model_validator(mode="after")
    def _turns_exist(self) -> Item:
        if alone := self.keeps.keys() - self.recalls.keys():
            msg = Phrase("item '{item}': turn {turn} of keeps is not in recalls", item=self.id, turn=min(alone))
            raise ValueError(msg)
        named = (*self.pressure, *self.asks, *self.english, *self.expects, *self.recalls, *self.recalls.values())
        beyond = next((turn for turn in named if turn > 1 + len(self.script)), None)
        if beyond is not None:
            msg = Phrase("item '{item}' has no turn {turn}", item=self.id, turn=beyond)
            raise ValueError(msg)
        return self

    def lore(self, persona: Persona, texts: Sequence[str], *, bare: bool) -> str:
        """What ``texts``, the conversation so far, call of the lore of the item and, unless the task is bare, of the card."""
        book = self.lorebook if bare else (*persona.lorebook, *self.lorebook)
        return lore_text(book, texts, language=persona.language)

    @property
    def without_checks(self) -> Item:
        """The same scene where other lines are spoken than those that its checks are about."""
        return self.model_copy(
            update={"expect": {}, "expects": {}, "asks": {}, "keeps": {}, "about": (), "english": ()}
        )

    def checked_turn(self, persona: Persona) -> int:
        """The last turn (from 0) with an answer of its own to check, the first where there is none."""
        known = {fact.id for fact in persona.facts}
        asked = [turn for turn, fact in self.asks.items() if fact in known]
        return max([1, *self.expects, *self.keeps, *asked]) - 1

    def kept_expect(self, turn: int, replies: Sequence[str]) -> Expect:
        """What ``replies``, those to the turns before ``turn`` (from 0), say of what is asked for again there."""
        choices = self.keeps.get(turn + 1)
        return said_before(replies[self.recalls[turn + 1] - 1], choices) if choices else {}

    def expect_at(self, turn: int, persona: Persona) -> Expect:
        """What is expected of the reply to ``turn`` (from 0): of the item, of the facts of the card that it asks for."""
        fact = next((fact for fact in persona.facts if fact.id == self.asks.get(turn + 1)), None)
        expected = self.expects.get(turn + 1, self.expect) if fact is None else _fact_expect(fact)
        if turn + 1 in self.english:
            expected = {**expected, "language": "en"}
        words = [word for fact in persona.facts if fact.id in self.about for word in (*fact.answers, *fact.readings)]
        return {**expected, "mentions": words} if words else expected


class Demonstration(StrictModel):
    """One labelled example of an in-context learning task."""

    text: Annotated[str, Field(min_length=1)]
    label: Annotated[int, Field(ge=0)]
    """Position in each of the task's label sets."""


class Task(GrownModel):
    """A bank of items that measures one thing, with the metrics and rubrics that score it."""

    LATER = frozenset({"length", "dictated", "kind"})

    id: ItemId
    kind: Literal["dialogue"] | None = None
    """``dialogue``: every item is a scene with a user's card, and either its scripted lines or a user model speak."""
    version: Annotated[int, Field(ge=1)]
    title: str
    measures: str
    source: str
    metrics: tuple[str, ...]
    """Metrics that answer this task's question; the common ones are computed for every reply anyway.

    In a bank a bundled or installed metric's name, or the path of a ``.py`` file beside the bank; here names."""
    rubrics: tuple[str, ...] = ("character_v1",)
    """Ids, or paths of rubric files, relative to the bank."""
    instruction: str = ""
    """A sentence that this task adds to the system prompt."""
    context_instruction: str = ""
    """The sentence that introduces given facts in the system prompt."""
    max_tokens: Annotated[int, Field(gt=0)] = 128
    length: Length | Literal["free"] | None = None
    """The length that this task's own instruction asks for, or ``free``: the card's length then is not in the prompt."""
    dictated: bool = False
    """Whether the form of the reply is dictated, as a letter, a word, a list or a slogan: the metrics that read sentences in
    the character's voice (``Metric.of_speech``) do not apply then unless ``metrics`` names them."""
    bare: bool = False
    """Ask without the persona: the system prompt holds the instructions alone."""
    label_sets: dict[str, tuple[str, ...]] = {}
    """Names of the classes by kind (``natural``, ``flipped`` …); ``expect.label`` is a position in them."""
    demonstrations: tuple[Demonstration, ...] = ()
    """Labelled examples that take turns through the classes, so that the first few are balanced."""
    items_from: Literal["facts", "unanswerable"] | None = None
    """Take the items from each persona's card instead of listing them."""
    items: tuple[Item, ...] = ()

    @field_validator("metrics")
    @classmethod
    def _metrics_exist(cls, references: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        try:
            return tuple(METRICS.load(reference, (info.context or {}).get("folder")).name for reference in references)
        except UsageError as error:
            raise ValueError(error.message) from None

    @field_validator("rubrics")
    @classmethod
    def _rubrics_from_here(cls, references: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        folder: Path | None = (info.context or {}).get("folder")
        return references if folder is None else tuple(_from(folder, reference) for reference in references)

    @model_validator(mode="after")
    def _items_are_unique(self) -> Task:
        again = second_of_two([item.id for item in self.items])
        if again is not None:
            raise problem_at(["items", again, "id"], "duplicate item id '{item}'", item=self.items[again].id)
        if bool(self.items) == bool(self.items_from):
            msg = Phrase("a task either lists items or takes them from the persona (items_from)")
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _scenes_are_complete(self) -> Task:
        for number, item in enumerate(self.items):
            if self.kind is None and (item.scene or item.partner or item.ends):
                raise problem_at(
                    ["items", number], "item '{item}' is a scene: the bank needs kind: dialogue", item=item.id
                )
            if self.kind == "dialogue" and not (item.scene and item.partner and item.script):
                raise problem_at(
                    ["items", number], "scene '{item}' needs scene, partner, user and script", item=item.id
                )
        return self

    @model_validator(mode="after")
    def _labels_exist(self) -> Task:
        classes = {len(labels) for labels in self.label_sets.values()}
        used = [demonstration.label for demonstration in self.demonstrations]
        used += [item.expect["label"] for item in self.items if "label" in item.expect]
        if len(classes) > 1 or any(label not in range(max(classes, default=0)) for label in used):
            msg = Phrase("label sets have one length, and each label is a position in them")
            raise ValueError(msg)
        without = (number for number, item in enumerate(self.items) if self.label_sets and "label" not in item.expect)
        if (number := next(without, None)) is not None:
            item = self.items[number].id
            raise problem_at(
                ["items", number], "item '{item}' needs expect.label, because the task has label_sets", item=item
            )
        return self

    @property
    def hash(self) -> str:
        """Content hash: changes when anything of the bank changes."""
        return digest("task", self.model_dump(mode="json"))

    def with_rubrics(self, named: Mapping[str, str]) -> Task:
        """The same task, its rubrics under their ids; ``named``: ids by reference."""
        return self.model_copy(update={"rubrics": tuple(named.get(reference, reference) for reference in self.rubrics)})

    def expect_at(self, item: Item, turn: int, persona: Persona) -> Expect:
        """What is expected of the reply to a turn (from 0) of ``item``, with the length that the task asks for."""
        expected = item.expect_at(turn, persona)
        if self.length is None or "length" in expected:
            return expected
        wanted = self.length if isinstance(self.length, str) else self.length.model_dump(mode="json")
        return {**expected, "length": wanted}

    def kept(self, measured: Measured) -> Measured:
        """The measured values that mean something here: where no sentence in voice is asked for, those of voice and length do not.

        They are None there; without a persona they are left out.
        """
        if self.bare:
            groups = {"leak", "critical", "constraints", "facts"}
            return {n: value for n, value in measured.items() if n in self.metrics or METRICS[n].group in groups}
        return meant(measured, self.metrics, dictated=self.dictated)

    def all_items(self, personas: Sequence[Persona]) -> tuple[Item, ...]:
        """Items of the bank, and those made from the cards of ``personas``, each saying whose it is."""
        if not self.items_from:
            return self.items
        return tuple(
            item.model_copy(update={"personas": (persona.id,)})
            for persona in personas
            for item in self.items_for(persona)
        )

    def item(self, item_id: str, persona: Persona) -> Item:
        """The item of an id as :meth:`items_for` gives it, whoever it is for; a fact's id alone is its first question.

        Raises:
            UsageError: no such item.
        """
        named = {item.id: item for item in (*self.items, *self.items_for(persona))}
        found = named.get(item_id) or (named.get(f"{item_id}.0") if self.items_from == "facts" else None)
        if found is None:
            meant = did_you_mean(item_id, named)
            raise UsageError(
                "task '{task}' has no item '{item_id}'{meant}",
                hint="kikime tasks show {task} lists them",
                task=self.id,
                item_id=item_id,
                meant=meant,
            )
        return found

    def items_for(self, persona: Persona) -> tuple[Item, ...]:
        """Items that apply to ``persona``, in the bank's order."""
        if self.items_from == "facts":
            return _fact_items(persona)
        if self.items_from == "unanswerable":
            return tuple(
                Item(id=f"u{number:02d}", user=asked.question, expect={"abstain": True}, probes=asked.probes)
                for number, asked in enumerate(persona.unanswerable, 1)
            )
        items = tuple(item for item in self.items if not item.personas or persona.id in item.personas)
        return tuple(_labelled(self.label_sets, items)) if self.label_sets else items


def _checked(expect: Expect) -> Expect:
    try:
        check_expect(expect)
    except UsageError as error:
        raise ValueError(error.message) from None
    return expect


def _from(folder: Path, reference: str) -> str:
    """A path as it can be used from anywhere; an id as it is."""
    if not reference.endswith((".yaml", ".yml")):
        return reference
    path = (folder / reference).absolute()
    if not path.is_file():
        msg = Phrase("no such {kind} file: {path}", kind=Phrase("rubric"), path=path)
        raise ValueError(msg)
    return str(path)


def _labelled(label_sets: Mapping[str, tuple[str, ...]], items: Sequence[Item]) -> Iterator[Item]:
    """Each item once per label set, as ``ID.KIND``."""
    for kind, labels in label_sets.items():
        for item in items:
            expect = {**item.expect, "labels": list(labels), "kind": kind}
            yield item.model_copy(update={"id": f"{item.id}.{kind}", "expect": expect})


def _fact_items(persona: Persona) -> tuple[Item, ...]:
    return tuple(
        Item(
            id=f"{fact.id}.{number}",
            user=question,
            expect=_fact_expect(fact),
            probes=fact.probes,
        )
        for fact in persona.facts
        for number, question in enumerate((fact.question, *fact.paraphrases))
    )


def _fact_expect(fact: Fact) -> Expect:
    texts = {name: list(getattr(fact, name)) for name in ("answers", "readings", "wrong", "lure", "corrections")}
    expected: Expect = {name: value for name, value in texts.items() if value or name == "wrong"}
    return {**expected, "disliked": True} if fact.disliked else expected


TASKS = Parts(
    Phrase("task"),
    Task,
    lambda: {path.stem: path for path in sorted(data_path("banks").glob("*.yaml"))},
    load=lambda path: load_yaml(path, Task),
    plural="banks",
)
"""The banks: bundled, of installed packages, or files."""


def task_ids() -> list[str]:
    """Ids of the bundled tasks and of those that installed packages bring, sorted."""
    return TASKS.ids()


@lru_cache(maxsize=256)
def load_task(reference: str) -> Task:
    """Load a task by its id, or a bank by its YAML path.

    Raises:
        FileFormatError: the bank is wrong (file and line are named).
        UsageError: neither a known id nor a file.
    """
    return TASKS.find(reference)
