"""From a suite and a checkpoint to the list of requests: rendered, tokenised, keyed, in prefix-sharing order."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple, TypeVar

from harness.condition import Condition, Technique, load_techniques
from harness.errors import UsageError
from harness.hashing import canonical_json, digest
from harness.messages import Message, assistant, user
from harness.persona import Persona, load_persona
from harness.prompts import Format, Rendered, Renderer, build_messages, load_format
from harness.request import Request, Sampling
from harness.suite import Suite, TaskSelection, restore_suite
from harness.task import Item, Task, load_task


class Materials(NamedTuple):
    """The resolved content of a suite: what a run stores, so that it can go on without the original files."""

    suite: Suite
    """Its tasks and personas are ids."""
    tasks: dict[str, Task]
    personas: dict[str, Persona]

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        return {
            "suite": self.suite.model_dump(mode="json"),
            "tasks": {name: task.model_dump(mode="json") for name, task in self.tasks.items()},
            "personas": {name: persona.model_dump(mode="json") for name, persona in self.personas.items()},
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Materials:
        """Back from a manifest."""
        return cls(
            restore_suite(stored["suite"]),
            {name: Task.model_validate(task) for name, task in stored["tasks"].items()},
            {name: Persona.model_validate(persona) for name, persona in stored["personas"].items()},
        )


class Cell(NamedTuple):
    """One item under one condition: what becomes a request (or, for a script, one request per turn)."""

    persona: Persona
    task: Task
    item: Item
    condition: Condition
    repeat: int


class Identity(NamedTuple):
    """What the engine adds to a request's content address."""

    fingerprint: str
    engine: str
    """Engine, dtype and quantisation, e.g. ``vllm/bfloat16``."""


def gather_materials(suite: Suite) -> Materials:
    """Load every task and persona that the suite names.

    Raises:
        UsageError: two files with one id.
    """
    references = [*suite.personas, *(name for s in suite.tasks for name in s.personas or ())]
    personas = {reference: load_persona(reference) for reference in references}
    tasks = {selection.id: load_task(selection.id) for selection in suite.tasks}
    by_id = Materials(_with_ids(suite, tasks, personas), _by_id("task", tasks), _by_id("persona", personas))
    if len(by_id.tasks) < len(suite.tasks):
        raise UsageError(f"suite '{suite.id}' names a task twice", hint="give one entry with all its shots and formats")
    return by_id


Named = TypeVar("Named", Task, Persona)


def _by_id(kind: str, loaded: dict[str, Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for reference, content in loaded.items():
        if content.id in found:
            raise UsageError(f"{reference}: the {kind} id '{content.id}' is taken", hint="give the file another id")
        found[content.id] = content
    return found


def _with_ids(suite: Suite, tasks: dict[str, Task], personas: dict[str, Persona]) -> Suite:
    def persona_names(references: Sequence[str]) -> tuple[str, ...]:
        return tuple(personas[reference].id for reference in references)

    selections = tuple(
        selection.model_copy(
            update={
                "id": tasks[selection.id].id,
                "personas": persona_names(selection.personas) if selection.personas else None,
            }
        )
        for selection in suite.tasks
    )
    return suite.model_copy(update={"tasks": selections, "personas": persona_names(suite.personas)})


def cells(materials: Materials) -> Iterator[Cell]:
    """Every cell of the suite, ordered by (format, persona, shots, technique, context, task, item, repeat)."""
    suite = materials.suite
    formats = _in_order(s.formats or suite.formats for s in suite.tasks)
    personas = _in_order(s.personas or suite.personas for s in suite.tasks)
    shot_counts = sorted({k for s in suite.tasks for k in (suite.shots if s.shots is None else s.shots)})
    techniques = _in_order(s.techniques or suite.techniques for s in suite.tasks)
    contexts = _in_order(s.contexts or suite.contexts for s in suite.tasks)
    for form, persona, shots in product(formats, personas, shot_counts):
        for example_set, technique, context in product(suite.example_sets if shots else (0,), techniques, contexts):
            condition = Condition(form, shots, suite.shot_style, example_set, technique, context)
            for selection in suite.tasks:
                if _selected(selection, suite, persona, condition):
                    yield from _task_cells(materials, selection, persona, condition)


def _in_order(groups: Iterator[tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(name for group in groups for name in group))


def _selected(selection: TaskSelection, suite: Suite, persona: str, condition: Condition) -> bool:
    return (
        persona in (selection.personas or suite.personas)
        and condition.format in (selection.formats or suite.formats)
        and condition.shots in (suite.shots if selection.shots is None else selection.shots)
        and condition.technique in (selection.techniques or suite.techniques)
        and condition.context in (selection.contexts or suite.contexts)
    )


def _task_cells(materials: Materials, selection: TaskSelection, persona: str, condition: Condition) -> Iterator[Cell]:
    task, card = materials.tasks[selection.id], materials.personas[persona]
    limit = selection.limit or materials.suite.limit
    for item in spread(task.items_for(card), limit):
        if condition.context == "none" or condition.context in item.contexts:
            for repeat in range(materials.suite.repeats):
                yield Cell(card, task, item, condition, repeat)


def spread(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """At most ``limit`` items, evenly over the bank, always the same ones."""
    if limit is None or limit >= len(items):
        return items
    return [items[index * len(items) // limit] for index in range(limit)]


class Planner:
    """Turns cells into requests for one checkpoint.

    Raises (while planning):
        KikimeError: a prompt cannot be rendered, e.g. a persona would get lost in the checkpoint's own template.
    """

    def __init__(self, materials: Materials, tokenizer: Any, identity: Identity) -> None:
        self.materials = materials
        self._tokenizer = tokenizer
        self._identity = identity
        self._techniques = load_techniques()
        self._renderers: dict[tuple[str, str], Renderer] = {}
        self._formats: dict[str, Format] = {}
        self._content: dict[tuple[str, ...], str] = {}
        self._cells: dict[str, Cell] = {}

    def requests(self) -> Iterator[Request]:
        """The first request of every cell, in prefix-sharing order."""
        for position, cell in enumerate(cells(self.materials)):
            yield self.request(cell, position)

    def next_turn(self, request: Request, reply: str) -> Request | None:
        """The request after ``reply`` in a scripted dialogue; None when the script is at its end."""
        cell = self._cells.get(request.pair_key)
        if cell is None or request.turn >= len(cell.item.script):
            return None
        history = [*request.history, user(request.user), assistant(reply)]
        return self.request(cell, request.position, turn=request.turn + 1, history=history)

    def request(self, cell: Cell, position: int, *, turn: int = 0, history: Sequence[Message] | None = None) -> Request:
        """Render, tokenise and key one turn of one cell."""
        condition, suite = cell.condition, self.materials.suite
        technique = self._techniques[condition.technique]
        asked = technique.ask(cell.item.script[turn - 1] if turn else cell.item.user)
        if history is None:
            history = [Message(role=t.role, content=t.content) for t in cell.item.history]
        conversation = build_messages(
            cell.persona,
            user=asked,
            history=history,
            shots=condition.shots,
            example_set=condition.example_set,
            shot_style=condition.shot_style,
            instruction=_instruction(cell, technique),
            style=technique.style,
        )
        rendered = self._rendered(condition.format, cell.persona, conversation.messages)
        sampling = suite.sampling.for_reply(max_tokens=cell.task.max_tokens, repeat=cell.repeat)
        pair_key = self._pair_key(cell, turn)
        if cell.item.script:
            self._cells[pair_key] = cell
        return Request(
            key=self._key(
                pair_key, rendered.token_ids or rendered.text, rendered.stop, rendered.stop_token_ids, sampling
            ),
            pair_key=pair_key,
            position=position,
            task=cell.task.id,
            item_id=cell.item.id,
            persona=cell.persona.id,
            format=condition.format,
            shots=condition.shots,
            shot_style=condition.shot_style,
            example_set=condition.example_set,
            technique=condition.technique,
            context=condition.context,
            turn=turn,
            repeat=cell.repeat,
            seed=sampling.seed,
            prompt=rendered.text,
            token_ids=rendered.token_ids or [],
            messages=list(conversation.messages),
            system=conversation.system,
            user=asked,
            history=list(history),
            examples=list(conversation.examples),
            expect=cell.item.expect,
            stop=list(rendered.stop),
            stop_token_ids=list(rendered.stop_token_ids),
            sampling=sampling,
        )

    def _rendered(self, form: str, persona: Persona, messages: Sequence[Message]) -> Rendered:
        """The prompt; where the server renders, the messages stand for it."""
        if self._tokenizer is None:
            text = canonical_json(list(messages)).decode()
            return Rendered(text=text, token_ids=None, stop=[], stop_token_ids=[], bos=0)
        return self._renderer(form, persona).render(messages)

    def _renderer(self, form: str, persona: Persona) -> Renderer:
        if (form, persona.id) not in self._renderers:
            self._renderers[form, persona.id] = Renderer(self._format(form), self._tokenizer, persona=persona)
        return self._renderers[form, persona.id]

    def _format(self, form: str) -> Format:
        if form not in self._formats:
            self._formats[form] = load_format(form)
        return self._formats[form]

    def _pair_key(self, cell: Cell, turn: int) -> str:
        format_hash = "native" if cell.condition.format == "native" else self._format(cell.condition.format).hash
        persona = self._hash_of((cell.persona.id,), cell.persona)
        item = self._hash_of((cell.task.id, cell.persona.id, cell.item.id), cell.item)
        task = [cell.task.id, cell.task.version, cell.task.instruction, cell.task.max_tokens]
        return digest("pair", [task, item, persona, list(cell.condition), format_hash, turn, cell.repeat])

    def _hash_of(self, name: tuple[str, ...], content: Item | Persona) -> str:
        if name not in self._content:
            self._content[name] = digest("content", content.model_dump(mode="json"))
        return self._content[name]

    def _key(
        self, pair_key: str, prompt: list[int] | str, stop: list[str], stop_ids: list[int], sampling: Sampling
    ) -> str:
        ids = prompt if isinstance(prompt, str) else array("i", prompt).tobytes().hex()
        parameters = {name: getattr(sampling, name) for name in sampling.__struct_fields__}
        return digest("gen", [list(self._identity), pair_key, ids, stop, stop_ids, parameters])


def _instruction(cell: Cell, technique: Technique) -> str:
    parts = [cell.task.instruction, cell.item.instruction, technique.system]
    if cell.condition.context != "none":
        parts += [cell.task.context_instruction, cell.item.contexts[cell.condition.context]]
    return "\n".join(part for part in parts if part)


def plan_digest(keys: Sequence[str]) -> str:
    """Content address of a whole plan."""
    return digest("plan", list(keys))
