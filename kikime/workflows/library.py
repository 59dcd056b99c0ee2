"""What comes with kikime: formats, personas, tasks; and whether this machine can use it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from kikime.harness.cards.persona import Persona, load_persona, persona_ids
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.core.records import Record
from kikime.harness.engines.checkpoint import resolve_checkpoint
from kikime.harness.prompts.card import FormatCard, format_card
from kikime.harness.prompts.detect import Detection, detect_format
from kikime.harness.prompts.format import Format, format_ids, load_format
from kikime.harness.prompts.renderer import Rendered, Renderer
from kikime.harness.prompts.tokenizers import TransformersTokenizer, load_tokenizer
from kikime.harness.suites.task import Item, Task, load_task, task_ids

if TYPE_CHECKING:
    from kikime.harness.authoring.check import PersonaReport
    from kikime.harness.authoring.imported import Imported
    from kikime.harness.authoring.probes import ProbeReport
    from kikime.harness.core.tables.replies import FileReply


class PersonaSummary(Record, frozen=True):
    """A bundled persona at a glance."""

    id: str
    name: str
    version: int
    language: str
    chars: tuple[int, int]
    """Length of a reply in characters, from and to."""
    facts: int
    examples: int


class TaskSummary(Record, frozen=True):
    """A bundled task at a glance."""

    id: str
    version: int
    title: str
    measures: str
    source: str
    metrics: tuple[str, ...]
    items: tuple[int, int]
    """Least and most items that a persona is asked."""


class Check(Record, frozen=True):
    """One check of the installation."""

    state: Literal["ok", "warning", "fault"]
    what: str
    detail: str
    mend: str
    """What to do; empty where there is nothing to do."""


class FormatCards(NamedTuple):
    """Formats as they are on one tokenizer."""

    cards: list[FormatCard]
    left_out: dict[str, str]
    """Format → why it cannot be used with that tokenizer."""


class Draft(NamedTuple):
    """A card that was drafted from a character's lines."""

    text: str
    """As YAML, with what to check as comments."""
    card: Persona
    n_lines: int
    unreadable: Sequence[FileReply] = ()
    """Rows of the file without a line that can be read."""


class Bank(NamedTuple):
    """A task and the items of it that are asked."""

    task: Task
    items: list[Item]


def formats() -> dict[str, Format]:
    """The prompt formats by id: template, stops, source, what they lose."""
    return {name: load_format(name) for name in format_ids()}


def find_format(name: str) -> Format:
    """A format by id, or of a file.

    Raises:
        UsageError: no such format.
    """
    return load_format(name)


def render(
    format: Format | str,  # noqa: A002
    messages: Sequence[Message],
    *,
    tokenizer: str | None = None,
    prefill: str | None = None,
    persona: str | None = None,
) -> Rendered:
    """Messages as a prompt in a format; token ids and their stops need a ``tokenizer`` (a folder or a hub id).

    Raises:
        UsageError: no such format, tokenizer or persona, or messages that the format cannot say.
    """
    chosen = load_format(format) if isinstance(format, str) else format
    card = load_persona(persona) if persona else None
    loaded = _loaded(tokenizer) if tokenizer else None
    return Renderer(chosen, loaded, persona=card).render(messages, prefill=prefill)


def _loaded(tokenizer: str) -> TransformersTokenizer:
    """The tokenizer of a folder, a hub id or a bundled checkpoint (``demo:NAME``)."""
    return load_tokenizer(
        resolve_checkpoint(tokenizer).path or tokenizer if tokenizer.startswith("demo:") else tokenizer
    )


def find_format_of(tokenizer: str) -> Detection:
    """Which format a checkpoint was trained in, by its chat template, its tokens and its EOS.

    Raises:
        UsageError: no such tokenizer.
    """
    return detect_format(_loaded(tokenizer), tokenizer)


def format_cards(tokenizer: str, chosen: Sequence[str] = ()) -> FormatCards:
    """Measure formats on a tokenizer: overhead, single-token controls, protection, parse-back.

    Raises:
        UsageError: no such tokenizer or format, or a ``chosen`` one cannot be used with it.
    """
    loaded, found = _loaded(tokenizer), FormatCards([], {})
    for entry in [load_format(name) for name in chosen or format_ids()]:
        try:
            found.cards.append(format_card(entry, loaded))
        except UsageError as error:
            if chosen:
                raise
            found.left_out[entry.id] = error.message
    return found


def personas() -> list[PersonaSummary]:
    """The bundled personas."""
    return [_about(load_persona(name)) for name in persona_ids()]


def tasks() -> list[TaskSummary]:
    """The bundled tasks."""
    cards = [load_persona(name) for name in persona_ids()]
    found = []
    for task in map(load_task, task_ids()):
        counts = [len(task.items_for(card)) for card in cards]
        about = (task.id, task.version, task.title, task.measures, task.source, tuple(task.metrics))
        found.append(TaskSummary(*about, (min(counts), max(counts))))
    return found


def bank(task: str, *, persona: str | None = None) -> Bank:
    """A task (an id or a YAML file) with the items that ``persona`` is asked, or any bundled one."""
    found = load_task(task)
    cards = [load_persona(name) for name in ([persona] if persona else persona_ids())]
    return Bank(found, list(found.items_for(*cards) if persona else found.all_items(tuple(cards))))


def check_bank(task: str, personas: Sequence[str] = ()) -> ProbeReport:
    """Measure the probes of a bank: replies that its verifiers must tell apart."""
    from kikime.harness.authoring.probes import check_probes

    return check_probes(load_task(task), [load_persona(name) for name in personas or persona_ids()])


def check_card(persona: str) -> PersonaReport:
    """Score a card's own examples with it."""
    from kikime.harness.authoring.check import check_persona

    return check_persona(load_persona(persona))


def draft_card(
    data: str | Path, persona_id: str, name: str, *, reply: str | None = None, user: str | None = None
) -> Draft:
    """Draft a card from a file of the character's own lines, whose columns are guessed where they are not given.

    Raises:
        UsageError: the file cannot be read, or has no lines.
    """
    from kikime.harness.authoring.draft import draft_persona, parse_draft
    from kikime.harness.cards.lines import read_lines

    found = read_lines(Path(data), reply=reply, user=user, own_names=[name, persona_id])
    text = draft_persona(found.lines, persona_id, name)
    return Draft(text, parse_draft(text), len(found.lines), found.unreadable)


def import_card(card: str | Path, *, persona_id: str | None = None, user_name: str | None = None) -> Imported:
    """Make a persona card of a card of SillyTavern, Tavern or oobabooga: JSON, PNG, CHARX or YAML.

    Raises:
        UsageError: no such file, or no card in it.
    """
    from kikime.harness.authoring.imported import import_card as import_foreign

    return import_foreign(Path(card), persona_id=persona_id, user_name=user_name)


def export_card(persona: str, version: Literal["v2", "v3"]) -> dict[str, object]:
    """A persona card as a SillyTavern card, for ``json.dump``; :func:`import_card` reads it back."""
    from kikime.harness.cards.foreign import to_tavern

    return to_tavern(load_persona(persona), version)


def doctor(runs: str | Path = "runs") -> list[Check]:
    """Check engine, packages, judge key, fonts, disk and runs; nothing is changed and nothing leaves the machine."""
    from kikime.harness.environment.doctor import diagnose

    return [Check(*finding) for finding in diagnose(Path(runs))]


def _about(card: Persona) -> PersonaSummary:
    chars = (card.length.chars[0], card.length.chars[1])
    return PersonaSummary(card.id, card.name, card.version, card.language, chars, len(card.facts), len(card.examples))
