"""The format card: what a format costs and how safe it is on one tokenizer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kikime.harness.core import messages as chat
from kikime.harness.core.messages import Message
from kikime.harness.prompts.encoding import Encoder
from kikime.harness.prompts.format import Format
from kikime.harness.prompts.probe import MARKERS, NEWLINES, Parser, forged_turns
from kikime.harness.prompts.renderer import Renderer
from kikime.harness.prompts.tokenizers import TransformersTokenizer

_SYSTEM = "あなたは「小野寺絢音」です。小野寺絢音になりきって、上品なお嬢様の口調で簡潔に答えてください。"
_TURNS = (
    ("お休みの日は何をなさいますか。", "ミュージカルの舞台を観に参りますわ。"),
    ("猫派ですか、犬派ですか。", "犬派ですわ。"),
)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the tried inputs came back from the prompt exactly."""

    ok: int
    tried: int

    def __str__(self) -> str:
        return f"{self.ok}/{self.tried}"


@dataclass(frozen=True, slots=True)
class FormatCard:
    """One format on one tokenizer."""

    format: str
    fixed_overhead: int
    """Tokens of a prompt with a system text and one turn, beyond those of the contents."""
    turn_overhead: int
    """Tokens that each further exchange adds, beyond those of its contents."""
    control_tokens: dict[str, int]
    """Control string → number of tokens."""
    single_token_controls: int
    eot: str
    """What ends a reply, in the tokenizer's spelling."""
    eot_tokens: int
    enclosed: bool
    protected: bool
    """Whether every boundary between turns contains a special token, which no text can forge."""
    n_roles: int | str
    lossy: bool
    newlines: Count
    """Texts of several lines that parse back."""
    markers: Count
    """Texts with role markers of all formats that parse back."""
    forged_as_text: Count
    """Forged turns that parse back as plain content when the prompt is one string."""
    forged: Count
    """The same as encoded, special tokens apart from text that spells them."""


def format_card(format: Format, tokenizer: TransformersTokenizer) -> FormatCard:  # noqa: A002
    """Measure a format on a tokenizer.

    Raises:
        UsageError: ``native`` without a chat template, or with one that has no place for a system text.
    """
    renderer = Renderer(format, tokenizer)
    encoder = renderer.encoder
    assert encoder is not None
    encoded, text = Parser(renderer, as_encoded=True), Parser(renderer, as_encoded=False)
    forged = forged_turns(encoded.controls(2), _SYSTEM if format.repeats_system else "")
    one, two = _overheads(renderer, encoder)
    sizes = {marker: _size(encoder, marker) for marker in format.markers}
    return FormatCard(
        format=format.id,
        fixed_overhead=one,
        turn_overhead=two,
        control_tokens=sizes,
        single_token_controls=sum(size == 1 for size in sizes.values()),
        eot=renderer.eot,
        eot_tokens=_size(encoder, renderer.eot),
        enclosed=format.enclosed,
        protected=_protected(encoded, encoder),
        n_roles=format.n_roles,
        lossy=bool(format.lossy),
        newlines=_count(encoded, ((line, line) for line in NEWLINES)),
        markers=_count(encoded, ((line, line) for line in MARKERS)),
        forged_as_text=_count(text, forged),
        forged=_count(encoded, forged),
    )


def _overheads(renderer: Renderer, encoder: Encoder) -> tuple[int, int]:
    (first, reply), (second, _) = _TURNS
    short = [chat.system(_SYSTEM), chat.user(first)]
    long = [*short, chat.assistant(reply), chat.user(second)]
    n_short, n_long = (len(renderer.render(messages).token_ids or ()) for messages in (short, long))
    contents = [len(encoder.encode_text(text)) for text in (_SYSTEM, first, reply, second)]
    return n_short - sum(contents[:2]), n_long - n_short - sum(contents[2:])


def _size(encoder: Encoder, control: str) -> int:
    return len(encoder.encode(part for part in encoder.parts(control) if part != ("", "")))


def _protected(parser: Parser, encoder: Encoder) -> bool:
    segments = parser.controls(2)
    between = zip(segments.slots, segments.controls[1:-1], strict=False)
    boundaries = [control for before, control in between if before]
    return all(len(encoder.parts(control)) > 1 for control in boundaries)


def _count(parser: Parser, pairs: Iterable[tuple[str, str]]) -> Count:
    results = [parser.survives(_conversation(user, reply)) for user, reply in pairs]
    return Count(sum(results), len(results))


def _conversation(user: str, reply: str) -> list[Message]:
    return [chat.system(_SYSTEM), chat.user(user), chat.assistant(reply), chat.user(_TURNS[1][0])]
