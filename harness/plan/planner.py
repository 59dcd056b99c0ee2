"""From cells to requests for one checkpoint: rendered, tokenised, keyed."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.hashing import canonical_json, digest
from kikime.harness.core.messages import Message, assistant, user
from kikime.harness.core.request import Candidate, Reply, Request, Sampling
from kikime.harness.core.thinking import opens_thinking, split_thinking
from kikime.harness.plan.candidates import candidates, demonstrations
from kikime.harness.plan.partner import (
    MAX_TOKENS,
    SELF,
    SPOKEN,
    LineStatus,
    line_of,
    line_status,
    partner_messages,
    unspoken,
)
from kikime.harness.plan.player import UserPrompts
from kikime.harness.prompts import Conversation, Rendered, Renderer, build_messages
from kikime.harness.prompts.format import NATIVE
from kikime.harness.suites.condition import Technique
from kikime.harness.suites.grid import NOBODY, Cell, Materials, cells
from kikime.harness.suites.task import Item


class Identity(NamedTuple):
    """What the engine adds to a request's content address."""

    fingerprint: str
    engine: str
    """Engine, dtype and quantisation, e.g. ``vllm/bfloat16``."""


class Asking(NamedTuple):
    """How requests are made beyond what the suite says."""

    template_args: Mapping[str, object] = {}
    """Variables of the checkpoint's own chat template."""
    reasoning_tokens: int = 0
    """What a reply may think beside its own tokens."""
    user: str = ""
    """Who speaks the user's lines of dialogues: a model's name, or ``self``; empty: the banks' own lines."""
    user_prompts: UserPrompts | None = None
    """What a second checkpoint is asked as the user; None: as the loaded one, or as its server renders."""


AS_PLANNED = Asking()
"""Nothing beyond the suite."""


class Planner:
    """Turns cells into requests for one checkpoint; ``as_before``: as version 0.1.0 did.

    Raises (while planning):
        KikimeError: a prompt cannot be rendered, e.g. a persona would get lost in the checkpoint's own template.
    """

    def __init__(
        self,
        materials: Materials,
        tokenizer: Any,
        identity: Identity,
        *,
        asking: Asking = AS_PLANNED,
        as_before: bool = False,
    ) -> None:
        self.materials = materials
        self._asking = asking
        self.tokenizer = tokenizer
        self._as_before = as_before
        self._identity = identity
        self._renderers: dict[tuple[str, str], Renderer] = {}
        self._content: dict[tuple[str, ...], str] = {}
        self._cells: dict[str, Cell] = {}

    @property
    def thinking_formats(self) -> list[str]:
        """Formats of the requests so far whose template knows of thinking."""
        return sorted({name for (name, _), renderer in self._renderers.items() if renderer.thinking.known})

    @property
    def unused_template_args(self) -> list[str]:
        """Template arguments that no template of the requests so far reads; none where a server renders."""
        native = [renderer for (name, _), renderer in self._renderers.items() if name == NATIVE]
        if self.tokenizer is None:
            return []
        unused = [set(renderer.unused_template_args) for renderer in native]
        return sorted(set.intersection(*unused) if unused else self._asking.template_args)

    @property
    def formats_without_bos(self) -> list[str]:
        """Formats of the requests so far whose BOS was left out, as the tokenizer adds none."""
        return sorted({name for (name, _), renderer in self._renderers.items() if renderer.without_bos})

    def spoken(self, request: Request, reply: Reply) -> Reply:
        """The reply with its thinking apart from what it says, which gets no more than its own tokens."""
        if reply.error is not None or request.candidates:
            return reply
        tags = self._tags(request)
        found = split_thinking(reply.text, opened=opens_thinking(request.prompt, tags), tags=tags)
        thinking = "\n".join(text for text in (reply.reasoning, found.thinking) if text)
        if not thinking and not reply.n_reasoning_tokens:
            return reply
        n_thinking = reply.n_reasoning_tokens or (self._length(thinking) if self.tokenizer else None)
        whole = msgspec.structs.replace(
            reply, text=found.speech, reasoning=thinking or None, n_reasoning_tokens=n_thinking
        )
        return self._within(request.sampling, whole)

    def _tags(self, request: Request) -> frozenset[str]:
        """Closing tags of the thinking of whom the request asks."""
        if request.speaker == "user" and self._asking.user_prompts:
            return self._asking.user_prompts.tags
        return frozenset(tag for renderer in self._renderers.values() for tag in renderer.thinking.tags)

    def _within(self, sampling: Sampling, reply: Reply) -> Reply:
        """The reply, cut off where it took what was meant for thinking."""
        if not sampling.reasoning_tokens or self.tokenizer is None:
            return reply
        ids = self.tokenizer(reply.text, add_special_tokens=False).input_ids
        if len(ids) <= sampling.max_tokens:
            return reply
        text = self.tokenizer.decode(ids[: sampling.max_tokens]).rstrip("\ufffd")
        return msgspec.structs.replace(reply, text=text, finish_reason="length", stop_reason=None)

    def _length(self, text: str) -> int:
        return len(self.tokenizer(text, add_special_tokens=False).input_ids)

    def requests(self) -> Iterator[Request]:
        """The first request of every cell, in prefix-sharing order."""
        for position, cell in enumerate(cells(self.materials, as_before=self._as_before)):
            yield self.request(cell, position)

    def next_turn(self, request: Request, reply: str) -> Request | None:
        """The request after ``reply`` in a dialogue: the next turn, or the user's line that opens it; None at its end."""
        cell = self._cells.get(request.pair_key)
        if cell is None:
            return None
        if request.speaker == "user":
            return self._after_line(cell, request, reply)
        if request.turn >= len(cell.item.script):
            return None
        history = [*request.history, user(request.user), assistant(reply)]
        if not self._simulated(cell):
            return self.request(cell, request.position, turn=request.turn + 1, history=history)
        said_farewell = request.turn > 0 and any(word in request.user for word in cell.item.ends)
        return None if said_farewell else self._line(cell, request, history)

    def _simulated(self, cell: Cell) -> bool:
        """Whether a user model speaks the lines of a cell's dialogue, after the first."""
        return bool(self._asking.user) and cell.item.partner is not None

    def _after_line(self, cell: Cell, request: Request, line: str) -> Request | None:
        status = self.line_status(request, Reply(key=request.key, text=line, finish_reason=None))
        if status not in SPOKEN:
            return None
        return self.request(cell, request.position, turn=request.turn, history=request.history, said=line_of(line))

    def line_status(self, request: Request, reply: Reply) -> LineStatus:
        """What a user model's line is."""
        return line_status(request, reply, self._cells[request.pair_key])

    def unspoken(self, request: Request, status: LineStatus) -> int:
        """How many planned replies are left out because of a user model's line."""
        return unspoken(request, status, self._cells[request.pair_key])

    def _line(self, cell: Cell, before: Request, history: list[Message]) -> Request:
        """What the user model is asked before the turn after ``before``."""
        messages = partner_messages(cell.item, cell.persona, history)
        own = self._asking.user == SELF
        prompts: UserPrompts | Renderer | None = self._asking.user_prompts
        if own and self.tokenizer:
            prompts = self._renderer_of(cell.condition.format, None)
        rendered = prompts.render(messages) if prompts else _sent(messages)
        sampling = self.materials.suite.sampling.for_reply(max_tokens=MAX_TOKENS, repeat=cell.repeat)
        pair_key = digest("line", self._pair_key(cell, before.turn + 1))
        self._cells[pair_key] = cell
        key = self._key(pair_key, rendered.token_ids or rendered.text, rendered.stop, rendered.stop_token_ids, sampling)
        return msgspec.structs.replace(
            before,
            key=key if own else digest("line", [self._asking.user, key]),
            pair_key=pair_key,
            turn=before.turn + 1,
            prompt=rendered.text,
            token_ids=rendered.token_ids or [],
            messages=[] if rendered.token_ids else messages,
            system="",
            user="",
            history=history,
            examples=[],
            expect={},
            stop=list(rendered.stop),
            stop_token_ids=list(rendered.stop_token_ids),
            sampling=sampling,
            speaker="user",
        )

    def request(
        self,
        cell: Cell,
        position: int,
        *,
        turn: int = 0,
        history: Sequence[Message] | None = None,
        said: str | None = None,
    ) -> Request:
        """Render, tokenise and key one turn of one cell; ``said``: the user's line, where a user model spoke it."""
        condition, suite = cell.condition, self.materials.suite
        technique = self.materials.techniques[condition.technique]
        asked = technique.ask(cell.item.script[turn - 1] if turn else cell.item.user) if said is None else said
        item = cell.item if said is None else cell.item.without_checks
        if history is None:
            history = [Message(role=t.role, content=t.content) for t in cell.item.history]
        conversation = self._conversation(cell, technique, asked, history)
        rendered = self._rendered(cell, conversation.messages)
        sampling = suite.sampling.for_reply(max_tokens=cell.task.max_tokens, repeat=cell.repeat)
        sampling = msgspec.structs.replace(sampling, reasoning_tokens=self._asking.reasoning_tokens)
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
            persona=NOBODY if cell.task.bare else cell.persona.id,
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
            messages=[] if rendered.token_ids else list(conversation.messages),
            system=conversation.system,
            user=asked,
            history=list(history),
            examples=list(conversation.examples),
            expect={**cell.task.expect_at(item, turn, cell.persona), **item.kept_expect(turn, _replies(item, history))},
            stop=list(rendered.stop),
            stop_token_ids=list(rendered.stop_token_ids),
            sampling=sampling,
            candidates=self._candidates(cell, conversation.messages),
        )

    def _conversation(self, cell: Cell, technique: Technique, asked: str, history: Sequence[Message]) -> Conversation:
        condition, labels = cell.condition, cell.item.expect.get("labels")
        shots = condition.shots if labels is None else 0
        if labels is not None:
            history = [*demonstrations(cell.task, labels, condition.shots, condition.example_set), *history]
        texts = [*(message["content"] for message in history), asked]
        return build_messages(
            cell.persona,
            user=asked,
            history=history,
            shots=shots,
            example_set=condition.example_set,
            shot_style=condition.shot_style,
            instruction=_instruction(cell, technique, texts),
            style=technique.style,
            length=cell.task.length is None,
            bare_system=cell.task.bare,
        )

    def _rendered(self, cell: Cell, messages: Sequence[Message]) -> Rendered:
        """The prompt; where the server renders, the messages stand for it."""
        return _sent(messages) if self.tokenizer is None else self._renderer(cell).render(messages)

    def _candidates(self, cell: Cell, messages: Sequence[Message]) -> list[Candidate]:
        if not {"labels", "probe"} & set(cell.item.expect):
            return []
        if self.tokenizer is None:
            raise UsageError(
                "task '{task}' needs log-probabilities, which a server without token ids does not give",
                hint="serve the checkpoint with vLLM and give --tokenizer PATH, or leave the task out",
                task=cell.task.id,
            )
        return candidates(cell.item, messages, self._renderer(cell))

    def _renderer(self, cell: Cell) -> Renderer:
        return self._renderer_of(cell.condition.format, None if cell.task.bare else cell.persona)

    def _renderer_of(self, form: str, persona: Persona | None) -> Renderer:
        name = form, "" if persona is None else persona.id
        if name not in self._renderers:
            self._renderers[name] = Renderer(
                self.materials.formats[name[0]],
                self.tokenizer,
                persona=persona,
                every_bos=self._as_before,
                template_args=self._asking.template_args,
            )
        return self._renderers[name]

    def _pair_key(self, cell: Cell, turn: int) -> str:
        format_hash = NATIVE if cell.condition.format == NATIVE else self.materials.formats[cell.condition.format].hash
        persona = NOBODY if cell.task.bare else self._hash_of((cell.persona.id,), cell.persona)
        item = self._hash_of((cell.task.id, cell.persona.id, cell.item.id), cell.item)
        task = [cell.task.id, cell.task.version, cell.task.instruction, cell.task.max_tokens]
        parts = [task, item, persona, list(cell.condition), format_hash, turn, cell.repeat]
        return digest("pair", [*parts, self._asking.user] if self._simulated(cell) else parts)

    def _hash_of(self, name: tuple[str, ...], content: Item | Persona) -> str:
        if name not in self._content:
            self._content[name] = digest("content", content.model_dump(mode="json"))
        return self._content[name]

    def _key(
        self, pair_key: str, prompt: list[int] | str, stop: list[str], stop_ids: list[int], sampling: Sampling
    ) -> str:
        ids = prompt if isinstance(prompt, str) else array("i", prompt).tobytes().hex()
        parts = [list(self._identity), pair_key, ids, stop, stop_ids, sampling.identity]
        if self.tokenizer is None and self._asking.template_args:
            parts.append(dict(self._asking.template_args))
        return digest("gen", parts)


def _replies(item: Item, history: Sequence[Message]) -> list[str]:
    """The character's own replies in the dialogue so far."""
    return [message["content"] for message in history[len(item.history) + 1 :: 2]]


def _sent(messages: Sequence[Message]) -> Rendered:
    """Messages that stand for the prompt, where a server renders."""
    text = canonical_json(list(messages)).decode()
    return Rendered(text=text, token_ids=None, stop=[], stop_token_ids=[], bos=0)


def _instruction(cell: Cell, technique: Technique, texts: Sequence[str]) -> str:
    lore = cell.item.lore(cell.persona, texts, bare=cell.task.bare)
    parts = [lore, scene_text(cell), cell.task.instruction, cell.item.instruction, technique.system]
    if cell.condition.context != "none":
        parts += [cell.task.context_instruction, cell.item.contexts[cell.condition.context]]
    return "\n".join(part for part in parts if part)


def scene_text(cell: Cell) -> str:
    """What the character is told of a dialogue's scene; empty for other items."""
    if not cell.item.scene:
        return ""
    return f"Now: {cell.item.scene}" if cell.persona.language == "en" else f"いまの場面：{cell.item.scene}"


def plan_digest(keys: Sequence[str]) -> str:
    """Content address of a whole plan."""
    return digest("plan", list(keys))
