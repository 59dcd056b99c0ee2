"""Messages in, prompt and token ids out, for one format and one tokenizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from itertools import takewhile
from typing import NamedTuple

from kikime.harness.cards.persona import Persona
from kikime.harness.core.errors import UsageError
from kikime.harness.core.messages import Message
from kikime.harness.core.reasons import Phrase
from kikime.harness.core.thinking import declared_tags, has_thinking
from kikime.harness.prompts.encoding import Encoder, Part, encoder_for, resolve_stops
from kikime.harness.prompts.format import NATIVE, Format, control_strings
from kikime.harness.prompts.sections import FIELDS, aines_fields
from kikime.harness.prompts.segments import ContentLostError, Marks, Segments, check_complete, marks_for
from kikime.harness.prompts.templates import compile_template, run_template, variables_of
from kikime.harness.prompts.tokenizers import TransformersTokenizer

_HARMONY_END = "<|return|>"


class Rendered(NamedTuple):
    """One prompt, ready for an engine."""

    text: str
    token_ids: list[int] | None
    """Exactly what goes to the engine; None without a tokenizer."""
    stop: list[str]
    stop_token_ids: list[int]
    bos: int
    """How many BOS the prompt begins with: 0 or 1."""


class Thinking(NamedTuple):
    """What a template says of thinking."""

    known: bool = False
    """Whether it knows of any."""
    tags: frozenset[str] = frozenset()
    """Closing tags at which it cuts earlier replies."""


class _Skeleton(NamedTuple):
    """The control text of one sequence of roles, prepared for one tokenizer."""

    segments: Segments
    parts: tuple[tuple[Part, ...], ...]
    """Each control split at its special tokens; empty without a tokenizer."""


class Renderer:
    """Renders conversations in ``format`` for ``tokenizer`` (a transformers tokenizer; None: text only).

    ``persona`` names the speakers and fills the sections of formats that have some (AInes v3); others ignore it.
    ``template_args`` are further variables of the checkpoint's own template; other formats have none.
    A BOS that the tokenizer adds to no text is left out, since no training saw one; ``every_bos`` writes it even so.
    """

    def __init__(
        self,
        format: Format,  # noqa: A002
        tokenizer: TransformersTokenizer | None,
        *,
        persona: Persona | None = None,
        every_bos: bool = False,
        template_args: Mapping[str, object] | None = None,
    ) -> None:
        self.format = format
        self.encoder: Encoder | None = None
        if tokenizer is not None:
            self.encoder = encoder_for(tokenizer, control_strings([format]))
        used = persona if format.uses_persona else None
        self._fields = None if used is None else lru_cache(maxsize=256)(partial(aines_fields, used))
        self._native = format.id == NATIVE
        self.without_bos = not every_bos and _lacks_bos(format, self.encoder)
        """Whether the format's BOS is left out."""
        self._bos, self._eos = self._edge_tokens()
        self._source = self._template_source(tokenizer)
        self._template = compile_template(self._source)
        self.thinking = Thinking(has_thinking(self._source), declared_tags(self._source))
        """What the template says of thinking."""
        self._template_args = dict(template_args or {}) if self._native else {}
        self._skeletons: dict[tuple[str, ...], _Skeleton] = {}
        self.eot = self._end_of_turn()
        """What ends a reply, in this tokenizer's spelling."""
        self.stops = resolve_stops([*format.stop, *([self.eot] if self._native and self.eot else [])], self.encoder)

    def render(self, messages: Sequence[Message], *, prefill: str | None = None) -> Rendered:
        """Render a conversation that ends with a user turn; ``prefill`` begins the reply as the training text has it.

        Raises:
            UsageError: the roles do not alternate, a chat template refuses the conversation, or a text is not Unicode.
            ContentLostError: a text did not arrive in the prompt.
        """
        roles, contents = _validated(messages)
        if prefill:
            roles, contents = (*roles, "prefill"), [*contents, prefill]
        skeleton, contents = self._arranged(roles, contents)
        text = _checked(_join(skeleton.segments, contents))
        ids = self._encode(skeleton, contents)
        return Rendered(text, ids, list(self.stops.strings), list(self.stops.token_ids), self._count_bos(text, ids))

    @property
    def unused_template_args(self) -> list[str]:
        """Those of the given variables that the template never reads."""
        return sorted(self._template_args.keys() - variables_of(self._source))

    def segments(self, messages: Sequence[Message]) -> tuple[Segments, list[str]]:
        """The same prompt as control and content segments, for parsing and inspection."""
        skeleton, contents = self._arranged(*_validated(messages))
        return skeleton.segments, contents

    def _arranged(self, roles: tuple[str, ...], contents: list[str]) -> tuple[_Skeleton, list[str]]:
        if self._native:
            return self._render_native(roles, contents)
        clean = self.format.clean
        if roles[-1] != "prefill":
            return self._render_own(roles, [clean(content) for content in contents])
        *before, prefill = contents
        return self._render_own(roles, [*map(clean, before), self.format.normalise(prefill)])

    def _render_own(self, roles: tuple[str, ...], contents: list[str]) -> tuple[_Skeleton, list[str]]:
        key: tuple[str, ...] = roles
        if self._fields is not None:
            fields = self._fields(contents[0] if roles[0] == "system" else None)
            if roles[0] == "system":
                contents[0] = fields.system
            contents = [*contents, *fields.values]
            key = (*roles, *(name for name, value in zip(FIELDS, fields.values, strict=True) if value))
        if roles[0] == "system" and not contents[0]:
            roles, key, contents = roles[1:], key[1:], contents[1:]
        skeleton = self._skeletons.get(key)
        if skeleton is None:
            skeleton = self._skeletons[key] = self._skeleton(roles, [bool(value) for value in contents[len(roles) :]])
        return skeleton, contents

    def _skeleton(self, roles: tuple[str, ...], filled: list[bool]) -> _Skeleton:
        marks = marks_for(())
        messages = [{"role": _spoken(role), "content": marks.wrap(slot, "")} for slot, role in enumerate(roles)]
        fields = [marks.wrap(len(roles) + i, "") if has else "" for i, has in enumerate(filled)]
        marked = self._run(messages, persona=dict(zip(FIELDS, fields, strict=True)) if fields else None)
        segments, _ = marks.split(marked)
        if roles[-1] == "prefill":
            segments = _cut_after(segments, len(roles) - 1)
        check_complete(segments, roles, Phrase("format '{name}'", name=self.format.id))
        return self._prepared(segments)

    def _render_native(self, roles: tuple[str, ...], contents: list[str]) -> tuple[_Skeleton, list[str]]:
        if roles[0] == "system" and not contents[0].strip():
            roles, contents = roles[1:], contents[1:]
        marks = marks_for(contents)
        segments, found = self._native_segments(roles, contents, marks)
        check_complete(segments, roles, Phrase("the checkpoint's chat template"))
        for slot, content in zip(segments.slots, found, strict=True):
            if content != contents[slot].strip():
                raise ContentLostError(
                    "the checkpoint's chat template rewrites message {slot}",
                    hint="choose another format",
                    slot=slot + 1,
                )
        values = list(contents)
        for slot, content in zip(segments.slots, found, strict=True):
            values[slot] = content
        return self._prepared(segments), values

    def _native_segments(
        self, roles: tuple[str, ...], contents: list[str], marks: Marks
    ) -> tuple[Segments, tuple[str, ...]]:
        messages = [
            {"role": _spoken(role), "content": marks.wrap(slot, content)}
            for slot, (role, content) in enumerate(zip(roles, contents, strict=True))
        ]
        segments, found = marks.split(self._run(messages, persona=None))
        if roles[-1] == "prefill" and len(roles) - 1 in segments.slots:
            segments = _cut_after(segments, len(roles) - 1)
            found = found[: len(segments.slots)]
        return segments, found

    def _run(self, messages: list[dict[str, str]], *, persona: dict[str, str] | None) -> str:
        variables = {
            "messages": messages,
            "bos_token": self._bos,
            "eos_token": self._eos,
            "add_generation_prompt": messages[-1]["role"] != "assistant",
            "persona": persona,
        }
        if self._native and self.encoder is not None:
            own = {**self.encoder.tokenizer.special_tokens_map, "tools": None, "documents": None, **self._template_args}
            variables = {**own, **variables}
        return run_template(self._template, variables)

    def _prepared(self, segments: Segments) -> _Skeleton:
        if self.encoder is None:
            return _Skeleton(segments, ())
        if self.format.dummy_prefix and self.encoder.adds_dummy_prefix:
            segments = Segments(tuple(map(self._without_dummy_prefix, segments.controls)), segments.slots)
        return _Skeleton(segments, tuple(tuple(self.encoder.parts(control)) for control in segments.controls))

    def _without_dummy_prefix(self, control: str) -> str:
        assert self.encoder is not None
        (_, first), *others = self.encoder.parts(control)
        return first + "".join(special + text.removeprefix(" ") for special, text in others)

    def _encode(self, skeleton: _Skeleton, contents: list[str]) -> list[int] | None:
        if self.encoder is None:
            return None
        parts: list[Part] = []
        special, text = "", ""
        for number, control in enumerate(skeleton.parts):
            text += control[0][1]
            for part in control[1:]:
                parts.append((special, text))
                special, text = part
            if number < len(skeleton.segments.slots):
                text += contents[skeleton.segments.slots[number]]
        parts.append((special, text))
        return self.encoder.encode(parts if parts[0] != ("", "") else parts[1:])

    def _count_bos(self, text: str, ids: list[int] | None) -> int:
        if ids is None or self.encoder is None:
            return int(bool(self.format.bos and self._bos) and text.startswith(self._bos))
        bos = self.encoder.bos_id
        if bos is None or not ids or ids[0] != bos:
            return 0
        if len(ids) > 1 and ids[1] == bos:
            raise UsageError(
                "the prompt of format '{format}' begins with two BOS tokens",
                hint="the chat template or the first message repeats the BOS; remove it there",
                format=self.format.id,
            )
        return 1

    def _edge_tokens(self) -> tuple[str, str]:
        """BOS and EOS as this format writes them for this tokenizer."""
        if self.encoder is None:
            return self.format.bos_token, "" if self.format.eos == "none" else self.format.eos_token
        eos = {"native": self.encoder.eos_token, "literal": self.format.eos_token, "none": ""}[self.format.eos]
        return self.encoder.bos_token if self.format.bos and not self.without_bos else "", eos

    def _template_source(self, tokenizer: TransformersTokenizer | None) -> str:
        if not self._native:
            return self.format.template
        if tokenizer is None:
            raise UsageError("format 'native' is the checkpoint's own chat template", hint="give --tokenizer PATH")
        try:
            return str(tokenizer.get_chat_template())
        except (ValueError, AttributeError):
            raise UsageError(
                "the tokenizer has no chat template, so format 'native' does not exist for it",
                hint="name others: --format alpaca --format chatml …; kikime formats list has them all",
            ) from None

    def _end_of_turn(self) -> str:
        if not self._native:
            vendors = self.format.eot == self.format.eos_token and self.encoder is not None
            return self.encoder.eos_token if vendors and self.encoder else self.format.eot
        assert self.encoder is not None
        segments, _ = self._native_segments(("user", "assistant", "user"), ["a", "b", "c"], marks_for(()))
        if segments.slots[:2] != (0, 1):
            return ""
        if _HARMONY_END in self._source:  # <|end|> ends a channel, and the thinking is one
            return _HARMONY_END
        (_, before), *others = self.encoder.parts(segments.controls[2])
        if not others:
            return _plain_end(segments.controls[0], segments.controls[2])
        return before.strip() or others[0][0]


def _plain_end(first: str, between: str) -> str:
    r"""What ends a reply in a template without special tokens there: its mark, or the header of the user's next turn.

    ``first`` stands before the first user's turn, ``between`` after a reply and before the next user's turn.

    >>> _plain_end("USER: ", "<END>\nUSER: "), _plain_end("Q: ", "\n\nQ: "), _plain_end("", "\n")
    ('<END>', '\nQ:', '')
    """
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(reversed(first), reversed(between), strict=False))
    n_header = sum(1 for _ in shared)
    end = between[: len(between) - n_header].strip()
    if end or not between.strip():
        return end
    lead = between[: -len(between.lstrip())]
    return "\n" * ("\n" in lead) + between.strip()


def _lacks_bos(form: Format, encoder: Encoder | None) -> bool:
    """Whether a format has a BOS that the tokenizer knows and does not add; the checkpoint's own template decides itself."""
    written = form.bos and form.id != NATIVE
    return written and encoder is not None and encoder.bos_id is not None and not encoder.adds_bos


def _validated(messages: Sequence[Message]) -> tuple[tuple[str, ...], list[str]]:
    roles = tuple(message["role"] for message in messages)
    turns = roles[1:] if roles[:1] == ("system",) else roles
    if not turns or len(turns) % 2 == 0 or turns != (("user", "assistant") * len(turns))[: len(turns)]:
        _explain(roles)
    return roles, [message["content"] for message in messages]


def _explain(roles: tuple[str, ...]) -> None:
    order = Phrase("one system message first, if any; then user and assistant in turn; a user message last")
    wanted = "user"
    for number, role in enumerate(roles, 1):
        if number == 1 and role == "system":
            continue
        if role != wanted:
            raise UsageError(
                "message {number} has role '{role}' where '{wanted}' is expected",
                hint=order,
                number=number,
                role=role,
                wanted=wanted,
            )
        wanted = "assistant" if wanted == "user" else "user"
    raise UsageError(
        "the conversation does not end with a user message" if roles else "there are no messages", hint=order
    )


def _spoken(role: str) -> str:
    return "assistant" if role == "prefill" else role


def _cut_after(segments: Segments, slot: int) -> Segments:
    """End the prompt right after the last occurrence of a content."""
    last = len(segments.slots) - segments.slots[::-1].index(slot)
    return Segments((*segments.controls[:last], ""), segments.slots[:last])


def _join(segments: Segments, contents: Sequence[str]) -> str:
    pieces = [segments.controls[0]]
    for slot, control in zip(segments.slots, segments.controls[1:], strict=True):
        pieces += (contents[slot], control)
    return "".join(pieces)


def _checked(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise UsageError(
            "a message contains a lone surrogate (U+{code:04X})", hint="mend the text", code=code
        ) from None
    return text
